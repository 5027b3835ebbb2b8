/**
 * Two-dimensional convolution, plain, grouped and depthwise.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { FLOAT, rawOp } from "../raw.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { addBias, sumRows } from "./linear.ts";
import {
  outputSize,
  type Padding,
  paddingAttributes,
  type Pair,
  pair,
  type Sides,
  sidesOf,
  spatial,
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
 * @throws {RangeError} When the kernel is larger than the padded image
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
      bias: () => sumRows(dy),
    }),
  }) as tf.Tensor4D;
}

type Settings = { strides: [number, number]; sides: Sides };

/** TensorFlow's ops of one kind of convolution. */
class Kernel {
  readonly #op: string;
  /** The form that TensorFlow wants the filter in. */
  readonly #form: (shape: readonly number[], channels: number) => number[];

  constructor(op: string, form: (shape: readonly number[], channels: number) => number[]) {
    this.#op = op;
    this.#form = form;
  }

  forward(x: tf.Tensor, filter: tf.Tensor, settings: Settings): tf.Tensor {
    return this.#run("", [x, filter.reshape(this.#form(filter.shape, x.shape[3]!))], settings);
  }

  inputGradient(shape: readonly number[], filter: tf.Tensor, dy: tf.Tensor, settings: Settings) {
    const formed = filter.reshape(this.#form(filter.shape, shape[3]!));
    return this.#run("BackpropInput", [integers(shape), formed, dy], settings);
  }

  filterGradient(x: tf.Tensor, shape: readonly number[], dy: tf.Tensor, settings: Settings) {
    const formed = integers(this.#form(shape, x.shape[3]!));
    return this.#run("BackpropFilter", [x, formed, dy], settings).reshape([...shape]);
  }

  #run(suffix: string, inputs: tf.Tensor[], { strides, sides }: Settings): tf.Tensor {
    const attributes = { ...FLOAT, strides: spatial(strides), ...paddingAttributes(sides) };
    return rawOp(this.#op + suffix, inputs, { attributes })[0];
  }
}

const PLAIN = new Kernel("Conv2D", (shape) => [...shape]);
const DEPTHWISE = new Kernel(
  "DepthwiseConv2dNative",
  ([height, width, , outputs], channels) => [height!, width!, channels, outputs! / channels],
);

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

/** Puts zeros between the rows of an axis, so that a dilated kernel becomes a plain one. */
function dilate(filter: tf.Tensor, axis: number, dilation: number): tf.Tensor {
  if (dilation === 1) return filter;
  const length = filter.shape[axis]!;
  const before = filter.shape.slice(0, axis);
  const after = filter.shape.slice(axis + 1);
  const rows = before.reduce((product, side) => product * side, length);
  const apart = tf.pad(filter.reshape([rows, 1, -1]), [[0, 0], [0, dilation - 1], [0, 0]])
    .reshape([...before, length * dilation, ...after]);
  const size = apart.shape.map((side, at) => at === axis ? (length - 1) * dilation + 1 : side);
  return tf.slice(apart, size.map(() => 0), size);
}

function integers(values: readonly number[]): tf.Tensor {
  return tf.tensor1d([...values], "int32");
}
