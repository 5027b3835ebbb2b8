/**
 * Clipping of gradients.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { FLOAT, rawOp } from "../raw.ts";
import { checkFloat } from "./check.ts";

/**
 * Scales gradients down together when their common norm √(Σ g²) exceeds a maximum: by
 * min(1, maximum / (norm + 1e-6)), as PyTorch's `clip_grad_norm_` does.
 *
 * @param grads Gradients by name, as `tf.variableGrads` gives them
 * @returns New gradients by the same names, and the norm before
 * @throws {RangeError} When the maximum is not positive
 *
 * @example
 * ```ts
 * import { clipByGlobalNorm, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { grads, norm } = clipByGlobalNorm({ a: tf.scalar(3), b: tf.scalar(4) }, 1);
 * assert.equal(norm.dataSync()[0], 5);
 * assert.ok(Math.abs(grads.a.dataSync()[0]! - 0.6) < 1e-6);
 * ```
 */
export function clipByGlobalNorm<G extends { [name: string]: tf.Tensor }>(
  grads: G,
  maximum: number,
): { grads: G; norm: tf.Scalar } {
  if (!(maximum > 0)) {
    throw new RangeError(`Cannot clip gradients: the maximum must be positive, found ${maximum}`);
  }
  checkFloat("clipByGlobalNorm", grads);
  return tf.tidy(() => {
    // L2Loss is ½ Σ g².
    const halves = Object.values(grads).map((g) => rawOp("L2Loss", [g], { attributes: FLOAT })[0]);
    const norm = tf.sqrt(tf.mul(tf.addN(halves), 2)) as tf.Scalar;
    const factor = tf.minimum(tf.div(maximum, tf.add(norm, 1e-6)), 1);
    const clipped = Object.entries(grads).map(([name, g]) => [name, tf.mul(g, factor)]);
    return { grads: Object.fromEntries(clipped), norm };
  }) as { grads: G; norm: tf.Scalar };
}
