/**
 * Convolutions with channels first, and with padding by numbers.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerKernel } from "./kernel.ts";
import {
  type Axis,
  explicitPad,
  type Pad,
  padded,
  paddedAxes,
  paddedShape,
  perAxis,
  type Rounding,
  unpadded,
} from "./windows.ts";

type Settings = {
  strides: number | number[];
  pad: Pad;
  dataFormat?: "NHWC" | "NCHW";
  dilations?: number | number[];
  dimRoundingMode?: Rounding;
};
type Forward = { x: tf.Tensor; filter: tf.Tensor; preluActivationWeights?: tf.Tensor };
type ByInput = { dy: tf.Tensor; filter: tf.Tensor };
type ByFilter = { x: tf.Tensor; dy: tf.Tensor };

/** Registers the kernels of this file. */
export function registerConvolution(): void {
  for (const op of [tf.Conv2D, tf.FusedConv2D]) registerKernel<Forward, Settings>(op, plain);
  for (const op of [tf.DepthwiseConv2dNative, tf.FusedDepthwiseConv2D]) {
    registerKernel<Forward, Settings>(op, depthwise);
  }
  for (const op of [tf.Conv2DBackpropInput, tf.DepthwiseConv2dNativeBackpropInput]) {
    registerKernel<ByInput, Settings & { inputShape: number[] }>(op, byInput);
  }
  registerKernel<ByInput, Settings & { inputShape: number[] }>(
    tf.Conv3DBackpropInputV2,
    ({ inputs: { dy, filter }, attrs, original }) => {
      checkFits(attrs.inputShape, dy, { ...attrs, filterShape: filter.shape });
      return original();
    },
  );
  for (const op of [tf.Conv2DBackpropFilter, tf.DepthwiseConv2dNativeBackpropFilter]) {
    registerKernel<ByFilter, Settings & { filterShape: number[] }>(op, byFilter);
  }
}

function plain({ inputs, attrs, original }: KernelCall<Forward, Settings>): tf.Tensor {
  const isFirst = attrs.dataFormat === "NCHW";
  const x = isFirst ? channelsLast(inputs.x) : inputs.x;
  const settings = { ...lastSettings(attrs), filterShape: inputs.filter.shape };
  const axes = axesOf("conv2d", x.shape, settings);
  const pad = axes === undefined ? attrs.pad : explicitPad(axes);
  if (!isFirst) return original({ attrs: { pad } });
  const y = original({
    inputs: { ...lastSlopes(inputs, isFirst), x },
    attrs: { pad, dataFormat: "NHWC" },
  });
  return channelsFirst(y);
}

/**
 * Without explicit padding: once TensorFlow's rewriter has joined it with a bias, the process ends
 * on a failed check in `DepthwiseConv2DNativeShape` (seen with 2.21 and oneDNN).
 */
function depthwise({ inputs, attrs, original }: KernelCall<Forward, Settings>): tf.Tensor {
  const isFirst = attrs.dataFormat === "NCHW";
  const x = isFirst ? channelsLast(inputs.x) : inputs.x;
  const settings = { ...lastSettings(attrs), filterShape: inputs.filter.shape };
  const axes = axesOf("depthwiseConv2d", x.shape, settings);
  if (axes === undefined && !isFirst) return original();
  const y = original({
    inputs: { ...lastSlopes(inputs, isFirst), x: axes === undefined ? x : padded(x, axes) },
    attrs: { ...format(attrs), pad: axes === undefined ? attrs.pad : "valid" },
  });
  return isFirst ? channelsFirst(y) : y;
}

