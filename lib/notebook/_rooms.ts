/**
 * The rooms of the kit by their names: what `galaxykit` gives, with its types.
 *
 * @module
 */

export * as augment from "../augment/mod.ts";
export * as data from "../data/mod.ts";
export * as diffusion from "../diffusion/mod.ts";
export * as explain from "../explain/mod.ts";
export { writeFileAtomic } from "../files.ts";
export * as generation from "../generation/mod.ts";
export * as jobs from "../jobs/mod.ts";
export * as metrics from "../metrics/mod.ts";
export * as models from "../models/mod.ts";
export * as nn from "../nn/mod.ts";
export * as plot from "../plot/mod.ts";
export * as prompts from "../prompts/mod.ts";
export * as recipes from "../recipes/mod.ts";
export * as sky from "../sky/mod.ts";
export { jit, key } from "../tensorflow/mod.ts";
export * as tensorflow from "../tensorflow/mod.ts";
export * as random from "../tensorflow/random.ts";
export * as train from "../train/mod.ts";
export * as weights from "../weights/mod.ts";
