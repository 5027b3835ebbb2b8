/**
 * Papers and experiments: each is a {@linkcode Recipe}, which {@linkcode reproduce} makes again.
 *
 * ```ts
 * import { efficientnet, RECIPES } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * assert.ok(RECIPES.includes(efficientnet));
 * assert.equal(efficientnet.settings.table.threshold.default, 0.6);
 * ```
 *
 * @module
 */

export { backbones } from "./backbones/mod.ts";
export { efficientnet } from "./efficientnet/mod.ts";
export { type ItemState, itemStates } from "./items.ts";
export type { Item, ItemResult, Paper, Recipe } from "./recipe.ts";
export { RECIPES } from "./recipes.ts";
export { reproduce, type ReproduceOptions, type Reproduction } from "./reproduction.ts";
export { simToReal } from "./sim_to_real/mod.ts";
export { threshold } from "./threshold/mod.ts";
