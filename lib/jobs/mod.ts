/**
 * What people do with any data: classify images, predict galaxies.
 *
 * ```ts
 * import { PROFILES } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.equal(PROFILES.small.model, "resnet18");
 * ```
 *
 * @module
 */

export type { RunConfig } from "./classify/run_config.ts";
export * from "./classify/settings.ts";
export * from "./classify/train.ts";
export * from "./predict/mod.ts";
