/**
 * Two-dimensional convolution, plain, grouped and depthwise.
 *
 * @module
 */

import { refuseOutside } from "../../options.ts";
import { tf } from "../engine.ts";
import { checkFloat, checkShape } from "./check.ts";
import { DEPTHWISE, dilate, PLAIN, type Settings } from "./convolution_kernels.ts";
import { differentiableOne } from "./differentiable.ts";
import { addBias, sumRows } from "./linear.ts";
import { asRows } from "./reshape.ts";
import {
  checkPadding,
  checkPairs,
  outputSize,
  type Padding,
  type Pair,
  pair,
  sidesOf,
} from "./window.ts";

/** Settings of {@linkcode conv2d}. */
export type Conv2dOptions = {
  /** Added to each output channel: [outputs]. @default {none} */
  bias?: tf.Tensor;
  /** @default {1} */
  strides?: Pair;
  /** @default {"valid"} */
  padding?: Padding;
  /** Distance between the pixels that the kernel looks at. @default {1} */
  dilation?: Pair;
  /**
   * Channels are split into so many groups, convolved apart. As many as channels: a depthwise
   * convolution, which has its own kernels. @default {1}
   */
  groups?: number;
};

/**
 * y[n, i, j, o] = Σ x[n, s·i + d·a - top, s·j + d·b - left, c] · filter[a, b, c, o] + bias[o]
 *
 * (a correlation, as every framework calls convolution).
 *
 * @param x [batch, height, width, channels]
 * @param filter [kernel height, kernel width, channels / groups, outputs]
 * @returns [batch, height', width', outputs]
 * @throws {TypeError} When the shapes do not fit
 * @throws {RangeError} When the kernel is larger than the padded image, or an option out of its range
 *
 * @example
 * ```ts
 * import { conv2d, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = conv2d(tf.ones([1, 4, 4, 3]), tf.ones([3, 3, 3, 8]), { padding: 1, strides: 2 });
 * assert.deepEqual(y.shape, [1, 2, 2, 8]);
 * assert.equal(y.dataSync()[0], 12); // the corner's window has 2 x 2 pixels of 3 channels inside
 * ```
 */
export function conv2d(
  x: tf.Tensor,
  filter: tf.Tensor,
  { bias, strides = 1, padding = "valid", dilation = 1, groups = 1 }: Conv2dOptions = {},
): tf.Tensor4D {
  checkFloat("conv2d", { x, filter }, [4]);
  checkPairs("conv2d", { strides, dilation });
  checkPadding("conv2d", padding);
  refuseOutside({ groups }, { groups: "whole [1, ∞)" }, { what: "run conv2d" });
  checkFloat("conv2d", { bias }, [1]);
  const [, height, width, channels] = x.shape as tf.Tensor4D["shape"];
  const [kernelHeight, kernelWidth, inputs, outputs] = filter.shape as tf.Tensor4D["shape"];
  if (inputs * groups !== channels || outputs % groups !== 0) {
    throw new TypeError(
      `Cannot run conv2d: with ${channels} channels and ${groups} groups the filter must be [height, width, ${
        channels / groups
      }, multiple of ${groups}], found [${filter.shape}]`,
    );
  }
  checkShape("conv2d", "bias", bias, [outputs]);
  const [dilationHeight, dilationWidth] = pair(dilation);
  if (dilationHeight > 1 || dilationWidth > 1) {
    return tf.tidy(() => {
      const wide = dilate(dilate(filter, 0, dilationHeight), 1, dilationWidth);
      return conv2d(x, wide, { bias, strides, padding, groups });
    });
  }
  const window = [kernelHeight, kernelWidth] as const;
  const geometry = { size: [height, width] as const, window, strides: pair(strides) };
  const sides = sidesOf(padding, geometry);
  outputSize("conv2d", { ...geometry, sides });
  const settings = { strides: geometry.strides, sides };
  const kernel = groups === 1 ? PLAIN : inputs === 1 ? DEPTHWISE : undefined;
  if (kernel === undefined || kernel === DEPTHWISE && settings.strides[0] !== settings.strides[1]) {
    return convolveGroups(x, filter, groups, { bias, ...settings });
  }
  if (kernel === DEPTHWISE && bias !== undefined && Object.values(sides).some((n) => n > 0)) {
    // TensorFlow 2.21's rewriter merges the two with a padding of its own, and aborts.
    const { top, bottom, left, right } = sides;
    const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    return conv2d(padded, filter, { bias, strides, groups });
  }
  return differentiableOne({
    op: "conv2d",
    inputs: { x, filter, bias },
    forward: () => {
      const sums = kernel.forward(x, filter, settings);
      return { output: bias === undefined ? sums : addBias(sums, bias), saved: [x, filter] };
    },
    gradient: (dy, [x, filter]) => ({
      x: () => kernel.inputGradient(x.shape, filter, dy, settings),
      filter: () => kernel.filterGradient(x, filter.shape, dy, settings),
      // Not of `dy` itself: TensorFlow's rewriter would join it with the filter's gradient, in a
      // kernel of oneDNN that gets it wrong (2.21)
      bias: () => sumRows(asRows(dy)),
    }),
  }) as tf.Tensor4D;
}

/** Group by group: TensorFlow has no gradient of grouped convolutions on CPUs. */
function convolveGroups(
  x: tf.Tensor,
  filter: tf.Tensor,
  groups: number,
  { bias, strides, sides: { top, bottom, left, right } }: Settings & { bias?: tf.Tensor },
): tf.Tensor4D {
  return tf.tidy(() => {
    const filters = tf.split(filter, groups, 3);
    const biases = bias === undefined ? [] : tf.split(bias, groups);
    const padding = [[top, bottom], [left, right]] as const;
    const parts = tf.split(x, groups, 3).map((part, index) =>
      conv2d(part, filters[index]!, { bias: biases[index], strides, padding })
    );
    return tf.concat(parts, 3);
  });
}
