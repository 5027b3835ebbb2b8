/**
 * The second stage of EfficientNet-B0 (https://arxiv.org/abs/1905.11946), under timm's names.
 *
 * @module
 */

import { adaptiveAveragePool2d, type Conv2dOptions, sigmoid, silu, tf } from "galaxykit/tensorflow";
import type { Weights, Workload } from "../workload.ts";
import { conv, convNorm, meanSquare } from "./layers.ts";

export const mbconvInference: Workload = {
  name: "mbconv_inference",
  forward: (weights, { images }) => stage(weights, images!, { training: false }),
};

export const mbconvTrain: Workload = {
  name: "mbconv_train",
  forward: (weights, { images }) => stage(weights, images!, { training: true }),
  loss: meanSquare,
};

function stage(weights: Weights, x: tf.Tensor, mode: { training: boolean }): tf.Tensor {
  const first = block(weights, "blocks.0", x, { strides: 2, ...mode });
  return tf.add(first, block(weights, "blocks.1", first, { strides: 1, ...mode }));
}

function block(
  weights: Weights,
  name: string,
  x: tf.Tensor,
  { strides, training }: { strides: number; training: boolean },
): tf.Tensor {
  const normed = (conv: string, index: number, x: tf.Tensor, options: Conv2dOptions = {}) =>
    convNorm(weights, [`${name}.${conv}`, `${name}.bn${index}`], x, { training, ...options });
  const hidden = silu(normed("conv_pw", 1, x));
  const y = silu(normed("conv_dw", 2, hidden, { strides, groups: hidden.shape[3]! }));
  return normed("conv_pwl", 3, squeezeExcite(weights, `${name}.se`, y));
}

function squeezeExcite(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const mean = adaptiveAveragePool2d(x, 1);
  const reduced = silu(conv(weights, `${name}.conv_reduce`, mean, { hasBias: true }));
  return tf.mul(x, sigmoid(conv(weights, `${name}.conv_expand`, reduced, { hasBias: true })));
}
