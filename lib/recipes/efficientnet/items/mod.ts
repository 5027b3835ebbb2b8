/**
 * The items of the article, and two that the kit adds, with what each needs.
 *
 * @module
 */

import type { Item } from "../../recipe.ts";
import type { EfficientnetRun } from "../run_files.ts";
import type { EfficientnetSettings, Variant } from "../settings.ts";
import { comparison } from "./comparison.ts";
import { attention, fig6, fig7 } from "./maps.ts";
import { accuracy, fig3, fig4, fig5 } from "./training.ts";
import { fig1, fig2, table1 } from "./votes.ts";

/** An item, and what must be there before it is drawn. */
export type EfficientnetItem = Item<EfficientnetRun> & {
  /** Whether it looks at images. */
  images: boolean;
  /** Trainings that it reads. */
  trainings(settings: EfficientnetSettings): readonly Variant[];
  /** Trainings whose maps it reads. */
  maps(settings: EfficientnetSettings): readonly Variant[];
};

const none = () => [];
const twoPhases = (): readonly Variant[] => ["two_phases"];
const withControl = ({ compare }: EfficientnetSettings): readonly Variant[] => [
  "two_phases",
  ...compare.filter((name) => name === "shuffled"),
];
const all = ({ compare }: EfficientnetSettings): readonly Variant[] => ["two_phases", ...compare];

const votes = { images: false, trainings: none, maps: none };
const trained = { images: true, trainings: twoPhases, maps: none };
const mapped = { images: true, trainings: twoPhases, maps: twoPhases };

/** By name, in the order of the article. */
export const EFFICIENTNET_ITEMS: Readonly<Record<string, EfficientnetItem>> = {
  table1: { ...table1, ...votes },
  fig1: { ...fig1, ...votes },
  fig2: { ...fig2, images: true, trainings: none, maps: none },
  fig3: { ...fig3, ...trained },
  accuracy: { ...accuracy, ...trained },
  fig4: { ...fig4, ...trained },
  fig5: { ...fig5, ...trained },
  fig6: { ...fig6, ...mapped },
  fig7: { ...fig7, ...mapped },
  comparison: { ...comparison, images: true, trainings: all, maps: none },
  attention: { ...attention, images: true, trainings: withControl, maps: withControl },
};
