/**
 * Gradients of the gradients of pooling.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, FLOAT, rawOp } from "../raw.ts";
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
  const is3d = kernel === tf.MaxPool3DGrad;
  const { compute, axes } = is3d
    ? { compute: tf.backend_util.computePool3DInfo, axes: ["Depth", "Height", "Width"] }
    : { compute: tf.backend_util.computePool2DInfo, axes: ["Height", "Width"] };
  // deno-lint-ignore no-explicit-any
  const geometry: any = compute(input.shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  const { type, front = 0, back = 0, top, bottom, left, right } = geometry.padInfo;
  const sides = [[0, 0], ...is3d ? [[front, back]] : [], [top, bottom], [left, right], [0, 0]];
  const isStated = type !== "SAME" && type !== "VALID";
  const padded = (x: tf.Tensor, value: number) =>
    isStated ? tf.pad(x, sides as [number, number][], value) : x;
  const each = (name: string) => [1, ...axes.map((axis) => geometry[`${name}${axis}`]), 1];
  return rawOp(`${kernel}Grad`, [padded(input, -Infinity), output, padded(x, 0)], {
    attributes: {
      ...FLOAT,
      ksize: attribute.int(each("effectiveFilter")),
      strides: attribute.int(each("stride")),
      padding: attribute.string(isStated ? "VALID" : type),
      data_format: attribute.string(is3d ? "NDHWC" : "NHWC"),
    },
  })[0];
}
