/**
 * The first values that the published networks started from.
 *
 * @module
 */

import { type Initializer, zeros } from "../nn/mod.ts";
import { normal, tf, truncatedNormal, uniform } from "../tensorflow/mod.ts";

/** Normal with standard deviation 0.02, within two of them: ViT's and ConvNeXt's weights. */
export const truncatedNormal002: Initializer = function (key, { shape }) {
  return tf.tidy(() => tf.mul(truncatedNormal(key, [...shape]), 0.02));
};

/** Normal with a standard deviation: CLIP's. */
export function normalOf(deviation: number): Initializer {
  return (key, { shape }) => tf.tidy(() => tf.mul(normal(key, [...shape]), deviation));
}

/** Normal with standard deviation √(2/fanOut), a group's outputs counted: EfficientNet's. */
export function kaimingNormalOfGroups(groups: number): Initializer {
  return function (key, { shape, fanOut }) {
    return tf.tidy(() => tf.mul(normal(key, [...shape]), Math.sqrt(2 * groups / fanOut)));
  };
}

/** Uniform in ±1/√outputs: EfficientNet's last layer. */
export const uniformOfOutputs: Initializer = function (key, { shape, fanOut }) {
  const bound = 1 / Math.sqrt(fanOut);
  return uniform(key, [...shape], { minimum: -bound, maximum: bound });
};

/** Weights by {@linkcode truncatedNormal002}, biases 0. */
export const TRUNCATED_NORMAL = { init: truncatedNormal002, biasInit: zeros };
