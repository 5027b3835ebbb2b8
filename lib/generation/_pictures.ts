/**
 * Pictures of bytes as tensors, and back.
 *
 * @module
 */

import { normalizeImages } from "../models/mod.ts";
import { tf, uint8Tensor } from "../tensorflow/mod.ts";

/** A picture of bytes, as `imageGrid` of `galaxykit/plot` takes it, too. */
export type Picture = {
  /** height x width x 3 values in [0, 255], row by row (RGB). */
  readonly pixels: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  /** @default {width} */
  readonly height?: number;
};

/** A picture that was made here. */
export type MadePicture = Picture & { readonly pixels: Uint8Array; readonly height: number };

/**
 * The size of pictures.
 *
 * @throws {TypeError} When one does not hold its pixels
 * @throws {RangeError} When there is none, or they differ in size
 */
export function sizeOf(
  pictures: readonly Picture[],
  { what }: { what: string },
): { width: number; height: number } {
  const [first] = pictures;
  if (first === undefined) {
    throw new RangeError(`Cannot ${what}: at least one image is wanted, found 0`);
  }
  for (const [at, picture] of pictures.entries()) {
    const { pixels, width, height = width } = picture ?? {};
    if (!(width > 0 && height > 0) || pixels?.length !== width * height * 3) {
      throw new TypeError(
        `Cannot ${what}: image ${at} must be { pixels, width, height } with three bytes a pixel, found ${
          pixels?.length ?? "no"
        } bytes for ${width}x${height}`,
      );
    }
    if (width === first.width && height === (first.height ?? first.width)) continue;
    throw new RangeError(
      `Cannot ${what}: all images must be of one size, found ${width}x${height} beside ${first.width}x${
        first.height ?? first.width
      }`,
    );
  }
  return { width: first.width, height: first.height ?? first.width };
}

/** What makes [-1, 1] of bytes. */
const HALF = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * Bytes as a codec takes them, [batch, height, width, 3] in [-1, 1].
 *
 * @example
 * ```ts
 * import { codecInput } from "galaxykit/generation";
 * import { uint8Tensor } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const white = uint8Tensor(new Uint8Array(12).fill(255), [1, 2, 2, 3]);
 * assert.equal(codecInput(white).dataSync()[0], 1);
 * ```
 */
export function codecInput(bytes: tf.Tensor): tf.Tensor4D {
  return normalizeImages(bytes as tf.Tensor4D, HALF);
}

/** A picture as a codec takes it, [1, height, width, 3] in [-1, 1]. */
export function imageOf({ pixels, width, height = width }: Picture): tf.Tensor4D {
  return tf.tidy(() => codecInput(uint8Tensor(Uint8Array.from(pixels), [1, height, width, 3])));
}

/** Pictures of images in [-1, 1], rounded to bytes; what lies beyond is cut off. */
export function picturesOf(images: tf.Tensor4D): MadePicture[] {
  const [count, height, width] = images.shape;
  const values = tf.tidy(() =>
    tf.round(tf.mul(tf.clipByValue(tf.add(tf.div(images, 2), 0.5), 0, 1), 255)).dataSync()
  );
  const size = height * width * 3;
  return Array.from({ length: count }, (_, at) => ({
    pixels: Uint8Array.from(values.subarray(at * size, (at + 1) * size)),
    width,
    height,
  }));
}
