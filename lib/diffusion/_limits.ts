/**
 * Limits on the values of a predicted image.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";

/** What a predicted image may not exceed. */
export type Limit = {
  /** Values are cut off at plus and minus this. */
  clip: number;
} | {
  /** Values are cut off at this quantile of each image's own, and scaled back to 1. */
  quantile: number;
  /** The quantile is at least 1, and at most this. */
  maximum: number;
};

/**
 * An image within its limit: cut off (Ho et al. 2020), or by dynamic thresholding (Saharia et al.
 * 2022, arXiv:2205.11487, section 2.3).
 *
 * @param image [batch, …]
 */
export function limited(image: tf.Tensor, limit: Limit | undefined): tf.Tensor {
  if (limit === undefined) return image.clone();
  if ("clip" in limit) return tf.clipByValue(image, -limit.clip, limit.clip);
  return tf.tidy(() => {
    const [batch, ...axes] = image.shape;
    const most = tf.minimum(tf.maximum(quantile(image, limit.quantile), 1), limit.maximum);
    const bound = tf.reshape(most, [batch!, ...axes.map(() => 1)]);
    return tf.div(tf.maximum(tf.minimum(image, bound), tf.neg(bound)), bound);
  });
}

/** The quantile of the magnitudes of each image, between neighbours as by NumPy: [batch]. */
function quantile(image: tf.Tensor, share: number): tf.Tensor {
  const flat = tf.reshape(tf.abs(image), [image.shape[0]!, -1]) as tf.Tensor2D;
  const count = flat.shape[1];
  const place = (1 - share) * (count - 1); // from the largest
  const low = Math.floor(place);
  const falling = tf.topk(flat, Math.min(low + 2, count)).values;
  const at = (index: number) => tf.gather(falling, Math.min(index, count - 1), 1);
  const between = place - low;
  return tf.add(tf.mul(at(low), 1 - between), tf.mul(at(low + 1), between));
}
