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

export type { Item, ItemResult, Paper, Recipe } from "./recipe.ts";
export * from "./recipes.ts";
export { ADAPT_SETTINGS, adaptGalaxies } from "./galaxysd/adapt.ts";
export { openGalaxyPipeline, OWN_PIPELINE, saveGalaxyPipeline } from "./galaxysd/pipeline.ts";
export { publishGalaxies } from "./galaxysd/publish.ts";
export { reproduce, type ReproduceOptions, type Reproduction } from "./reproduction.ts";
