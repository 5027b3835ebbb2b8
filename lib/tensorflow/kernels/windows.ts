/**
 * Padding by numbers, for ops to which TensorFlow gives none, or fewer kinds than tfjs has.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

/** tfjs's padding: numbers are for all sides, or [before, after] for each axis of [batch, …]. */
export type Pad = "valid" | "same" | number | [number, number][];

/** tfjs's way to round the number of windows along an axis. */
export type Rounding = "floor" | "round" | "ceil";

/** Windows on the axes between batch and channels. */
export type Windows = {
  window: readonly number[];
  strides: readonly number[];
  pad: Pad;
  rounding?: Rounding;
  /** How many windows there are, where it is known. */
  outputs?: readonly number[];
};

/** What windows along one axis need: pixels before and after the image, and what they then see. */
export type Axis = {
  size: number;
  window: number;
  stride: number;
  before: number;
  after: number;
  outputs: number;
};

/** One number for every axis, or one for each. */
export function perAxis(value: number | readonly number[], axes: number): number[] {
  return typeof value === "number" ? new Array(axes).fill(value) : value.slice(0, axes);
}

/**
 * The axes with their padding in pixels.
 *
 * @param op For the message
 * @param shape [batch, …, channels]
 * @returns Undefined where the padding is one of TensorFlow's own
 * @throws {RangeError} When padding is no whole number, or no window fits
 */
export function paddedAxes(
  op: string,
  shape: readonly number[],
  { window, strides, pad, rounding, outputs }: Windows,
): Axis[] | undefined {
  if (typeof pad === "string") return undefined;
  return window.map((length, axis) => {
    const size = shape[axis + 1]!;
    const stride = strides[axis]!;
    const [before, behind] = typeof pad === "number" ? [pad, pad] : pad[axis + 1] ?? [];
    for (const side of [before, behind]) {
      if (!(Number.isInteger(side) && side! >= 0)) {
        throw new RangeError(
          `Cannot run ${op}: pad must be "valid", "same" or whole numbers of at least 0, found ${side}`,
        );
      }
    }
    const whole = before! + size + behind!;
    const steps = (whole - length) / stride;
    if (steps < 0) {
      throw new RangeError(
        `Cannot run ${op}: the window of ${
          window.join("x")
        } pixels must not be larger than the padded image, found ${whole} pixels along axis ${
          axis + 1
        }`,
      );
    }
    const count = outputs?.[axis] ?? Math[rounding ?? "floor"](steps) + 1;
    const after = Math.max((count - 1) * stride + length - size - before!, 0);
    return { size, window: length, stride, before: before!, after, outputs: count };
  });
}

/** The image with its padding, of the value `fill`. */
export function padded(
  x: tf.Tensor,
  axes: readonly Axis[],
  { fill = 0 }: { fill?: number } = {},
): tf.Tensor {
  if (axes.every(({ before, after }) => before === 0 && after === 0)) return x;
  return tf.pad(x, explicitPad(axes), fill);
}

/** What lies in the image, of a gradient by the padded one. */
export function unpadded(dx: tf.Tensor, axes: readonly Axis[]): tf.Tensor {
  return tf.slice(
    dx,
    [0, ...axes.map(({ before }) => before), 0],
    [-1, ...axes.map(({ size }) => size), -1],
  );
}

/** The shape of the padded image. */
export function paddedShape(shape: readonly number[], axes: readonly Axis[]): number[] {
  const sizes = axes.map(({ size, before, after }) => before + size + after);
  return [shape[0]!, ...sizes, shape.at(-1)!];
}

/** The padding as tfjs takes it, for [batch, …, channels]. */
export function explicitPad(axes: readonly Axis[]): [number, number][] {
  return [[0, 0], ...axes.map(({ before, after }) => [before, after] as [number, number]), [0, 0]];
}
