/**
 * What an explanation is of: one number an image.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";

/**
 * From a model's outputs, [batch, outputs], the number of each image to explain, [batch].
 *
 * Where an explanation changes the images (masks, baselines, mirror images), `whole` are the outputs
 * of the images as they are, so that a target that chooses by them chooses once; without it they are
 * `outputs` themselves. A target of a target hands it on:
 * `(outputs, whole) => predictedClass()(tf.softmax(outputs), whole)`.
 */
export type Target = (outputs: tf.Tensor, whole?: tf.Tensor) => tf.Tensor;

/**
 * The output of the class that the model itself finds likeliest, image by image: likeliest in the
 * image as it is, also where a part of it is hidden. Of a model with one output it is that output.
 *
 * @example
 * ```ts
 * import { predictedClass } from "galaxykit/explain";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[1, 5], [7, 3]]);
 * assert.deepEqual([...predictedClass()(logits).dataSync()], [5, 7]);
 *
 * const hidden = tf.tensor2d([[4, 2], [0, 6]]);
 * assert.deepEqual([...predictedClass()(hidden, logits).dataSync()], [2, 0]);
 * ```
 */
export function predictedClass(): Target {
  return (outputs, whole) =>
    tf.tidy(() =>
      // The choice has no gradient, and tfjs none for it.
      tf.customGrad((...args: unknown[]) => {
        const [all, save] = args as [tf.Tensor, tf.GradSaveFunc];
        const chosen = likeliest(whole ?? all);
        save([chosen]);
        return {
          value: tf.sum(tf.mul(all, chosen), -1),
          gradFunc: (dy: tf.Tensor, [mask]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, -1), mask!),
        };
      })(outputs)
    );
}

/**
 * The log of the odds of the class that the model itself finds likeliest: its logit less those of all
 * others together, ln(p / (1 − p)). What speaks for all classes alike, which a single logit has too,
 * cancels. Likeliest in the image as it is, as of {@linkcode predictedClass}.
 *
 * @example
 * ```ts
 * import { logOdds } from "galaxykit/explain";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...logOdds()(tf.tensor2d([[1, 5], [7, 3]])).dataSync()], [4, 4]);
 * ```
 */
export function logOdds(): Target {
  return (outputs, whole) =>
    outputs.shape.at(-1) === 1
      ? predictedClass()(outputs, whole)
      : tf.tidy(() =>
        tf.customGrad((...args: unknown[]) => {
          const [all, save] = args as [tf.Tensor, tf.GradSaveFunc];
          const chosen = likeliest(whole ?? all);
          const others = tf.add(all, tf.mul(chosen, -1e30));
          save([tf.sub(chosen, tf.softmax(others))]);
          return {
            value: tf.sub(tf.sum(tf.mul(all, chosen), -1), tf.logSumExp(others, -1)),
            gradFunc: (dy: tf.Tensor, [slope]: tf.Tensor[]) =>
              tf.mul(tf.expandDims(dy, -1), slope!),
          };
        })(outputs)
      );
}

/** 1 for the likeliest class of each image, 0 for the others. */
function likeliest(outputs: tf.Tensor): tf.Tensor {
  const count = outputs.shape.at(-1)!;
  // tfjs knows no oneHot of one
  if (count === 1) return tf.onesLike(outputs);
  return tf.oneHot(tf.argMax(outputs, -1), count, 1, 0, "float32");
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
  return (outputs, whole) =>
    tf.tidy(() => tf.addN(targets.map((target) => target(outputs, whole))));
}
