/**
 * EfficientNet and Grad-CAM on smooth and featured galaxies (J. Brainard, project article, April
 * 2026).
 *
 * @module
 */

export { EFFICIENTNET_ITEMS } from "./items/mod.ts";
export { type EfficientnetProgress, reproduceEfficientnet } from "./run.ts";
export { EfficientnetRun } from "./run_files.ts";
export {
  EFFICIENTNET,
  type EfficientnetProfile,
  type EfficientnetSettings,
  type Variant,
} from "./settings.ts";
