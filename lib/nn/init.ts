/**
 * First values of weights, from a key. The distributions are PyTorch's; the numbers are not.
 *
 * @module
 */

import { type Key, normal, split, tf, uniform } from "../tensorflow/mod.ts";
import { unset } from "../tensorflow/unset.ts";

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

/** The first value of a weight: drawn, or none yet without a key. */
// deno-lint-ignore galaxykit/few-arguments
export function initialize(
  init: Initializer,
  key: Key | undefined,
  weight: WeightShape,
): tf.Tensor {
  const wrong = weight.shape.find((side) => !Number.isInteger(side) || side < 1);
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot make a weight of shape [${weight.shape}]: sizes must be whole numbers from 1, found ${typeof wrong} ${wrong}`,
    );
  }
  return key === undefined ? unset(weight.shape) : init(key, weight);
}

/** Keys for the parts of a layer; undefined for each where the layer has none. */
export function splitKey(key: Key | undefined, n = 2): (Key | undefined)[] {
  return key === undefined ? new Array<undefined>(n).fill(undefined) : split(key, n);
}

/** Zeros. */
export const zeros: Initializer = (_key, { shape }) => tf.zeros([...shape]);

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
