/**
 * Random changes that cover what a simulation gets wrong: so a network cannot rely on it.
 *
 * @module
 */

import { type Key, split, tf, uniform } from "../tensorflow/mod.ts";
import { randomAffine } from "./geometry.ts";

/** A galaxy looks the same from any side. */
const turned = randomAffine({ degrees: 180, zoom: [1 / 1.3, 1.3], flip: true });

/** Share of the images that are overexposed, and of those that are veiled by stray light. */
const GLARING = 0.08;

/**
 * Flips, turns and zooms; then brightness, contrast and colour by up to a third, a blur of up to a
 * pixel and a half, and noise. Of some images the exposure is several times too long, or stray light
 * veils them: a network that has not seen it gives such a picture features of any size. Images are
 * [batch, height, width, 3] in [0, 255].
 *
 * @example
 * ```ts
 * import { surveyJitter } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const changed = surveyJitter(key(1), tf.fill<tf.Rank.R4>([4, 16, 16, 3], 100)).dataSync();
 * assert.ok(changed.every((value) => value >= 0 && value <= 255));
 * ```
 */
export function surveyJitter(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const keys = split(key, 8);
    const batch = images.shape[0];
    const draw = (index: number, minimum: number, maximum: number, channels = 1) =>
      uniform(keys[index]!, [batch, 1, 1, channels], { minimum, maximum });
    const rarely = (index: number, maximum: number) =>
      tf.maximum(0, tf.mul(draw(index, 1 - 1 / GLARING, 1), maximum));
    const blurred = blurSome(keys[0]!, turned(keys[1]!, images));
    const exposure = tf.exp(tf.add(draw(2, -0.3, 0.3), rarely(3, 2)));
    const tint = tf.exp(draw(4, -0.15, 0.15, 3));
    const level = draw(5, 0, 6 * Math.sqrt(3));
    const noise = tf.mul(uniform(keys[6]!, images.shape, { minimum: -1, maximum: 1 }), level);
    const changed = tf.add(tf.mul(blurred, tf.mul(exposure, tint)), tf.add(noise, rarely(7, 120)));
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
