/**
 * Random flips, turns, zooms, shifts and crops. However many are combined, each pixel is
 * interpolated once.
 *
 * @module
 */

import { attribute, foldIn, type Key, rawOp, split, tf, uniform } from "../tensorflow/mod.ts";
import type { Augmentation } from "./augmentation.ts";
import { checkSquare } from "./orientations.ts";

/** What pixels from outside an image show: its mirror image, its border, or one value. */
export type Fill = "reflect" | "nearest" | number;

/** How pixels are found at the places of others. */
export type ResampleOptions = {
  /** Height and width of the results. @default {those of the images} */
  size?: readonly [number, number];
  /** @default {"reflect"} */
  fill?: Fill;
  /** @default {"bilinear"} */
  interpolation?: "bilinear" | "nearest";
};

/**
 * Shows each image through an affine map: the output's pixel (x, y) is the input at
 * (a x + b y + c, d x + e y + f), counted from the centre of the upper left pixel.
 *
 * @param images [batch, height, width, channels]
 * @param maps [batch, 6]: a to f
 */
export function resample(
  images: tf.Tensor4D,
  maps: tf.Tensor2D,
  { size, fill = "reflect", interpolation = "bilinear" }: ResampleOptions = {},
): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  return tf.tidy(() => {
    const transforms = tf.concat([maps, tf.zeros([batch, 2])], 1); // no perspective
    const shape = tf.tensor1d([...size ?? [height, width]], "int32");
    const value = tf.scalar(typeof fill === "number" ? fill : 0);
    return rawOp("ImageProjectiveTransformV3", [images, transforms, shape, value], {
      attributes: {
        dtype: attribute.type("float32"),
        interpolation: attribute.string(interpolation.toUpperCase()),
        fill_mode: attribute.string(typeof fill === "number" ? "CONSTANT" : fill.toUpperCase()),
      },
    })[0] as tf.Tensor4D;
  });
}

/** What {@linkcode affineMaps} is told of each image: tensors [batch] or one number for all. */
export type AffineParameters = {
  /** Turn in radians, counter-clockwise as one looks at the image. @default {0} */
  angle?: tf.Tensor1D | number;
  /** Factor by which the image is enlarged. @default {1} */
  zoom?: tf.Tensor1D | number;
  /** Shift to the right, in pixels. @default {0} */
  right?: tf.Tensor1D | number;
  /** Shift downwards, in pixels. @default {0} */
  down?: tf.Tensor1D | number;
  /** -1 mirrors left and right, after the turn. @default {1} */
  mirror?: tf.Tensor1D | number;
};

/**
 * The maps of {@linkcode resample} that turn and enlarge each image about its centre, then shift it.
 *
 * @returns [batch, 6]
 */
export function affineMaps(
  [batch, height, width]: readonly number[],
  { angle = 0, zoom = 1, right = 0, down = 0, mirror = 1 }: AffineParameters,
): tf.Tensor2D {
  return tf.tidy(() => {
    const [turn, scale, dx, dy, side] = [angle, zoom, right, down, mirror].map((value) =>
      typeof value === "number" ? tf.fill([batch!], value) : value
    );
    // From the output back to the input: unshift, unmirror, shrink, turn back.
    const a = tf.div(tf.mul(tf.cos(turn!), side!), scale!);
    const b = tf.neg(tf.div(tf.sin(turn!), scale!));
    const d = tf.div(tf.mul(tf.sin(turn!), side!), scale!);
    const e = tf.div(tf.cos(turn!), scale!);
    const [cx, cy] = [(width! - 1) / 2, (height! - 1) / 2];
    const [x, y] = [tf.add(dx!, cx), tf.add(dy!, cy)];
    const c = tf.sub(cx, tf.add(tf.mul(a, x), tf.mul(b, y)));
    const f = tf.sub(cy, tf.add(tf.mul(d, x), tf.mul(e, y)));
    return tf.stack([a, b, c, d, e, f], 1) as tf.Tensor2D;
  });
}

/** What {@linkcode randomAffine} draws from. */
export type RandomAffineOptions = Omit<ResampleOptions, "size"> & {
  /** Largest turn either way, in degrees; 180: any angle. @default {0} */
  degrees?: number;
  /** Smallest and largest enlargement, drawn evenly on a logarithmic scale. @default {[1, 1]} */
  zoom?: readonly [number, number];
  /** Largest shift either way, as a part of the side. @default {0} */
  shift?: number;
  /** Whether half of the images are mirrored. @default {false} */
  flip?: boolean;
};

/**
 * Turns, enlarges, shifts and mirrors each image by its own draw.
 *
 * @throws {RangeError} When the zoom is not positive and ascending
 *
 * @example
 * ```ts
 * import { randomAffine } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const augment = randomAffine({ degrees: 180, zoom: [0.8, 1.25], flip: true });
 * const grey = tf.fill<tf.Rank.R4>([2, 8, 8, 3], 100);
 * const values = augment(key(1), grey).dataSync();
 * assert.ok(values.every((value) => Math.abs(value - 100) < 1e-3));
 * ```
 */
