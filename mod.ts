/**
 * galaxykit: galaxy morphology in Deno, from notebooks and from the command line.
 *
 * The engine's language (`tf`), what makes it fast (`jit`) and random (`key`, `random`), tables
 * (`pl`, which is polars), and a namespace for each room of the kit, also imported alone:
 * `galaxykit/data` is `data`.
 *
 * ```ts
 * import { jit, metrics, plot, tf } from "galaxykit";
 * import assert from "node:assert/strict";
 *
 * const twice = jit((x: tf.Tensor) => tf.add(x, x));
 * assert.equal(twice(tf.scalar(2)).dataSync()[0], 4);
 *
 * const matrix = metrics.confusionMatrix({ target: [0, 1, 1], prediction: [0, 1, 0], classes: 2 });
 * const figure = plot.confusionMatrix({ matrix, classes: ["smooth", "featured"] });
 * assert.ok((await figure.svg()).includes("featured"));
 * ```
 *
 * @module
 */

export { default as pl } from "nodejs-polars";
export * as augment from "./lib/augment/mod.ts";
export * as data from "./lib/data/mod.ts";
export * as explain from "./lib/explain/mod.ts";
export { writeFileAtomic } from "./lib/files.ts";
export * as jobs from "./lib/jobs/mod.ts";
export * as metrics from "./lib/metrics/mod.ts";
export * as models from "./lib/models/mod.ts";
export * as nn from "./lib/nn/mod.ts";
export * as plot from "./lib/plot/mod.ts";
export * as recipes from "./lib/recipes/mod.ts";
export * as sky from "./lib/sky/mod.ts";
export { jit, key, tf } from "./lib/tensorflow/mod.ts";
export * as tensorflow from "./lib/tensorflow/mod.ts";
export * as random from "./lib/tensorflow/random.ts";
export * as train from "./lib/train/mod.ts";
export * as weights from "./lib/weights/mod.ts";
