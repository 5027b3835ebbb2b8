/**
 * Kernels for types that TensorFlow's op of the same name refuses.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerKernel } from "./kernel.ts";

type One = { x: tf.Tensor };

/** Registers the kernels of this file. */
export function registerTypes(): void {
  registerKernel<One>(
    tf.LeakyRelu,
    ({ inputs: { x }, original }) =>
      original(x.dtype === "int32" ? { inputs: { x: tf.cast(x, "float32") } } : {}),
  );

  registerKernel<One>(
    tf.Diag,
    ({ inputs: { x }, original }) =>
      x.dtype === "bool"
        ? tf.cast(original({ inputs: { x: tf.cast(x, "int32") } }), "bool")
        : original(),
  );

  registerKernel<One, { alpha: number }>(tf.Step, ({ inputs: { x }, attrs, original }) => {
    if (x.dtype !== "int32") return original();
    const below = tf.fill(x.shape, Math.trunc(attrs.alpha), "int32");
    return tf.where(tf.greater(x, tf.scalar(0, "int32")), tf.onesLike(x), below);
  });

  // tfjs lets a vector of indices stand for a column of them.
  registerKernel<{ indices: tf.Tensor; updates: tf.Tensor }, { shape: number[] }>(
    tf.ScatterNd,
    ({ inputs: { indices }, original }) =>
      original(indices.rank === 1 ? { inputs: { indices: tf.expandDims(indices, 1) } } : {}),
  );
}
