/**
 * Four blocks of ViT-B (https://arxiv.org/abs/2010.11929), under timm's names.
 *
 * @module
 */

import { gelu, scaledDotProductAttention, tf } from "galaxykit/tensorflow";
import type { Weights, Workload } from "../workload.ts";
import { layerNorm, linear, meanSquare } from "./layers.ts";

const HEADS = 12;
const EPSILON = 1e-6;

export const vitInference: Workload = {
  name: "vit_inference",
  forward: (weights, { tokens }) => blocks(weights, tokens!),
};

export const vitTrain: Workload = { ...vitInference, name: "vit_train", loss: meanSquare };

function blocks(weights: Weights, tokens: tf.Tensor): tf.Tensor {
  let x = tokens;
  for (let index = 0; index < 4; index++) {
    const name = `blocks.${index}`;
    x = tf.add(
      x,
      attention(weights, `${name}.attn`, layerNorm(weights, `${name}.norm1`, x, EPSILON)),
    );
    const y = layerNorm(weights, `${name}.norm2`, x, EPSILON);
    const hidden = gelu(linear(weights, `${name}.mlp.fc1`, y));
    x = tf.add(x, linear(weights, `${name}.mlp.fc2`, hidden));
  }
  return x;
}

function attention(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  const qkv = tf.reshape(linear(weights, `${name}.qkv`, x), [batch, tokens, 3, HEADS, dim / HEADS]);
  const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]));
  const y = scaledDotProductAttention(q!, k!, v!);
  return linear(weights, `${name}.proj`, tf.reshape(tf.transpose(y, [0, 2, 1, 3]), x.shape));
}
