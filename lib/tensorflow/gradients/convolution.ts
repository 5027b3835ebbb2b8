/**
 * Gradients of convolutions: dilated ones, and those of the gradients themselves.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerGradient } from "./register.ts";

type Sides = number | number[];

/** One number for each of the spatial axes. */
function each(value: Sides | undefined, axes: number): number[] {
  const numbers = [value ?? 1].flat();
  return Array.from({ length: axes }, (_, axis) => numbers[numbers.length === 1 ? 0 : axis]!);
}

/** A filter with zeros between its values: what a dilated convolution convolves with. */
function spread(filter: tf.Tensor, dilations: number[]): tf.Tensor {
  if (dilations.every((dilation) => dilation === 1)) return filter;
  const axes = dilations.length;
  const [before, after] = [filter.shape.slice(0, axes), filter.shape.slice(axes)];
  const apart = before.flatMap((length) => [length, 1]);
  const padding = dilations.flatMap((dilation) => [[0, 0], [0, dilation - 1]]);
  const padded = tf.pad(tf.reshape(filter, [...apart, -1]), [...padding, [0, 0]] as never);
  const wide = before.map((length, axis) => length * dilations[axis]!);
  const cut = before.map((length, axis) => (length - 1) * dilations[axis]! + 1);
  return tf.slice(
    tf.reshape(padded, [...wide, ...after]),
    filter.shape.map(() => 0),
    [...cut, ...after],
  );
}

/** The values of a filter that `spread` took apart. */
function gathered(wide: tf.Tensor, dilations: number[]): tf.Tensor {
  if (dilations.every((dilation) => dilation === 1)) return wide;
  const strides = wide.shape.map((_, axis) => dilations[axis] ?? 1);
  return tf.stridedSlice(wide, wide.shape.map(() => 0), wide.shape, strides);
}

/** The three functions that a convolution and its gradients are: each is linear in both. */
type Convolution = {
  forward: (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor;
  toInput: (shape: number[], dy: tf.Tensor, filter: tf.Tensor) => tf.Tensor;
  toFilter: (x: tf.Tensor, dy: tf.Tensor, shape: number[]) => tf.Tensor;
};

type Kernels = {
  forward: string;
  toInput: string;
  toFilter: string;
  /** How many spatial axes there are. */
  axes: number;
};

// deno-lint-ignore no-explicit-any
type Attributes = any;

/** tfjs's kernels of one kind of convolution, without dilations. */
function convolution(
  { forward, toInput, toFilter, axes }: Kernels,
  { strides, pad, dataFormat, dimRoundingMode }: Attributes,
): Convolution {
  const common = { strides, pad, dataFormat, dimRoundingMode };
  const run = (kernel: string, inputs: tf.NamedTensorMap, more: Attributes): tf.Tensor =>
    tf.engine().runKernel(kernel, inputs, { ...common, ...more });
  return {
    forward: (x, filter) => run(forward, { x, filter }, { dilations: each(1, axes) }),
    toInput: (inputShape, dy, filter) =>
      run(toInput, { dy, filter }, { inputShape, dilations: each(1, axes) }),
    toFilter: (x, dy, filterShape) =>
      run(toFilter, { x, dy }, { filterShape, dilations: each(1, axes) }),
  };
}

function registerConvolution(kernels: Kernels): void {
  const { forward, toInput, toFilter, axes } = kernels;
  registerGradient({
    kernel: forward,
    inputs: ["x", "filter"],
    of: (dy, [x, filter], attributes) => {
      const plain = convolution(kernels, attributes);
      const dilations = each(attributes.dilations, axes);
      const wide = spread(filter, dilations);
      return {
        x: () => plain.toInput(x.shape, dy, wide),
        filter: () => gathered(plain.toFilter(x, dy, wide.shape), dilations),
      };
    },
  });
  registerGradient({
    kernel: toInput,
    inputs: ["dy", "filter"],
    of: (ddx, [dy, filter], attributes) => {
      const plain = convolution(kernels, attributes);
      return {
        dy: () => plain.forward(ddx, filter),
        filter: () => plain.toFilter(ddx, dy, filter.shape),
      };
    },
  });
  registerGradient({
    kernel: toFilter,
    inputs: ["x", "dy"],
    of: (ddw, [x, dy], attributes) => {
      const plain = convolution(kernels, attributes);
      return {
        x: () => plain.toInput(x.shape, dy, ddw),
        dy: () => plain.forward(x, ddw),
      };
    },
  });
}

registerConvolution({
  forward: tf.Conv2D,
  toInput: tf.Conv2DBackpropInput,
  toFilter: tf.Conv2DBackpropFilter,
  axes: 2,
});
registerConvolution({
  forward: tf.DepthwiseConv2dNative,
  toInput: tf.DepthwiseConv2dNativeBackpropInput,
  toFilter: tf.DepthwiseConv2dNativeBackpropFilter,
  axes: 2,
});
registerConvolution({
  forward: tf.Conv3D,
  toInput: tf.Conv3DBackpropInputV2,
  toFilter: tf.Conv3DBackpropFilterV2,
  axes: 3,
});
