/**
 * Random blur, noise and holes.
 *
 * @module
 */

import { normal, split, tf, uniform } from "../tensorflow/mod.ts";
import type { Augmentation } from "./augmentation.ts";

/**
 * Blurs each image by a Gaussian of its own width, mirrored at the border, as in torchvision.
 *
 * Each direction is one matrix product: a row of the matrix holds the weights of an output pixel.
 *
 * @param sigma [batch], in pixels, above 0
 * @param options `kernelSize`: odd number of pixels that a Gaussian covers
 */
export function gaussianBlur(
  images: tf.Tensor4D,
  sigma: tf.Tensor1D,
  { kernelSize }: { kernelSize: number },
): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  checkKernel(kernelSize, Math.min(height, width));
  return tf.tidy(() => {
    const rows = blurMatrices(sigma, { length: height, radius: (kernelSize - 1) / 2 });
    const columns = height === width
      ? rows
      : blurMatrices(sigma, { length: width, radius: (kernelSize - 1) / 2 });
    const lines = tf.reshape(images, [batch, height, width * channels]);
    const down = tf.reshape(tf.matMul(rows, lines), [batch, height, width, channels]);
    const turned = tf.reshape(tf.transpose(down, [0, 2, 1, 3]), [batch, width, height * channels]);
    const across = tf.reshape(tf.matMul(columns, turned), [batch, width, height, channels]);
    return tf.transpose(across, [0, 2, 1, 3]) as tf.Tensor4D;
  });
}

/** [batch, length, length]: row i holds the weights of pixel i, with those past a border folded in. */
function blurMatrices(
  sigma: tf.Tensor1D,
  { length, radius }: { length: number; radius: number },
): tf.Tensor3D {
  const scale = tf.reshape(tf.div(-0.5, tf.square(sigma)), [-1, 1, 1]);
  const taps = tf.range(-radius, radius + 1);
  const sum = tf.sum(tf.exp(tf.mul(tf.square(taps), scale)), 2, true);
  const last = length - 1;
  const weights = (distance: (i: number, j: number) => number) => {
    const distances = new Float32Array(length * length).map((_, at) => {
      const reach = Math.abs(distance(Math.floor(at / length), at % length));
      return reach <= radius ? reach : 1e9; // out of reach: its weight is 0
    });
    return tf.exp(tf.mul(tf.square(tf.tensor3d(distances, [1, length, length])), scale));
  };
  const direct = weights((i, j) => i - j);
  const low = weights((i, j) => j === 0 ? Infinity : i + j);
  const high = weights((i, j) => j === last ? Infinity : 2 * last - i - j);
  return tf.div(tf.addN([direct, low, high]), sum);
}

function checkKernel(kernelSize: number, side: number): void {
  if (!Number.isInteger(kernelSize) || kernelSize % 2 !== 1 || kernelSize >= 2 * side) {
    throw new RangeError(
      `Cannot blur: kernelSize must be odd and below ${2 * side}, twice the side, ` +
        `${kernelSize} found`,
    );
  }
}

/**
 * Blurs each image by a Gaussian whose width is drawn evenly from a range, in pixels.
 *
 * @param options `kernelSize`: an odd number of pixels. @default {the one nearest to 1/10 of the height}
 */
export function randomBlur(
  { sigma, kernelSize }: { sigma: readonly [number, number]; kernelSize?: number },
): Augmentation {
  if (!(sigma[0] > 0 && sigma[0] <= sigma[1])) {
    throw new RangeError(`Cannot blur: a positive range is wanted, ${sigma.join(" to ")} found`);
  }
  return (key, images) =>
    tf.tidy(() => {
      const [batch, height] = images.shape;
      const [minimum, maximum] = sigma;
      const drawn = uniform<tf.Rank.R1>(key, [batch], { minimum, maximum });
      const size = kernelSize ?? 2 * Math.round((height / 10 - 1) / 2) + 1;
      return gaussianBlur(images, drawn, { kernelSize: size });
    });
}

/** Adds to each value a number of the normal distribution; the result may leave [0, 255]. */
export function gaussianNoise({ std }: { std: number }): Augmentation {
  return (key, images) =>
    tf.tidy(() => tf.add(images, tf.mul(normal<tf.Rank.R4>(key, images.shape), std)));
}

/**
 * Fills a square in each image (DeVries and Taylor 2017, arXiv 1708.04552). Its centre is any pixel,
 * so that part of it may lie outside.
 *
 * @param options `side`: of the square, as a part of the image's; `fill`: the value in it
 */
export function cutout({ side, fill = 0 }: { side: number; fill?: number }): Augmentation {
  return (key, images) =>
    tf.tidy(() => {
      const [batch, height, width] = images.shape;
      const [forX, forY] = split(key);
      const x = tf.mul(uniform(forX!, [batch, 1, 1, 1]), width);
      const y = tf.mul(uniform(forY!, [batch, 1, 1, 1]), height);
      const columns = tf.reshape(tf.add(tf.range(0, width), 0.5), [1, 1, width, 1]);
      const rows = tf.reshape(tf.add(tf.range(0, height), 0.5), [1, height, 1, 1]);
      const inside = tf.logicalAnd(
        tf.less(tf.abs(tf.sub(columns, x)), side * width / 2),
        tf.less(tf.abs(tf.sub(rows, y)), side * height / 2),
      );
      return tf.where(inside, tf.fill<tf.Rank.R4>([1, 1, 1, 1], fill), images);
    });
}
