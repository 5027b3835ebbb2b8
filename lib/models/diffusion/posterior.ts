/**
 * The posterior of latents: a normal distribution for each value, as an encoder tells its moments.
 *
 * @module
 */

import { type Key, normal, tf } from "../../tensorflow/mod.ts";

/**
 * The mean of the posterior of latents, which is its mode.
 *
 * @param moments As `AutoencoderKL.encode` gives them
 */
export function posteriorMode(moments: tf.Tensor): tf.Tensor4D {
  return tf.split(moments, 2, -1)[0] as tf.Tensor4D;
}

/**
 * Latents drawn from their posterior: mean + exp(log variance / 2) · noise, with log variances kept in
 * [-30, 20].
 *
 * @param moments As `AutoencoderKL.encode` gives them
 *
 * @example
 * ```ts
 * import { samplePosterior } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const moments = tf.tensor4d([5, -100], [1, 1, 1, 2]); // The variance of almost nothing
 * const [value] = samplePosterior(key(1), moments).dataSync();
 * assert.ok(Math.abs(value - 5) < 1e-5);
 * ```
 */
export function samplePosterior(key: Key, moments: tf.Tensor): tf.Tensor4D {
  return tf.tidy(() => {
    const [mean, logVariance] = tf.split(moments, 2, -1) as [tf.Tensor, tf.Tensor];
    const deviation = tf.exp(tf.mul(tf.clipByValue(logVariance, -30, 20), 0.5));
    return tf.add(mean, tf.mul(deviation, normal(key, mean.shape)));
  }) as tf.Tensor4D;
}

/**
 * The divergence of the posterior of latents from the normal distribution (Kingma and Welling 2013,
 * arXiv:1312.6114, appendix B), summed over each image, [batch].
 *
 * @param moments As `AutoencoderKL.encode` gives them
 *
 * @example
 * ```ts
 * import { posteriorDivergence } from "galaxykit/models";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const moments = tf.tensor4d([2, 0], [1, 1, 1, 2]); // Mean 2, variance 1
 * assert.deepEqual([...posteriorDivergence(moments).dataSync()], [2]);
 * ```
 */
export function posteriorDivergence(moments: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const [mean, given] = tf.split(moments, 2, -1) as [tf.Tensor, tf.Tensor];
    const logVariance = tf.clipByValue(given, -30, 20);
    const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
    return tf.mul(tf.sum(terms, [1, 2, 3]), 0.5) as tf.Tensor1D;
  });
}
