/**
 * EfficientNet and Grad-CAM on smooth and featured galaxies (J. Brainard, project article, April
 * 2026).
 *
 * @module
 */

import type { Recipe } from "../recipe.ts";
import { EFFICIENTNET_ITEMS } from "./items/mod.ts";
import { prepare } from "./run.ts";
import type { EfficientnetRun } from "./run_files.ts";
import { EFFICIENTNET } from "./settings.ts";

/** The article, reproduced. */
export const efficientnet: Recipe<typeof EFFICIENTNET, EfficientnetRun> = {
  name: "efficientnet",
  title: "Galaxy Morphology Classification with Deep Learning (J. Brainard, project article, 2026)",
  summary: "Fine-tune a small network on smooth and featured galaxies, and map where it looks.",
  data: "votes and images, such as Kaggle's; without it, a simulated sky",
  settings: EFFICIENTNET,
  items: EFFICIENTNET_ITEMS,
  prepare,
};
