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
export {
  augment,
  data,
  diffusion,
  explain,
  generation,
  help,
  jit,
  jobs,
  key,
  metrics,
  models,
  nn,
  plot,
  prompts,
  random,
  recipes,
  sky,
  tensorflow,
  train,
  weights,
  writeFileAtomic,
} from "./lib/notebook/mod.ts";
export { tf } from "./lib/tensorflow/mod.ts";
