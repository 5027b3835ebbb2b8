/**
 * Whole jobs with published or proven settings.
 *
 * ```ts
 * import { EFFICIENTNET } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * assert.equal(EFFICIENTNET.paper.model, "efficientnet_b0");
 * ```
 *
 * @module
 */

export * from "./backbones/mod.ts";
export * from "./efficientnet/mod.ts";
export * from "./galaxysd/augmentation.ts";
export { type ItemState, itemStates, type Paper, PAPERS } from "./items.ts";
export type { Item, ItemResult, Reproduction } from "./reproduction.ts";
export * from "./sim_to_real/mod.ts";
export * from "./sommelier/augmentation.ts";
export * from "./threshold/mod.ts";
