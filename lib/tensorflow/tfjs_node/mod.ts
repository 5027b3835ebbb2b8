/**
 * `@tensorflow/tfjs-node-gpu`, all of its API, on this engine: ops, layers, data, models of other
 * tools, files, images and TensorBoard. Its tensors are those of `galaxykit/tensorflow`.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs-node-gpu";
 * import assert from "node:assert/strict";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(0.1) });
 * const x = tf.linspace(0, 1, 32).expandDims(1);
 * const { history } = await model.fit(x, x.mul(2), { epochs: 40, verbose: 0 });
 * assert.ok(history.loss[39] < history.loss[0]);
 * ```
 *
 * @module
 */

import * as tf from "./api.ts";

export * from "./api.ts";
export default tf;
