/**
 * Random changes of images that leave the class of a galaxy as it is. All work on
 * [batch, height, width, channels], from a key, inside `jit`; each image has its own draw.
 *
 * @module
 */

import { type Key, split, tf, uniform } from "../tensorflow/mod.ts";

/** Changes a batch of images. */
export type Augmentation = (key: Key, images: tf.Tensor4D) => tf.Tensor4D;

/**
 * Several changes, one after the other, each with its own key.
 *
 * @example
 * ```ts
 * import { compose, cutout, randomFlip } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const augment = compose(randomFlip, cutout({ side: 0.5 }));
 * assert.deepEqual(augment(key(1), tf.ones([2, 8, 8, 3])).shape, [2, 8, 8, 3]);
 * ```
 */
export function compose(...augmentations: Augmentation[]): Augmentation {
  return (key, images) =>
    tf.tidy(() => {
      const keys = split(key, Math.max(1, augmentations.length));
      return augmentations.reduce((changed, one, index) => one(keys[index]!, changed), images);
    });
}

/** Changes each image with a probability; the change must keep its size. */
export function randomApply(
  augmentation: Augmentation,
  { probability }: { probability: number },
): Augmentation {
  return (key, images) =>
    tf.tidy(() => {
      const [forChoice, forChange] = split(key) as [Key, Key];
      const changed = augmentation(forChange, images);
      const chosen = tf.less(uniform(forChoice, [images.shape[0], 1, 1, 1]), probability);
      return tf.where(chosen, changed, images);
    });
}
