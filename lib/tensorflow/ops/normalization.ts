/**
 * Group and layer normalisation.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { sumRows } from "./linear.ts";

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
  const channels = x.shape[x.rank - 1]!;
  checkShape("layerNorm", "scale", scale, [channels]);
  checkShape("layerNorm", "offset", offset, [channels]);
  return normalize("layerNorm", x, { axes: [x.rank - 1], scale, offset, epsilon }) as T;
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
  const [batch, channels] = [x.shape[0]!, x.shape[x.rank - 1]!];
  if (channels % groups !== 0) {
    throw new TypeError(
      `Cannot run groupNorm: ${groups} groups must divide the channels, found x ${x.dtype}[${x.shape}]`,
    );
  }
  checkShape("groupNorm", "scale", scale, [channels]);
  checkShape("groupNorm", "offset", offset, [channels]);
  return tf.tidy(() => {
    const inGroups = x.reshape([batch, -1, groups, channels / groups]);
    const parameters = {
      scale: scale?.reshape([groups, channels / groups]),
      offset: offset?.reshape([groups, channels / groups]),
    };
    return normalize("groupNorm", inGroups, { axes: [1, 3], ...parameters, epsilon })
      .reshape(x.shape);
  }) as T;
}

/** Normalises over axes; scale and offset have the form of the last axes. */
function normalize(
  op: string,
  x: tf.Tensor,
  { axes, scale, offset, epsilon }: {
    axes: number[];
    scale?: tf.Tensor;
    offset?: tf.Tensor;
    epsilon: number;
  },
): tf.Tensor {
  return differentiableOne({
    op,
    inputs: { x, scale, offset },
    forward: () => {
      const mean = tf.mean(x, axes, true);
      const centred = tf.sub(x, mean);
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon));
      const normalized = tf.mul(centred, factor);
      const scaled = scale === undefined ? normalized : tf.mul(normalized, scale);
      return {
        output: offset === undefined ? scaled : tf.add(scaled, offset),
        saved: scale === undefined ? [normalized, factor] : [normalized, factor, scale],
      };
    },
    gradient: (dy, [normalized, factor, scale]) => ({
      // With g = dy · scale: factor · (g - mean(g) - normalized · mean(g · normalized))
      x: () => {
        const g = scale === undefined ? dy : tf.mul(dy, scale);
        const projection = tf.mean(tf.mul(g, normalized!), axes, true);
        const rest = tf.sub(tf.sub(g, tf.mean(g, axes, true)), tf.mul(normalized!, projection));
        return tf.mul(rest, factor!);
      },
      scale: () => sumOver(tf.mul(dy, normalized!), scale!.shape),
      offset: () => sumOver(dy, offset!.shape),
    }),
  });
}

/** The sum over all axes but the last ones, which have the given shape. */
function sumOver(x: tf.Tensor, shape: number[]): tf.Tensor {
  const length = shape.reduce((product, side) => product * side, 1);
  return sumRows(x.reshape([-1, length])).reshape(shape);
}
