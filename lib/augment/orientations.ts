/**
 * The eight ways in which a picture of the sky can be held: galaxies look the same in all.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";

/** Orientations that there are. */
export const ORIENTATIONS = 8;

/**
 * Square images in another orientation: 0 to 3 are quarter turns (counter-clockwise), 4 to 7 the same
 * of the image mirrored left to right. Each pixel goes where it goes, none is mixed with another.
 *
 * @param images [batch, size, size, channels]
 * @param view From 0, which leaves the images as they are
 * @throws {RangeError} When there is no such orientation
 * @throws {TypeError} When the images are not square
 *
 * @example
 * ```ts
 * import { orientation } from "galaxykit/augment";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * // 1 2
 * // 3 4
 * const images = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * assert.deepEqual([...orientation(images, 1).dataSync()], [2, 4, 1, 3]);
 * ```
 */
export function orientation<T extends tf.Tensor>(images: T, view: number): T {
  if (!(Number.isInteger(view) && view >= 0 && view < ORIENTATIONS)) {
    throw new RangeError(`Cannot turn images: there are views 0 to 7, found ${view}`);
  }
  checkSquare(images);
  return tf.tidy(() => {
    let turned: tf.Tensor = view >= 4 ? tf.reverse(images, 2) : images;
    const turns = view % 4;
    if (turns % 2 === 1) turned = tf.transpose(turned, [0, 2, 1, 3]);
    if (turns === 1 || turns === 2) turned = tf.reverse(turned, 1);
    if (turns === 2 || turns === 3) turned = tf.reverse(turned, 2);
    return (turned === images ? tf.clone(images) : turned) as T;
  });
}

/** @throws {TypeError} When images cannot be turned by a quarter */
export function checkSquare({ shape: [, height, width] }: tf.Tensor): void {
  if (height === width) return;
  throw new TypeError(
    `Cannot turn images by a quarter: found ${height} x ${width} pixels, wanted a square`,
  );
}
