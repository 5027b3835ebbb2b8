/**
 * Group and layer normalisation.
 *
 * @module
 */

import { refuseOutside } from "../../options.ts";
import { tf } from "../engine.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { layerNormKernel } from "./layer_norm_kernel.ts";
import { sumRows } from "./linear.ts";
import { reshape } from "./reshape.ts";

/** Settings that normalisations share. */
export type NormalizationOptions = {
  /** Multiplies the normalised values, [channels]. @default {1} */
  scale?: tf.Tensor;
  /** Added after that, [channels]. @default {0} */
  offset?: tf.Tensor;
  /** Added to the variance. @default {1e-5} */
  epsilon?: number;
};

/**
 * Layer normalisation (https://arxiv.org/abs/1607.06450): (x - mean) / √(variance + ε), taken over
 * the last axis, times scale plus offset.
 *
 * @param x [..., channels]
 * @throws {TypeError} When scale or offset are not [channels]
 *
 * @example
 * ```ts
 * import { layerNorm, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = layerNorm(tf.tensor2d([[1, 3], [10, 30]])).dataSync();
 * assert.deepEqual([...y].map(Math.round), [-1, 1, -1, 1]);
 * ```
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  { scale, offset, epsilon = 1e-5 }: NormalizationOptions = {},
): T {
  checkFloat("layerNorm", { x, scale, offset });
  refuseOutside({ epsilon }, { epsilon: "[0, ∞)" }, { what: "run layerNorm" });
  const channels = x.shape[x.rank - 1]!;
  checkShape("layerNorm", "scale", scale, [channels]);
  checkShape("layerNorm", "offset", offset, [channels]);
  return differentiableOne({
    op: "layerNorm",
    inputs: { x, scale, offset },
    forward: () => {
      const mean = tf.mean(x, -1, true);
      const centred = tf.sub(x, mean);
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
      const normalized = tf.mul(centred, factor);
      return {
        output: layerNormKernel(x, { scale, offset, epsilon }) ??
          affine(normalized, { scale, offset }),
        saved: scale === undefined ? [normalized, factor] : [normalized, factor, scale],
      };
    },
    gradient: (dy, [normalized, factor, scale]) => ({
      // With g = dy · scale: factor · (g - mean(g) - normalized · mean(g · normalized))
      x: () => {
        const g = scale === undefined ? dy : tf.mul(dy, scale);
        const projection = tf.mean(tf.mul(g, normalized!), -1, true);
        const rest = tf.sub(tf.sub(g, tf.mean(g, -1, true)), tf.mul(normalized!, projection));
        return tf.mul(rest, factor!);
      },
      scale: () => sumRows(reshape(tf.mul(dy, normalized!), [-1, channels])),
      offset: () => sumRows(reshape(dy, [-1, channels])),
    }),
  }) as T;
}

function affine(x: tf.Tensor, { scale, offset }: NormalizationOptions): tf.Tensor {
  const scaled = scale === undefined ? x : tf.mul(x, scale);
  return offset === undefined ? scaled : tf.add(scaled, offset);
}

/**
 * Group normalisation (https://arxiv.org/abs/1803.08494): (x - mean) / √(variance + ε), taken for
 * each image and group of channels, times scale plus offset.
 *
 * @param x [batch, ..., channels]
 * @throws {TypeError} When the groups do not divide the channels, or scale or offset are not
 * [channels]
 *
 * @example
 * ```ts
 * import { groupNorm, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = groupNorm(tf.tensor3d([1, 3, 10, 30], [1, 1, 4]), { groups: 2 }).dataSync();
 * assert.deepEqual([...y].map(Math.round), [-1, 1, -1, 1]);
 * ```
 */
export function groupNorm<T extends tf.Tensor>(
  x: T,
  { groups, scale, offset, epsilon = 1e-5 }: NormalizationOptions & { groups: number },
): T {
  checkFloat("groupNorm", { x, scale, offset });
  refuseOutside({ epsilon, groups }, { epsilon: "[0, ∞)", groups: "whole [1, ∞)" }, {
    what: "run groupNorm",
  });
  const [batch, channels] = [x.shape[0]!, x.shape[x.rank - 1]!];
  if (channels % groups !== 0) {
    throw new TypeError(
      `Cannot run groupNorm: ${groups} groups must divide the channels, found x ${x.dtype}[${x.shape}]`,
    );
  }
  checkShape("groupNorm", "scale", scale, [channels]);
  checkShape("groupNorm", "offset", offset, [channels]);
  const pixels = x.size / batch / channels;
  const perGroup = [batch, groups, channels / groups];
  const scaleOf = (tensor: tf.Tensor) => reshape(tensor, [1, groups, channels / groups]);
  return tf.tidy(() =>
    differentiableOne({
      op: "groupNorm",
      inputs: { x, scale, offset },
      forward: () => {
        // Sums over pixels first: a whole row of channels at a time. The variance is that within
        // the channels and that of their means, which loses no digits where the mean is large.
        const rows = reshape(x, [batch, pixels, channels]);
        const means = tf.mean(rows, 1, true);
        const within = tf.mean(tf.squaredDifference(rows, means), 1);
        const grouped = reshape(means, perGroup);
        const mean = tf.mean(grouped, 2, true);
        const between = tf.mean(tf.squaredDifference(grouped, mean), 2, true);
        const variance = tf.add(tf.mean(reshape(within, perGroup), 2, true), between);
        const factor = tf.rsqrt(tf.add(variance, epsilon));
        const slope = scale === undefined
          ? tf.broadcastTo(factor, perGroup)
          : tf.mul(factor, scaleOf(scale));
        const shift = tf.mul(tf.neg(mean), slope);
        const level = offset === undefined ? shift : tf.add(shift, scaleOf(offset));
        const overPixels = (tensor: tf.Tensor) => reshape(tensor, [batch, 1, channels]);
        return {
          output: reshape(tf.add(tf.mul(rows, overPixels(slope)), overPixels(level)), x.shape),
          saved: [x, mean, factor, slope],
        };
      },
      gradient: (dy, [x, mean, factor, slope]) => {
        const [dyRows, rows] = [dy, x].map((t) => reshape(t, [batch, pixels, channels]));
        const sums = reshape(tf.sum(dyRows!, 1), perGroup);
        const products = reshape(tf.sum(tf.mul(dyRows!, rows!), 1), perGroup);
        // Σ dy · normalized for each channel
        const normalized = tf.mul(tf.sub(products, tf.mul(sums, mean)), factor);
        return {
          // With g = dy · scale: factor · (g - mean(g) - normalized · mean(g · normalized))
          x: () => {
            const size = pixels * channels / groups;
            const meanOf = (sums: tf.Tensor) => tf.div(tf.sum(tf.mul(sums, slope), 2, true), size);
            const bend = tf.mul(meanOf(normalized), factor);
            const level = tf.sub(tf.mul(bend, mean), meanOf(sums));
            const spread = (tensor: tf.Tensor) =>
              reshape(tf.broadcastTo(tensor, perGroup), [batch, 1, channels]);
            const bent = tf.sub(tf.mul(dyRows!, spread(slope)), tf.mul(rows!, spread(bend)));
            return reshape(tf.add(bent, spread(level)), x.shape);
          },
          scale: () => reshape(tf.sum(normalized, 0), [channels]),
          offset: () => reshape(tf.sum(sums, 0), [channels]),
        };
      },
    })
  ) as T;
}