function byInput(
  { inputs, attrs, original }: KernelCall<ByInput, Settings & { inputShape: number[] }>,
): tf.Tensor {
  const isFirst = attrs.dataFormat === "NCHW";
  const [batch, ...rest] = attrs.inputShape;
  const shape = isFirst ? [batch!, ...rest.slice(1), rest[0]!] : attrs.inputShape;
  const dy = isFirst ? channelsLast(inputs.dy) : inputs.dy;
  const settings = { ...lastSettings(attrs), filterShape: inputs.filter.shape };
  const axes = axesOf("the gradient of a convolution", shape, settings, dy);
  if (axes === undefined) checkFits(shape, dy, settings);
  if (axes === undefined && !isFirst) return original();
  const dx = original({
    inputs: { dy },
    attrs: {
      ...format(attrs),
      pad: axes === undefined ? attrs.pad : "valid",
      inputShape: axes === undefined ? shape : paddedShape(shape, axes),
    },
  });
  const inside = axes === undefined ? dx : unpadded(dx, axes);
  return isFirst ? channelsFirst(inside) : inside;
}

function byFilter(
  { inputs, attrs, original }: KernelCall<ByFilter, Settings & { filterShape: number[] }>,
): tf.Tensor {
  const isFirst = attrs.dataFormat === "NCHW";
  const [x, dy] = [inputs.x, inputs.dy].map((image) => isFirst ? channelsLast(image) : image);
  const axes = axesOf("the gradient of a convolution", x!.shape, lastSettings(attrs), dy);
  if (axes === undefined) return original({ inputs: { x, dy }, attrs: format(attrs) });
  return original({
    inputs: { x: padded(x!, axes), dy },
    attrs: { ...format(attrs), pad: "valid" },
  });
}

function axesOf(
  op: string,
  shape: readonly number[],
  { strides, pad, dilations, dimRoundingMode, filterShape }: Settings & { filterShape: number[] },
  dy?: tf.Tensor,
): Axis[] | undefined {
  const steps = perAxis(dilations ?? 1, 2);
  return paddedAxes(op, shape, {
    window: steps.map((step, axis) => (filterShape[axis]! - 1) * step + 1),
    strides: perAxis(strides, 2),
    pad,
    rounding: dimRoundingMode,
    outputs: dy?.shape.slice(1, -1),
  });
}

/**
 * TensorFlow tells of it in words of oneDNN, or ends the process.
 *
 * @param shape The larger image, [batch, …, channels]: what a transposed convolution is to give
 * @throws {RangeError} When a convolution of that image would not have the shape of `dy`
 */
function checkFits(
  shape: readonly number[],
  dy: tf.Tensor,
  { strides, pad, dilations, filterShape }: Settings & { filterShape: number[] },
): void {
  const axes = dy.rank - 2;
  if (!perAxis(strides, axes).every(Number.isInteger)) return; // The attribute refuses them
  const steps = perAxis(dilations ?? 1, axes);
  const lengths = perAxis(strides, axes).map((stride, axis) => {
    const window = pad === "valid" ? (filterShape[axis]! - 1) * steps[axis]! + 1 : 1;
    return Math.floor((shape[axis + 1]! - window) / stride) + 1;
  });
  const found = dy.shape.slice(0, -1);
  const isReal = shape.every((length) => Number.isInteger(length) && length >= 0);
  if (isReal && String([shape[0], ...lengths]) === String(found)) return;
  throw new RangeError(
    `Cannot run a transposed convolution: the output's shape [${shape}] must be one that the same convolution takes to the input's [${dy.shape}], with strides ${strides} and padding "${pad}"`,
  );
}

/** The settings with padding in the order of channels last. */
function lastSettings<S extends Settings>(attrs: S): S {
  if (attrs.dataFormat !== "NCHW" || !Array.isArray(attrs.pad)) return attrs;
  const [batch, channels, rows, columns] = attrs.pad;
  return { ...attrs, pad: [batch, rows, columns, channels] };
}

function format({ dataFormat }: Settings): { dataFormat?: "NHWC" } {
  return dataFormat === undefined ? {} : { dataFormat: "NHWC" };
}

/** The slopes of a PReLU of each place, turned as the image is. */
function lastSlopes({ preluActivationWeights: slopes }: Forward, isFirst: boolean) {
  return isFirst && slopes?.rank === 3
    ? { preluActivationWeights: tf.transpose(slopes, [1, 2, 0]) }
    : {};
}

function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 3, 1]);
}

function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 3, 1, 2]);
}
