/**
 * Random changes that cover what a simulation gets wrong: so a network cannot rely on it.
 *
 * @module
 */

import { type Key, normal, split, tf, uniform } from "../tensorflow/mod.ts";
import { flipsAndTurns } from "./geometry.ts";

/**
 * Flips, turns and zooms; then brightness, contrast and colour by up to a third, a blur of up to a
 * pixel and a half, and noise. Images are [batch, height, width, 3] in [0, 255].
 */
export function surveyJitter(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const keys = split(key, 6);
    const batch = images.shape[0];
    const turned = flipsAndTurns(keys[0], images, { zoom: 1.3 });
    const blurred = blurSome(keys[1], turned);
    const bounds = { minimum: -0.3, maximum: 0.3 };
    const exposure = tf.exp(uniform(keys[2], [batch, 1, 1, 1], bounds));
    const tint = tf.exp(
      uniform(keys[3], [batch, 1, 1, 3], { minimum: -0.15, maximum: 0.15 }),
    );
    const level = uniform(keys[4], [batch, 1, 1, 1], { minimum: 0, maximum: 6 });
    const noise = tf.mul(normal(keys[5], images.shape), level);
    const changed = tf.add(tf.mul(blurred, tf.mul(exposure, tint)), noise);
    return tf.clipByValue(changed, 0, 255) as tf.Tensor4D;
  });
}

/** Mixes each image with its blur by a share of its own. */
function blurSome(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  const share = uniform(key, [images.shape[0], 1, 1, 1], { minimum: -0.6, maximum: 0.9 });
  const smooth = tf.avgPool(tf.avgPool(images, 3, 1, "same"), 3, 1, "same");
  const weight = tf.maximum(share, 0);
  return tf.add(tf.mul(images, tf.sub(1, weight)), tf.mul(smooth, weight));
}
