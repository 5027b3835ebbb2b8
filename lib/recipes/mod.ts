/**
 * Whole jobs with published or proven settings.
 *
 * ```ts
 * import { PROFILES } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * assert.equal(PROFILES.small.model, "resnet18");
 * ```
 *
 * @module
 */

export * from "./backbones/mod.ts";
export * from "./efficientnet/mod.ts";
export * from "./galaxysd/augmentation.ts";
export type { RunConfig } from "./image_folder/run_config.ts";
export * from "./image_folder/settings.ts";
export * from "./image_folder/train.ts";
export { type ItemState, itemStates, type Paper, PAPERS } from "./items.ts";
export * from "./predict/mod.ts";
export type { Item, ItemResult, Reproduction } from "./reproduction.ts";
export * from "./sim_to_real/mod.ts";
export * from "./sommelier/augmentation.ts";
export * from "./threshold/mod.ts";
