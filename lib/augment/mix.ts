/**
 * Mixtures of images and of their targets.
 *
 * @module
 */

import {
  attribute,
  gather,
  type Key,
  permutation,
  rawOp,
  split,
  tf,
  uniform,
} from "../tensorflow/mod.ts";

/** Images and what is to be predicted of them: [batch, classes], e.g. one-hot. */
export type Mixed = { images: tf.Tensor4D; targets: tf.Tensor2D };

/** Mixes a batch at random. */
export type Mix = (key: Key, batch: Mixed) => Mixed;

/** Numbers of the beta distribution with both parameters `alpha`: [n]. */
export function symmetricBeta(key: Key, n: number, { alpha }: { alpha: number }): tf.Tensor1D {
  if (!(alpha > 0)) throw new RangeError(`Cannot mix: alpha must be above 0, ${alpha} found`);
  return tf.tidy(() => {
    if (alpha === 1) return uniform(key, [n]);
    const [a, b] = split(key).map((own) => gamma(own, n, alpha));
    return tf.div(a!, tf.add(a!, b!));
  });
}

function gamma(key: Key, n: number, alpha: number): tf.Tensor {
  const shape = tf.tensor1d([n], "int32");
  const draws = rawOp("StatelessRandomGammaV2", [shape, key, tf.fill([n], alpha)], {
    attributes: {
      dtype: attribute.type("float32"),
      T: attribute.type("int32"),
      Tseed: attribute.type("int32"),
    },
  })[0];
  return tf.maximum(draws, 1e-30); // 0 where alpha is small: 0 / 0 otherwise
}

/**
 * Blends each image, and its targets, with those of another of the batch by its own share (Zhang et
 * al. 2018, "mixup", arXiv 1710.09412).
 *
 * @param options `alpha`: the shares are drawn from Beta(alpha, alpha); near 0 most stay as they are
 *
 * @example
 * ```ts
 * import { mixup } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([0, 100], [2, 1, 1, 1]);
 * const mixed = mixup(key(1), { images, targets: tf.tensor2d([0, 1], [2, 1]) }, { alpha: 1 });
 * const [image, target] = [mixed.images.dataSync()[0], mixed.targets.dataSync()[0]];
 * assert.ok(Math.abs(image - 100 * target) < 1e-4);
 * ```
 */
export function mixup(
  key: Key,
  { images, targets }: Mixed,
  { alpha }: { alpha: number },
): Mixed {
  return tf.tidy(() => {
    const [batch] = images.shape;
    const [forShare, forOrder] = split(key);
    const share = symmetricBeta(forShare!, batch, { alpha });
    const order = permutation(forOrder!, batch);
    const mix = <T extends tf.Tensor>(own: T): T => {
      const mine = tf.reshape(share, [-1, ...own.shape.slice(1).fill(1)]);
      return tf.add(tf.mul(own, mine), tf.mul(gather(own, order), tf.sub(1, mine))) as T;
    };
    return { images: mix(images), targets: mix(targets) };
  });
}

/**
 * Puts a rectangle of another image of the batch into each one; its targets are blended by the areas
 * (Yun et al. 2019, "CutMix", arXiv 1905.04899).
 *
 * @param options `alpha`: the kept share of the area is drawn from Beta(alpha, alpha)
 */
export function cutmix(
  key: Key,
  { images, targets }: Mixed,
  { alpha }: { alpha: number },
): Mixed {
  return tf.tidy(() => {
    const [batch, height, width] = images.shape;
    const [forShare, forOrder, forX, forY] = split(key, 4);
    const order = permutation(forOrder!, batch);
    const part = tf.sqrt(tf.sub(1, symmetricBeta(forShare!, batch, { alpha })));
    const inColumns = band(uniform(forX!, [batch]), part, width);
    const inRows = band(uniform(forY!, [batch]), part, height);
    const inside = tf.logicalAnd(
      tf.reshape(inColumns, [batch, 1, width, 1]),
      tf.reshape(inRows, [batch, height, 1, 1]),
    );
    // What was really taken: the rectangle is cut at the border.
    const taken = tf.mean(tf.cast(inside, "float32"), [1, 2]);
    return {
      images: tf.where(inside, gather(images, order) as tf.Tensor4D, images),
      targets: tf.add(
        tf.mul(targets, tf.sub(1, taken)),
        tf.mul(gather(targets, order), taken),
      ),
    };
  });
}

/** [batch, length]: whether a pixel lies in the span about `centre`, both parts of the length. */
function band(centre: tf.Tensor, part: tf.Tensor, length: number): tf.Tensor {
  const places = tf.reshape(tf.add(tf.range(0, length), 0.5), [1, length]);
  const distance = tf.abs(tf.sub(places, tf.mul(tf.reshape(centre, [-1, 1]), length)));
  return tf.less(distance, tf.mul(tf.reshape(part, [-1, 1]), length / 2));
}
