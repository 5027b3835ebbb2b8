/**
 * Tensors without a value, for variables that are to be loaded.
 *
 * @module
 */

import { DataType } from "./c/dtypes.ts";
import { backend, type tf } from "./engine.ts";

/**
 * A float32 tensor that has a shape, but no value yet: the first value of a variable that is to be
 * assigned one. It takes no memory; computing with it or reading it is an error.
 *
 * @example
 * ```ts
 * import { tf } from "galaxykit/tensorflow";
 * import { unset } from "./unset.ts";
 * import assert from "node:assert/strict";
 *
 * const weight = tf.variable(unset([2]));
 * assert.throws(() => tf.add(weight, 1), {
 *   message:
 *     "Cannot use a parameter of shape [2]: it has no value yet; create the model with a key, or load its weights first",
 * });
 * weight.assign(tf.tensor1d([1, 2]));
 * assert.deepEqual([...tf.add(weight, 1).dataSync()], [2, 3]);
 * ```
 */
export function unset(shape: readonly number[]): tf.Tensor {
  return backend().createUnset(shape, DataType.float32);
}
