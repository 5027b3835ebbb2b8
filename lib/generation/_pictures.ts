/**
 * Pictures of bytes as tensors, and back.
 *
 * @module
 */

import { tf, toFloat, uint8Tensor } from "../tensorflow/mod.ts";

/** A picture of bytes, as `imageGrid` of `galaxykit/plot` takes it, too. */
export type Picture = {
  /** height x width x 3 values in [0, 255], row by row (RGB). */
  readonly pixels: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  /** @default {width} */
  readonly height?: number;
};

/**
 * Pictures as a codec takes them, [pictures, height, width, 3] in [-1, 1].
 *
 * @throws {TypeError} When a picture does not hold its pixels
 * @throws {RangeError} When there is none, or they differ in size
 */
export function imagesOf(pictures: readonly Picture[], { what }: { what: string }): tf.Tensor4D {
  const [first] = pictures;
  if (first === undefined) throw new RangeError(`Cannot ${what}: no image is given`);
  const { width, height = width } = first;
  for (const [at, picture] of pictures.entries()) {
    const [w, h] = [picture.width, picture.height ?? picture.width];
    const length = picture.pixels?.length;
    if (!(w > 0 && h > 0) || length !== w * h * 3) {
      throw new TypeError(
        `Cannot ${what}: image ${at} must be { pixels, width, height } with ${
          w > 0 && h > 0 ? `${w * h * 3} pixels` : "three bytes a pixel"
        }, found ${length ?? "none"}`,
      );
    }
    if (w === width && h === height) continue;
    throw new RangeError(
      `Cannot ${what}: all images must be of one size, found ${w}x${h} beside ${width}x${height}`,
    );
  }
  const bytes = new Uint8Array(pictures.length * height * width * 3);
  for (const [at, { pixels }] of pictures.entries()) bytes.set(pixels, at * height * width * 3);
  return tf.tidy(() => {
    const read = uint8Tensor<tf.Rank.R4>(bytes, [pictures.length, height, width, 3]);
    return tf.sub(tf.div(toFloat(read), 127.5), 1);
  });
}

/** Pictures of images in [-1, 1], rounded to bytes; what lies beyond is cut off. */
export function picturesOf(images: tf.Tensor4D): (Picture & { height: number })[] {
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
