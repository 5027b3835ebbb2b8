/**
 * First values of weights, from a key. The distributions are PyTorch's; the numbers are not.
 *
 * @module
 */

import { type Key, normal, tf, uniform } from "../tensorflow/mod.ts";

/** What an initialiser knows of the weight. */
export type WeightShape = {
  shape: readonly number[];
  /** Inputs of one output: input channels of a group times kernel area. */
  fanIn: number;
  /** Output channels times kernel area (of all groups, as PyTorch counts). */
  fanOut: number;
};

/** Draws the first value of a weight. */
export type Initializer = (key: Key, weight: WeightShape) => tf.Tensor;

/**
 * Uniform in ±1/√fanIn: PyTorch's default for linear layers, convolutions and their biases, there
 * written as the method of He et al. 2015 (arXiv:1502.01852) with a = √5.
 */
export function kaimingUniform(key: Key, { shape, fanIn }: WeightShape): tf.Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  return uniform(key, [...shape], { minimum: -bound, maximum: bound });
}

/**
 * Normal with standard deviation √(2/fanOut), which keeps the size of gradients through ReLUs (He
 * et al. 2015): ResNet's convolutions.
 */
export function kaimingNormal(key: Key, { shape, fanOut }: WeightShape): tf.Tensor {
  return tf.tidy(() => tf.mul(normal(key, [...shape]), Math.sqrt(2 / fanOut)));
}
