/**
 * Batch normalisation (https://arxiv.org/abs/1502.03167): (x - mean) / √(variance + ε) for each
 * channel, times scale plus offset; TensorFlow's fused ops.
 *
 * @module
 */

import { refuseOutside } from "../../options.ts";
import { tf } from "../engine.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiable, differentiableOne } from "./differentiable.ts";
import type { NormalizationOptions } from "./normalization.ts";
import { reshape } from "./reshape.ts";

/**
 * Batch normalisation with given statistics, as at inference. They count as constants: their
 * gradient is not defined.
 *
 * @param x [batch, ..., channels]
 * @throws {TypeError} When a parameter is not [channels]
 *
 * @example
 * ```ts
 * import { batchNorm, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = batchNorm(tf.tensor2d([[7]]), {
 *   mean: tf.tensor1d([1]),
 *   variance: tf.tensor1d([4]),
 *   epsilon: 0,
 * });
 * assert.equal(y.dataSync()[0], 3);
 * ```
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  { mean, variance, epsilon = 1e-5, ...affine }: NormalizationOptions & {
    /** [channels] */
    mean: tf.Tensor;
    /** [channels] */
    variance: tf.Tensor;
  },
): T {
  const channels = checkParameters("batchNorm", x, epsilon, { ...affine, mean, variance });
  return tf.tidy(() => {
    const { scale, offset } = defaults(affine, channels);
    const attributes = attributesOf(epsilon, false);
    return differentiableOne({
      op: "batchNorm",
      inputs: { x, scale, offset },
      forward: () => {
        const [output] = rawOp("FusedBatchNormV3", [asImages(x), scale, offset, mean, variance], {
          attributes,
          outputs: 6,
        });
        return { output: reshape(output, x.shape), saved: [x, scale, mean, variance] };
      },
      gradient: (dy, [x, scale, mean, variance]) => {
        const reserve = tf.tensor1d([]);
        const inputs = [asImages(dy), asImages(x), scale, mean, variance, reserve];
        const [dx, dScale, dOffset] = rawOp("FusedBatchNormGradV3", inputs, {
          attributes,
          outputs: 5,
        });
        return {
          x: () => reshape(dx, x.shape),
          scale: () => dScale!.clone(),
          offset: () => dOffset!.clone(),
        };
      },
    });
  }) as T;
}

/**
 * A convolution's filter and bias that do what it and a batch normalisation with given statistics
 * do together, in one pass over the image instead of two. Gradients reach every parameter that it
 * is made of.
 *
 * @param convolution Its filter, [height, width, in / groups, channels], and bias, [channels]
 * @throws {TypeError} When a parameter is not [channels]
 *
 * @example
 * ```ts
 * import { batchNorm, conv2d, foldBatchNorm, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const statistics = { mean: tf.tensor1d([2]), variance: tf.tensor1d([4]), epsilon: 0 };
 * const { filter, bias } = foldBatchNorm({ filter: tf.ones([1, 1, 1, 1]) }, statistics);
 * const x = tf.tensor4d([3], [1, 1, 1, 1]);
 * assert.equal(conv2d(x, filter, { bias }).dataSync()[0], 0.5);
 * assert.equal(batchNorm(x, statistics).dataSync()[0], 0.5);
 * ```
 */
export function foldBatchNorm(
  { filter, bias }: { filter: tf.Tensor; bias?: tf.Tensor },
  { mean, variance, epsilon = 1e-5, ...affine }: NormalizationOptions & {
    /** [channels] */
    mean: tf.Tensor;
    /** [channels] */
    variance: tf.Tensor;
  },
): { filter: tf.Tensor; bias: tf.Tensor } {
  checkParameters("foldBatchNorm", filter, epsilon, { ...affine, mean, variance, bias });
  return tf.tidy(() => {
    const factor = tf.rsqrt(tf.add(variance, epsilon));
    const scale = affine.scale === undefined ? factor : tf.mul(factor, affine.scale);
    const shift = tf.mul(bias === undefined ? tf.neg(mean) : tf.sub(bias, mean), scale);
    const { offset } = affine;
    return {
      filter: tf.mul(filter, scale),
      bias: offset === undefined ? shift : tf.add(shift, offset),
    };
  });
}

