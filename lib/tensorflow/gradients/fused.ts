/**
 * Inside a gradient, tfjs's fused ops are made of the ops that they join: their own gradients know
 * neither dilations nor products that are broadcast.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

type Options = {
  bias?: tf.Tensor | tf.TensorLike;
  activation?: string;
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
};
type Fused = (options: Options) => tf.Tensor;

const fused = tf.fused as unknown as Record<keyof typeof tf.fused, Fused>;

function takeApartInGradients(name: keyof typeof tf.fused, plain: Fused): void {
  const whole = fused[name];
  fused[name] = (options) => {
    const { activation = "linear", bias } = options;
    // With another activation tfjs takes them apart itself.
    if (tf.engine().state.gradientDepth === 0 || activation !== "linear") return whole(options);
    const y = plain(options);
    return bias == null ? y : tf.add(y, bias);
  };
}

takeApartInGradients(
  "conv2d",
  ({ x, filter, strides, pad, dataFormat, dilations, dimRoundingMode }) =>
    tf.conv2d(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode),
);
takeApartInGradients(
  "depthwiseConv2d",
  ({ x, filter, strides, pad, dataFormat, dilations, dimRoundingMode }) =>
    tf.depthwiseConv2d(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode),
);
takeApartInGradients(
  "matMul",
  ({ a, b, transposeA, transposeB }) => tf.matMul(a, b, transposeA, transposeB),
);
