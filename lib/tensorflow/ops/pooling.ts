/**
 * Pooling with PyTorch's padding.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { FLOAT, rawOp } from "../raw.ts";
import { checkFloat } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { activeGraph } from "../trace.ts";
import { separable } from "./separable.ts";
import {
  checkPadding,
  checkPairs,
  isNone,
  outputSize,
  type Padding,
  paddingAttributes,
  type Pair,
  pair,
  type Sides,
  sidesOf,
  spatial,
} from "./window.ts";

/** Settings of {@linkcode maxPool2d}. */
export type Pool2dOptions = {
  /** Pixels of the window, one number or [height, width]. */
  size: Pair;
  /** @default {size} */
  strides?: Pair;
  /** Pixels that never win, or count as 0 in a mean. @default {"valid"} */
  padding?: Padding;
};

/**
 * The largest value in each window.
 *
 * @param x [batch, height, width, channels]
 * @throws {TypeError} When x is no float32 image batch
 * @throws {RangeError} When the window is larger than the padded image, or an option out of its range
 *
 * @example
 * ```ts
 * import { maxPool2d, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * assert.deepEqual([...maxPool2d(x, { size: 2 }).dataSync()], [4]);
 * ```
 */
export function maxPool2d(x: tf.Tensor, options: Pool2dOptions): tf.Tensor4D {
  const { window, strides, sides } = geometryOf("maxPool2d", x, options);
  if (activeGraph()?.xla && !isNone(sides)) {
    // XLA knows no padding by numbers in this op.
    const { top, bottom, left, right } = sides;
    const padding: [number, number][] = [[0, 0], [top, bottom], [left, right], [0, 0]];
    return tf.tidy(() => maxPool2d(tf.pad(x, padding, -Infinity), { size: window, strides }));
  }
  const attributes = {
    ...FLOAT,
    ksize: spatial(window),
    strides: spatial(strides),
    ...paddingAttributes(sides),
  };
  return differentiableOne({
    op: "maxPool2d",
    inputs: { x },
    forward: () => {
      const [output] = rawOp("MaxPool", [x], { attributes });
      return { output, saved: [x, output] };
    },
    gradient: (dy, [x, y]) => ({ x: () => rawOp("MaxPoolGrad", [x, y, dy], { attributes })[0] }),
  }) as tf.Tensor4D;
}

/**
 * The mean of each window.
 *
 * @param x [batch, height, width, channels]
 * @throws {TypeError} When x is no float32 image batch
 * @throws {RangeError} When the window is larger than the padded image, or an option out of its range
 *
 * @example
 * ```ts
 * import { averagePool2d, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * assert.deepEqual([...averagePool2d(x, { size: 2 }).dataSync()], [2.5]);
 * ```
 */
export function averagePool2d(
  x: tf.Tensor,
  { countIncludePad = true, ...options }: Pool2dOptions & {
    /** Whether the mean counts the pixels of the padding, which are 0. @default {true} */
    countIncludePad?: boolean;
  },
): tf.Tensor4D {
  const { size, window, strides, sides } = geometryOf("averagePool2d", x, options);
  const { top, bottom, left, right } = sides;
  return tf.tidy(() => {
    const padded = top + bottom + left + right === 0
      ? x
      : tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    const means = tf.avgPool(padded as tf.Tensor4D, window, strides, "valid");
    if (countIncludePad || padded === x) return means;
    const rows = shares(size[0], window[0], strides[0], top, means.shape[1]);
    const columns = shares(size[1], window[1], strides[1], left, means.shape[2]);
    return tf.div(
      means,
      tf.mul(tf.tensor(rows, [rows.length, 1, 1]), tf.tensor(columns, [columns.length, 1])),
    );
  });
}

/** The share of each window along one axis that lies inside the image. */
function shares(
  size: number,
  window: number,
  stride: number,
  before: number,
  outputs: number,
): number[] {
  return Array.from({ length: outputs }, (_, index) => {
    const start = index * stride - before;
    return (Math.min(start + window, size) - Math.max(start, 0)) / window;
  });
}

/**
 * The means of as many even regions as asked for: region i of n along an axis of length l covers
 * pixels floor(i·l/n) to ceil((i+1)·l/n) - 1. With size 1 the mean of the image.
 *
 * @param x [batch, height, width, channels]
 * @param size [height, width] of the output, or one number for both
 *
 * @example
 * ```ts
 * import { adaptiveAveragePool2d, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = adaptiveAveragePool2d(tf.ones([2, 5, 7, 3]), 1);
 * assert.deepEqual(y.shape, [2, 1, 1, 3]);
 * ```
 */
export function adaptiveAveragePool2d(x: tf.Tensor, size: Pair): tf.Tensor4D {
  checkFloat("adaptiveAveragePool2d", { x }, [4]);
  checkPairs("adaptiveAveragePool2d", { size });
  const [rows, columns] = pair(size);
  if (rows === 1 && columns === 1) return tf.mean(x, [1, 2], true) as tf.Tensor4D;
  return separable("adaptiveAveragePool2d", x, {
    rows: regions(x.shape[1]!, rows),
    columns: regions(x.shape[2]!, columns),
  });
}

/** A matrix [regions, length] that takes the mean of each region. */
function regions(length: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor(index * length / count);
    const end = Math.ceil((index + 1) * length / count);
    return new Float32Array(length).fill(1 / (end - start), start, end);
  });
}

function geometryOf(
  op: string,
  x: tf.Tensor,
  { size, strides = size, padding = "valid" }: Pool2dOptions,
): Record<"size" | "window" | "strides", [number, number]> & { sides: Sides } {
  checkFloat(op, { x }, [4]);
  checkPairs(op, { size, strides });
  checkPadding(op, padding);
  const image: [number, number] = [x.shape[1]!, x.shape[2]!];
  const geometry = { size: image, window: pair(size), strides: pair(strides) };
  const sides = sidesOf(padding, geometry);
  outputSize(op, { ...geometry, sides });
  return { ...geometry, sides };
}
