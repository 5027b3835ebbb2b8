/**
 * Random changes of brightness, contrast and colour, with torchvision's meaning of each number.
 * Images are [batch, height, width, 3] of values in [0, 255], and stay in that range.
 *
 * @module
 */

import { gather, permutation, rawOp, split, tf, uniform } from "../tensorflow/mod.ts";
import { FLOAT } from "../tensorflow/raw.ts";
import { type Augmentation, randomApply } from "./augmentation.ts";

/** One number for each image. */
type Each = tf.Tensor1D;

/** ITU-R 601 luma, [batch, height, width, 1]. */
export function luma(images: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const weights = tf.tensor1d([0.2989, 0.587, 0.114]);
    return tf.sum(tf.mul(images, weights), 3, true) as tf.Tensor4D;
  });
}

/** Factor 0 is black, 1 the image, 2 twice as bright. */
export function adjustBrightness(images: tf.Tensor4D, factor: Each): tf.Tensor4D {
  return blend(images, tf.scalar(0), factor);
}

/** Factor 0 is the image's mean luma everywhere, 1 the image. */
export function adjustContrast(images: tf.Tensor4D, factor: Each): tf.Tensor4D {
  return tf.tidy(() => blend(images, tf.mean(luma(images), [1, 2, 3], true), factor));
}

/** Factor 0 is grey, 1 the image. */
export function adjustSaturation(images: tf.Tensor4D, factor: Each): tf.Tensor4D {
  return tf.tidy(() => blend(images, luma(images), factor));
}

/** Turns the hue by a part of the circle, in [-0.5, 0.5]. */
export function adjustHue(images: tf.Tensor4D, turn: Each): tf.Tensor4D {
  return tf.tidy(() => {
    const hsv = rawOp("RGBToHSV", [tf.div(images, 255)], { attributes: FLOAT })[0];
    const [hue, saturation, value] = tf.split(hsv, 3, 3);
    const sum = tf.add(hue!, perImage(turn));
    const turned = tf.sub(sum, tf.floor(sum));
    const inputs = [tf.concat([turned, saturation!, value!], 3)];
    return tf.mul(rawOp("HSVToRGB", inputs, { attributes: FLOAT })[0], 255) as tf.Tensor4D;
  });
}

function blend(images: tf.Tensor4D, base: tf.Tensor, factor: Each): tf.Tensor4D {
  return tf.tidy(() => {
    const share = perImage(factor);
    const mixed = tf.add(tf.mul(images, share), tf.mul(base, tf.sub(1, share)));
    return tf.clipByValue(mixed, 0, 255) as tf.Tensor4D;
  });
}

function perImage(values: Each): tf.Tensor4D {
  return tf.reshape(values, [-1, 1, 1, 1]);
}

/** How much {@linkcode colorJitter} changes. */
export type ColorJitterOptions = {
  /** Factors are drawn evenly from 1 - brightness to 1 + brightness. @default {0} */
  brightness?: number;
  /** As brightness. @default {0} */
  contrast?: number;
  /** As brightness. @default {0} */
  saturation?: number;
  /** Turns of the hue are drawn evenly from -hue to hue, at most 0.5. @default {0} */
  hue?: number;
};

/**
 * Changes brightness, contrast, saturation and hue of each image by its own draw. The first three
 * come in random order, one order a batch, the hue last; torchvision draws the order of all four
 * for each image.
 *
 * @throws {RangeError} When a number is negative, or the hue above 0.5
 *
 * @example
 * ```ts
 * import { colorJitter } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const augment = colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 });
 * const changed = augment(key(1), tf.fill([4, 8, 8, 3], 120));
 * assert.deepEqual(changed.shape, [4, 8, 8, 3]);
 * ```
 */
export function colorJitter(options: ColorJitterOptions): Augmentation {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  for (const [name, value] of Object.entries({ brightness, contrast, saturation, hue })) {
    const largest = name === "hue" ? 0.5 : Infinity;
    if (!(value >= 0 && value <= largest)) {
      throw new RangeError(
        `Cannot change colours: ${name} must be ${
          name === "hue" ? "in [0, 0.5]" : "0 or more"
        }, ${value} found`,
      );
    }
  }
  return (key, images) =>
    tf.tidy(() => {
      const keys = split(key, 5);
      const draw = (index: number, low: number, high: number): Each =>
        uniform<tf.Rank.R1>(keys[index]!, [images.shape[0]], { minimum: low, maximum: high });
      const factors = [brightness, contrast, saturation].map((reach, index) =>
        draw(index, Math.max(0, 1 - reach), 1 + reach)
      );
      const order = permutation(keys[3]!, 3);
      let result = images;
      if (brightness + contrast + saturation > 0) {
        const stacked = tf.stack(factors);
        for (let place = 0; place < 3; place++) {
          const which = tf.slice(order, [place], [1]);
          const factor = tf.reshape(gather(stacked, which), [-1]) as Each;
          // All three are a blend of the image with its black, its mean, or its grey.
          const grey = luma(result);
          const bases = [tf.zerosLike(grey), tf.mean(grey, [1, 2, 3], true), grey];
          const base = bases.slice(1).reduce(
            (chosen, one, index) => tf.where(tf.equal(which, index + 1), one, chosen),
            bases[0]!,
          );
          result = blend(result, base, factor);
        }
      }
      return hue > 0 ? adjustHue(result, draw(4, -hue, hue)) : result;
    });
}

/** Takes the colour from a part of the images. */
export function randomGrayscale({ probability }: { probability: number }): Augmentation {
  return randomApply(
    (_, images) => tf.tidy(() => tf.tile(luma(images), [1, 1, 1, 3])),
    { probability },
  );
}
