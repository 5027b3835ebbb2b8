/**
 * Gradients of the gradients of pooling.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { padded, paddedAxes, perAxis } from "../kernels/windows.ts";
import { linear, none, registerGradient } from "./register.ts";

/** A mean is linear: the gradient of its gradient is the mean again. */
for (
  const [kernel, pool] of [[tf.AvgPoolGrad, tf.AvgPool], [tf.AvgPool3DGrad, tf.AvgPool3D]] as const
) {
  registerGradient({
    kernel,
    inputs: ["input"],
    of: (ddx, [input], attributes) => ({
      dy: () => tf.engine().runKernel(pool, { x: ddx }, attributes),
      input: () => none(input),
    }),
  });
}

/** Where the largest value lies changes in steps: what is left is linear in the gradient. */
for (const kernel of [tf.MaxPoolGrad, tf.MaxPool3DGrad]) {
  registerGradient({
    kernel,
    inputs: ["input", "output"],
    of: (ddx, [input, output], attributes) => ({
      dy: () =>
        linear(
          ddx,
          (ddx) => pickLargest(ddx, { kernel, input, output, attributes }),
          (dy) => tf.engine().runKernel(kernel, { dy, input, output }, attributes),
        ),
      input: () => none(input),
      output: () => none(output),
    }),
  });
}

type Pooled = {
  kernel: string;
  input: tf.Tensor;
  output: tf.Tensor;
  // deno-lint-ignore no-explicit-any
  attributes: any;
};

/** The values at the places where the input is largest. */
function pickLargest(x: tf.Tensor, { kernel, input, output, attributes }: Pooled): tf.Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const count = input.rank - 2;
  const windows = { window: perAxis(filterSize, count), strides: perAxis(strides, count) };
  const axes = paddedAxes("maxPool", input.shape, {
    ...windows,
    pad,
    rounding: dimRoundingMode,
    outputs: output.shape.slice(1, -1),
  });
  const [whole, values] = axes === undefined
    ? [input, x]
    : [padded(input, axes, { fill: -Infinity }), padded(x, axes)];
  return rawOp(`${kernel}Grad`, [whole, output, values], {
    attributes: {
      ...FLOAT,
      ksize: attribute.int([1, ...windows.window, 1]),
      strides: attribute.int([1, ...windows.strides, 1]),
      padding: attribute.string(pad === "same" ? "SAME" : "VALID"),
      data_format: attribute.string(count === 3 ? "NDHWC" : "NHWC"),
    },
  })[0];
}

registerGradient({
  kernel: tf.MaxPoolWithArgmax,
  inputs: ["x"],
  outputs: [true],
  of: ([dy], [input, output], { filterSize, strides, pad }) => ({
    x: () =>
      tf.engine().runKernel(tf.MaxPoolGrad, { dy, input, output }, { filterSize, strides, pad }),
  }),
});