export function randomAffine(options: RandomAffineOptions): Augmentation {
  const { degrees = 0, zoom = [1, 1], shift = 0, flip = false, ...how } = options;
  if (!(zoom[0] > 0 && zoom[0] <= zoom[1])) {
    throw new RangeError(`Cannot zoom: a positive range is wanted, ${zoom.join(" to ")} found`);
  }
  return (key, images) =>
    tf.tidy(() => {
      const [batch, height, width] = images.shape;
      const keys = split(key, 5);
      const draw = (index: number, minimum: number, maximum: number) =>
        uniform<tf.Rank.R1>(keys[index]!, [batch], { minimum, maximum });
      const turn = degrees * Math.PI / 180;
      const maps = affineMaps(images.shape, {
        angle: turn === 0 ? 0 : draw(0, -turn, turn),
        zoom: zoom[0] === zoom[1] ? zoom[0] : tf.exp(draw(1, Math.log(zoom[0]), Math.log(zoom[1]))),
        right: shift === 0 ? 0 : draw(2, -shift * width, shift * width),
        down: shift === 0 ? 0 : draw(3, -shift * height, shift * height),
        mirror: flip ? tf.sign(draw(4, -1, 1)) : 1,
      });
      return resample(images, maps, how);
    });
}

/**
 * The part of each image inside a box, as an image of `size`.
 *
 * @param boxes [batch, 4]: left, top, width and height in pixels; a negative width mirrors the part,
 * `left` is then its right edge
 */
export function cropAndResize(
  images: tf.Tensor4D,
  boxes: tf.Tensor2D,
  { size }: { size: number },
): tf.Tensor4D {
  return tf.tidy(() => {
    const [left, top, width, height] = tf.unstack(boxes, 1);
    const [a, e] = [tf.div(width!, size), tf.div(height!, size)];
    const none = tf.zerosLike(a);
    // Pixel 0 of the output spans the first 1 / size of the box; its centre lies at half of that.
    const c = tf.sub(tf.add(left!, tf.div(a, 2)), 0.5);
    const f = tf.sub(tf.add(top!, tf.div(e, 2)), 0.5);
    const maps = tf.stack([a, none, c, none, e, f], 1) as tf.Tensor2D;
    return resample(images, maps, { size: [size, size], fill: "nearest" });
  });
}

/** What {@linkcode randomResizedCrop} draws from. */
export type RandomResizedCropOptions = {
  /** Side of the results. @default {the images' height} */
  size?: number;
  /** Smallest and largest part of the area. @default {[0.08, 1]} */
  scale?: readonly [number, number];
  /** Smallest and largest width / height of the part. @default {[3 / 4, 4 / 3]} */
  ratio?: readonly [number, number];
  /** Whether half of the images are mirrored. @default {false} */
  flip?: boolean;
};

/**
 * A random part of each image at full size, as in torchvision: area drawn evenly, aspect ratio
 * evenly on a logarithmic scale, any place in the image. A side that would be longer than the
 * image's is cut to it, where torchvision draws again.
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): Augmentation {
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], flip = false } = options;
  return (key, images) =>
    tf.tidy(() => {
      const [batch, height, width] = images.shape;
      const keys = split(key, 5);
      const draw = (index: number, minimum = 0, maximum = 1) =>
        uniform<tf.Rank.R1>(keys[index]!, [batch], { minimum, maximum });
      const area = tf.mul(draw(0, ...scale), height * width);
      const aspect = tf.exp(draw(1, Math.log(ratio[0]), Math.log(ratio[1])));
      const wide = tf.minimum(tf.sqrt(tf.mul(area, aspect)), width);
      const high = tf.minimum(tf.sqrt(tf.div(area, aspect)), height);
      const left = tf.mul(draw(2), tf.sub(width, wide));
      const top = tf.mul(draw(3), tf.sub(height, high));
      const mirror = flip ? tf.less(draw(4), 0.5) : tf.fill([batch], 0, "bool");
      const boxes = tf.stack([
        tf.where(mirror, tf.add(left, wide), left),
        top,
        tf.where(mirror, tf.neg(wide), wide),
        high,
      ], 1) as tf.Tensor2D;
      return cropAndResize(images, boxes, { size: options.size ?? height });
    });
}

/** Mirrors half of the images left and right. No pixel is lost. */
export function randomFlip(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const mirrored = tf.less(uniform(key, [images.shape[0], 1, 1, 1]), 0.5);
    return tf.where(mirrored, tf.reverse(images, 2), images);
  });
}

/**
 * The flips and quarter turns of a square, eight in all, each as likely: a galaxy has no upside.
 * No pixel is lost.
 *
 * @throws {TypeError} When the images are not square
 *
 * @example
 * ```ts
 * import { flipsAndQuarterTurns } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * const turned = flipsAndQuarterTurns(key(3), images);
 * assert.deepEqual([...turned.dataSync()].sort(), [1, 2, 3, 4]);
 * ```
 */
export function flipsAndQuarterTurns(key: Key, images: tf.Tensor4D): tf.Tensor4D {
  const [batch] = images.shape;
  checkSquare(images);
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
    const maps = tf.stack([
      cosine,
      tf.neg(sine),
      tf.sub(cx, tf.sub(tf.mul(cosine, cx), tf.mul(sine, cy))),
      sine,
      cosine,
      tf.sub(cy, tf.add(tf.mul(sine, cx), tf.mul(cosine, cy))),
    ], 1) as tf.Tensor2D;
    return resample(flipsAndQuarterTurns(key, images), maps);
  });
}
