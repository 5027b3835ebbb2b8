/**
 * Random changes of images that leave the class of a galaxy as it is. All work on
 * [batch, height, width, channels], from a key, inside `jit`.
 *
 * @module
 */

import { attribute, foldIn, type Key, rawOp, split, tf, uniform } from "../tensorflow/mod.ts";

/** Changes a batch of images. */
export type Augmentation = (key: Key, images: tf.Tensor4D) => tf.Tensor4D;

/**
 * The flips and quarter turns of a square, eight in all, each as likely: a galaxy has no upside.
 * No pixel is lost.
 *
 * @throws {TypeError} When the images are not square
 *
 * @example
 * ```ts
 * import { flipsAndQuarterTurns } from "galaxykit/train";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * const turned = flipsAndQuarterTurns(key(3), images);
 * assert.deepEqual([...turned.dataSync()].sort(), [1, 2, 3, 4]);
 * ```
 */
export function flipsAndQuarterTurns(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  if (height !== width) {
    throw new TypeError(
      `Cannot turn images by a quarter: found ${height} x ${width} pixels, wanted a square`,
    );
  }
  return tf.tidy(() => {
    const [transposed, upsideDown, mirrored] = split(key, 3).map((own) =>
      tf.less(uniform(own, [batch, 1, 1, 1]), 0.5)
    );
    // Every symmetry of the square is one of two transpositions, of two rows' orders, of two columns'.
    let result: tf.Tensor4D = tf.where(transposed!, tf.transpose(images, [0, 2, 1, 3]), images);
    result = tf.where(upsideDown!, tf.reverse(result, 1), result);
    return tf.where(mirrored!, tf.reverse(result, 2), result);
  });
}

/**
 * Flips, a turn by any angle, and a zoom. Pixels from outside the image repeat it in a mirror.
 *
 * @param zoom The image is scaled by a factor between 1 / zoom and zoom. @default {1.2}
 */
export function flipsAndTurns(key: Key, images: tf.Tensor4D, { zoom = 1.2 } = {}): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  return tf.tidy(() => {
    const [forAngle, forZoom] = split(foldIn(key, 1)) as [Key, Key];
    const angle = uniform(forAngle, [batch], { minimum: -Math.PI / 4, maximum: Math.PI / 4 });
    const limit = Math.log(zoom);
    const scale = tf.exp(uniform(forZoom, [batch], { minimum: -limit, maximum: limit }));
    const cosine = tf.mul(tf.cos(angle), scale);
    const sine = tf.mul(tf.sin(angle), scale);
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    // Output pixel (x, y) shows input pixel (a x + b y + c, d x + e y + f), about the centre.
    const none = tf.zeros([batch]);
    const transforms = tf.stack([
      cosine,
      tf.neg(sine),
      tf.sub(cx, tf.sub(tf.mul(cosine, cx), tf.mul(sine, cy))),
      sine,
      cosine,
      tf.sub(cy, tf.add(tf.mul(sine, cx), tf.mul(cosine, cy))),
      none,
      none,
    ], 1);
    const inputs = [
      flipsAndQuarterTurns(key, images),
      transforms,
      tf.tensor1d([height, width], "int32"),
      tf.scalar(0),
    ];
    return rawOp("ImageProjectiveTransformV3", inputs, {
      attributes: {
        dtype: attribute.type("float32"),
        interpolation: attribute.string("BILINEAR"),
        fill_mode: attribute.string("REFLECT"),
      },
    })[0] as tf.Tensor4D;
  });
}

/** Bytes in [0, 255] to numbers of about unit size: (x / 255 - mean) / std for each channel. */
export function normalizeImages(
  images: tf.Tensor4D,
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
): tf.Tensor4D {
  return tf.tidy(() => {
    const factor = tf.tensor1d(std.map((value) => 1 / (255 * value)));
    const offset = tf.tensor1d(mean.map((value, channel) => -value / std[channel]!));
    return tf.add(tf.mul(images, factor), offset);
  });
}
