/**
 * The items of the article, and those that the kit adds, with what each needs.
 *
 * @module
 */

import type { Item } from "../../recipe.ts";
import type { Training } from "../networks.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { comparison, gain } from "./comparison.ts";
import { losses } from "./losses.ts";
import { attention, fig6, fig7, methods } from "./maps.ts";
import { accuracy, fig3, fig4, fig5 } from "./training.ts";
import { fig1, fig2, table1 } from "./votes.ts";

/** An item, and what must be there before it is drawn. */
export type EfficientnetItem = Item<EfficientnetRun> & {
  /** Whether it looks at images. */
  images?: boolean;
  /** Whether it reads a training. */
  trains?(training: Training, run: EfficientnetRun): boolean;
  /** Whether it reads maps. */
  maps?: boolean;
};

const isFirst = ({ way, seed, network }: Training, { first }: EfficientnetRun) =>
  way === first.way && seed === first.seed && network.name === first.network.name;
const isControl = (training: Training, run: EfficientnetRun) =>
  isFirst({ ...training, way: "two_phases" }, run) &&
  (training.way === "two_phases" || training.way === "shuffled");

const first = { images: true, trains: isFirst };
const article = {
  images: true,
  trains: ({ way, network }: Training, run: EfficientnetRun) =>
    way === "two_phases" && network.name === run.article.name,
};
const all = { images: true, trains: () => true };
const mapped = { images: true, trains: isControl, maps: true };

/** By name, in the order of the article. */
export const EFFICIENTNET_ITEMS: Readonly<Record<string, EfficientnetItem>> = {
  table1,
  fig1,
  fig2: { ...fig2, images: true },
  fig3: { ...fig3, ...first },
  accuracy: { ...accuracy, ...article },
  fig4: { ...fig4, ...first },
  fig5: { ...fig5, ...first },
  fig6: { ...fig6, ...mapped },
  fig7: { ...fig7, ...mapped },
  losses: { ...losses, ...article },
  gain: { ...gain, ...all },
  comparison: { ...comparison, ...all },
  attention: { ...attention, ...mapped },
  methods: { ...methods, ...mapped },
};
