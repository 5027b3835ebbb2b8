/**
 * Reshaping where it is needed: TensorFlow's rewriter fuses only ops with nothing between them.
 *
 * @module
 */

import { tf } from "../engine.ts";

/** The tensor in another form; itself when it has that form already. */
export function reshape(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (x.rank === shape.length && shape.every((side, axis) => side === x.shape[axis])) return x;
  return tf.reshape(x, [...shape]);
}

/** As [rows, length of the last axis]. */
export function asRows(x: tf.Tensor): tf.Tensor {
  const columns = x.shape[x.rank - 1] ?? 1;
  return reshape(x, [x.size / columns, columns]);
}
