/**
 * galaxykit: galaxy morphology in Deno, from notebooks and from the command line.
 *
 * Everything by its name, and metrics and figures under `metrics` and `plot`, where names such as
 * `confusionMatrix` would meet.
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

export * from "./lib/augment/mod.ts";
export * from "./lib/data/mod.ts";
export * as explain from "./lib/explain/mod.ts";
export * from "./lib/files.ts";
export * as metrics from "./lib/metrics/mod.ts";
export * from "./lib/models/mod.ts";
export * from "./lib/nn/mod.ts";
export * as plot from "./lib/plot/mod.ts";
export * from "./lib/jobs/mod.ts";
export * from "./lib/recipes/mod.ts";
export * from "./lib/sky/mod.ts";
export * from "./lib/tensorflow/mod.ts";
export * from "./lib/train/mod.ts";
export * from "./lib/weights/mod.ts";
