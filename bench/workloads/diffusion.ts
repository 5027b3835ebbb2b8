/**
 * One residual block and one transformer of Stable Diffusion 1's first U-Net level, at half of its
 * side (https://arxiv.org/abs/2112.10752), under diffusers' names.
 *
 * @module
 */

import { gelu, scaledDotProductAttention, silu, tf } from "galaxykit/tensorflow";
import type { Inputs, Weights, Workload } from "../workload.ts";
import { conv, groupNorm, layerNorm, linear, meanSquare } from "./layers.ts";

const HEADS = 8;

export const diffusionInference: Workload = { name: "diffusion_inference", forward };

export const diffusionTrain: Workload = { name: "diffusion_train", forward, loss: meanSquare };

function forward(weights: Weights, { images, time, context }: Inputs): tf.Tensor {
  const y = residualBlock(weights, "resnets.0", images!, time!);
  return transformer(weights, "attentions.0", y, context!);
}

function residualBlock(weights: Weights, name: string, x: tf.Tensor, time: tf.Tensor): tf.Tensor {
  const hasBias = true;
  let y = silu(groupNorm(weights, `${name}.norm1`, x));
  y = conv(weights, `${name}.conv1`, y, { hasBias });
  const shift = linear(weights, `${name}.time_emb_proj`, silu(time));
  y = tf.add(y, tf.reshape(shift, [shift.shape[0]!, 1, 1, -1]));
  y = silu(groupNorm(weights, `${name}.norm2`, y));
  return tf.add(x, conv(weights, `${name}.conv2`, y, { hasBias }));
}

function transformer(weights: Weights, name: string, x: tf.Tensor, context: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as tf.Tensor4D["shape"];
  const normal = groupNorm(weights, `${name}.norm`, x, 1e-6);
  const inside = conv(weights, `${name}.proj_in`, normal, { hasBias: true });
  let y: tf.Tensor = tf.reshape(inside, [batch, height * width, channels]);
  const block = `${name}.transformer_blocks.0`;
  const self = layerNorm(weights, `${block}.norm1`, y);
  y = tf.add(y, attention(weights, `${block}.attn1`, self, self));
  y = tf.add(
    y,
    attention(weights, `${block}.attn2`, layerNorm(weights, `${block}.norm2`, y), context),
  );
  y = tf.add(y, feedForward(weights, `${block}.ff`, layerNorm(weights, `${block}.norm3`, y)));
  return tf.add(x, conv(weights, `${name}.proj_out`, tf.reshape(y, x.shape), { hasBias: true }));
}

function attention(weights: Weights, name: string, x: tf.Tensor, context: tf.Tensor): tf.Tensor {
  const heads = (y: tf.Tensor) =>
    tf.transpose(tf.reshape(y, [y.shape[0]!, y.shape[1]!, HEADS, -1]), [0, 2, 1, 3]);
  const hasBias = false;
  const y = scaledDotProductAttention(
    heads(linear(weights, `${name}.to_q`, x, { hasBias })),
    heads(linear(weights, `${name}.to_k`, context, { hasBias })),
    heads(linear(weights, `${name}.to_v`, context, { hasBias })),
  );
  return linear(weights, `${name}.to_out.0`, tf.reshape(tf.transpose(y, [0, 2, 1, 3]), x.shape));
}

function feedForward(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const [value, gate] = tf.split(linear(weights, `${name}.net.0.proj`, x), 2, -1);
  return linear(weights, `${name}.net.2`, tf.mul(value!, gelu(gate!)));
}
