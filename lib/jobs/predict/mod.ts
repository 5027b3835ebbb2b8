/**
 * Predictions of trained networks.
 *
 * ```ts
 * import { VIEWS } from "galaxykit/augment";
 * import assert from "node:assert/strict";
 *
 * assert.equal(VIEWS, 8);
 * ```
 *
 * @module
 */

export * from "./predict.ts";
export { openTrainedRun, type TrainedNetwork } from "./trained_run.ts";
export type { GalaxySource } from "./galaxies.ts";
