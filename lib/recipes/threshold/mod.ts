/**
 * The threshold trade-off: dataset size against label noise.
 *
 * @module
 */

import type { Recipe } from "../recipe.ts";
import { THRESHOLD_ITEMS } from "./items.ts";
import type { ThresholdOutcome } from "./outcome.ts";
import { prepare } from "./run.ts";
import { THRESHOLD } from "./settings.ts";

/** The sweep. */
export const threshold: Recipe<typeof THRESHOLD, ThresholdOutcome> = {
  name: "threshold",
  title: "What a label threshold costs and buys",
  summary:
    "Sweep the share of votes that makes a label: kept galaxies, label noise, accuracy, calibration.",
  data: "votes and images, such as Kaggle's; without it, a simulated sky",
  settings: THRESHOLD,
  items: THRESHOLD_ITEMS,
  prepare,
};
