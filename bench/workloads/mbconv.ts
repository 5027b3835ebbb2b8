/**
 * The second stage of EfficientNet-B0 (https://arxiv.org/abs/1905.11946), under timm's names.
 *
 * @module
 */

import { adaptiveAveragePool2d, sigmoid, silu, tf } from "galaxykit/tensorflow";
import type { Weights, Workload } from "../workload.ts";
import { batchNorm, conv, meanSquare } from "./layers.ts";

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
  const norm = (index: number, y: tf.Tensor) =>
    batchNorm(weights, `${name}.bn${index}`, y, { training });
  const hidden = silu(norm(1, conv(weights, `${name}.conv_pw`, x)));
  const groups = hidden.shape[3]!;
  const y = silu(norm(2, conv(weights, `${name}.conv_dw`, hidden, { strides, groups })));
  return norm(3, conv(weights, `${name}.conv_pwl`, squeezeExcite(weights, `${name}.se`, y)));
}

function squeezeExcite(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const mean = adaptiveAveragePool2d(x, 1);
  const reduced = silu(conv(weights, `${name}.conv_reduce`, mean, { hasBias: true }));
  return tf.mul(x, sigmoid(conv(weights, `${name}.conv_expand`, reduced, { hasBias: true })));
}
