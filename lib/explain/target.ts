/**
 * What an explanation is of: one number an image.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";

/** From a model's outputs, [batch, outputs], the number of each image to explain, [batch]. */
export type Target = (outputs: tf.Tensor) => tf.Tensor;

/**
 * The output of the class that the model itself finds likeliest, image by image.
 *
 * @example
 * ```ts
 * import { predictedClass } from "galaxykit/explain";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[1, 5], [7, 3]]);
 * assert.deepEqual([...predictedClass()(logits).dataSync()], [5, 7]);
 * ```
 */
export function predictedClass(): Target {
  return (outputs) => tf.max(outputs, -1);
}

/**
 * One output: a class, or one of the values that a regression gives.
 *
 * @param index Its position, one for all images or one each
 * @throws {RangeError} When there is no such output
 * @throws {TypeError} When the list is not as long as the batch
 *
 * @example
 * ```ts
 * import { output } from "galaxykit/explain";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[1, 5], [7, 3]]);
 * assert.deepEqual([...output(1)(logits).dataSync()], [5, 3]);
 * assert.deepEqual([...output([0, 1])(logits).dataSync()], [1, 3]);
 * ```
 */
export function output(index: number | readonly number[]): Target {
  return (outputs) => {
    const [batch, count] = outputs.shape as [number, number];
    const indices = typeof index === "number" ? Array(batch).fill(index) as number[] : [...index];
    if (indices.length !== batch) {
      throw new TypeError(
        `Cannot explain the outputs: one position for each of ${batch} images is wanted, found ${indices.length}`,
      );
    }
    const wrong = indices.find((at) => !Number.isInteger(at) || at < 0 || at >= count);
    if (wrong !== undefined) {
      throw new RangeError(
        `Cannot explain output ${wrong}: the model has ${count}, counted from 0`,
      );
    }
    const chosen = new Float32Array(batch * count);
    indices.forEach((at, image) => chosen[image * count + at] = 1);
    return tf.tidy(() => tf.sum(tf.mul(outputs, tf.tensor2d(chosen, [batch, count])), -1));
  };
}

/**
 * The sum of several targets, such as all answers that tell a spiral.
 *
 * @throws {RangeError} When there is none
 */
export function sumOf(targets: readonly Target[]): Target {
  if (targets.length === 0) {
    throw new RangeError("Cannot explain a sum of no targets: give one or more");
  }
  return (outputs) => tf.tidy(() => tf.addN(targets.map((target) => target(outputs))));
}
