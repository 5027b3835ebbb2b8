/**
 * What one op costs beside its computation.
 *
 * @module
 */

import { tf } from "galaxykit/tensorflow";

const OPS = 10_000;

/** Microseconds for `tf.add` of two tensors of four numbers. */
export function addOverhead(): number {
  const a = tf.tensor1d([1, 2, 3, 4]);
  const b = tf.tensor1d([5, 6, 7, 8]);
  const start = performance.now();
  for (let count = 0; count < OPS; count++) tf.add(a, b).dispose();
  const microseconds = (performance.now() - start) * 1000 / OPS;
  tf.dispose([a, b]);
  return microseconds;
}