/** What {@linkcode batchNormTraining} gives. */
export type BatchNormTraining<T extends tf.Tensor> = {
  y: T;
  /** Of the batch, [channels]; no gradient flows through it. */
  mean: tf.Tensor1D;
  /**
   * Of the batch, [channels], unbiased (Σ (x - mean)² / (n - 1)), as PyTorch puts it into its
   * running variance; the normalisation itself divides by n. No gradient flows through it.
   */
  variance: tf.Tensor1D;
};

/**
 * Batch normalisation with the statistics of the batch, as in training.
 *
 * @param x [batch, ..., channels]
 * @throws {TypeError} When a parameter is not [channels]
 *
 * @example
 * ```ts
 * import { batchNormTraining, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { y, mean, variance } = batchNormTraining(tf.tensor2d([[1], [3]]), { epsilon: 0 });
 * assert.deepEqual([...y.dataSync()], [-1, 1]);
 * assert.deepEqual([mean.dataSync()[0], variance.dataSync()[0]], [2, 2]);
 * ```
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  { epsilon = 1e-5, ...affine }: NormalizationOptions = {},
): BatchNormTraining<T> {
  const channels = checkParameters("batchNormTraining", x, epsilon, affine);
  return tf.tidy(() => {
    const { scale, offset } = defaults(affine, channels);
    const attributes = attributesOf(epsilon, true);
    const [y, mean, variance] = differentiable({
      op: "batchNormTraining",
      inputs: { x, scale, offset },
      forward: () => {
        const none = tf.tensor1d([]);
        const [y, mean, variance, ...reserve] = rawOp(
          "FusedBatchNormV3",
          [asImages(x), scale, offset, none, none],
          { attributes, outputs: 6 },
        );
        return { outputs: [reshape(y, x.shape), mean!, variance!], saved: [x, scale, ...reserve] };
      },
      gradient: ([dy], [x, scale, ...reserve]) => {
        const inputs = [asImages(dy!), asImages(x!), scale!, ...reserve];
        const [dx, dScale, dOffset] = rawOp("FusedBatchNormGradV3", inputs, {
          attributes,
          outputs: 5,
        });
        return {
          x: () => reshape(dx, x!.shape),
          scale: () => dScale!.clone(),
          offset: () => dOffset!.clone(),
        };
      },
    });
    return { y: y!, mean: mean!, variance: variance! };
  }) as unknown as BatchNormTraining<T>;
}

function attributesOf(epsilon: number, training: boolean) {
  return {
    ...FLOAT,
    U: attribute.type("float32"),
    epsilon: attribute.float(epsilon),
    is_training: attribute.bool(training),
  };
}

/** TensorFlow wants [batch, height, width, channels]. */
function asImages(x: tf.Tensor): tf.Tensor {
  const [batch, channels] = [x.shape[0]!, x.shape[x.rank - 1]!];
  return reshape(x, x.rank === 4 ? x.shape : [batch, x.size / batch / channels, 1, channels]);
}

function defaults(
  { scale, offset }: { scale?: tf.Tensor; offset?: tf.Tensor },
  channels: number,
): { scale: tf.Tensor; offset: tf.Tensor } {
  return { scale: scale ?? tf.ones([channels]), offset: offset ?? tf.zeros([channels]) };
}

function checkParameters(
  op: string,
  x: tf.Tensor,
  epsilon: number,
  parameters: { [name: string]: tf.Tensor | undefined },
): number {
  checkFloat(op, { x, ...parameters });
  refuseOutside({ epsilon }, { epsilon: "[0, ∞)" }, { what: `run ${op}` });
  const channels = x.shape[x.rank - 1]!;
  for (const [name, tensor] of Object.entries(parameters)) {
    if (tensor !== undefined) checkShape(op, name, tensor, [channels]);
  }
  return channels;
}
