/**
 * The settings that convolutions and pooling share: strides and padding.
 *
 * @module
 */

import { attribute, type RawAttributes } from "../raw.ts";

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/**
 * `"valid"`: none. `"same"`: TensorFlow's, so that the output has ceil(size / stride) pixels, with
 * the odd pixel at the bottom and right. A number or [height, width]: that many pixels on both
 * sides, as in PyTorch. [[top, bottom], [left, right]]: each side.
 */
export type Padding =
  | "same"
  | "valid"
  | Pair
  | readonly [readonly [number, number], readonly [number, number]];

/** Pixels on each side. */
export type Sides = { top: number; bottom: number; left: number; right: number };

/** [height, width] of a pair. */
export function pair(value: Pair): [number, number] {
  return typeof value === "number" ? [value, value] : [value[0], value[1]];
}

/**
 * Refuses what is no pair of whole numbers from 1: TensorFlow cuts a stride of 1.5 to 1.
 *
 * @throws {RangeError} Naming the option
 */
export function checkPairs(op: string, pairs: { readonly [name: string]: Pair | undefined }): void {
  for (const [name, value] of Object.entries(pairs)) {
    if (value === undefined) continue;
    const sides = typeof value === "number" ? [value, value] : value;
    const isRight = Array.isArray(sides) && sides.length === 2 &&
      sides.every((side) => Number.isInteger(side) && side >= 1);
    if (isRight) continue;
    throw new RangeError(
      `Cannot run ${op}: ${name} must be a whole number from 1, or two of them, found ${
        JSON.stringify(value)
      }`,
    );
  }
}

/**
 * Refuses another padding than the kinds there are.
 *
 * @throws {RangeError}
 */
export function checkPadding(op: string, padding: Padding): void {
  if (padding === "same" || padding === "valid") return;
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) >= 0;
  const isPair = (sides: unknown) =>
    Array.isArray(sides) && sides.length === 2 && sides.every(isSide);
  const isEach = Array.isArray(padding) && padding.length === 2 && padding.every(isPair);
  if (isSide(padding) || isPair(padding) || isEach) return;
  throw new RangeError(
    `Cannot run ${op}: padding must be "same", "valid", or whole numbers from 0 (one, [height, width], or [[top, bottom], [left, right]]), found ${
      JSON.stringify(padding)
    }`,
  );
}

/**
 * The pixels that a padding adds.
 *
 * @param size Of the image, [height, width]
 * @param window Of the kernel, dilation included
 */
export function sidesOf(
  padding: Padding,
  { size, window, strides }: Record<"size" | "window" | "strides", readonly [number, number]>,
): Sides {
  if (padding === "valid") return { top: 0, bottom: 0, left: 0, right: 0 };
  if (padding === "same") {
    const [[top, bottom], [left, right]] = [0, 1].map((axis) => {
      const outputs = Math.ceil(size[axis]! / strides[axis]!);
      const total = Math.max((outputs - 1) * strides[axis]! + window[axis]! - size[axis]!, 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
    }) as [[number, number], [number, number]];
    return { top, bottom, left, right };
  }
  if (typeof padding === "object" && typeof padding[0] === "object") {
    const [[top, bottom], [left, right]] = padding as [[number, number], [number, number]];
    return { top, bottom, left, right };
  }
  const [height, width] = pair(padding as Pair);
  return { top: height, bottom: height, left: width, right: width };
}

/**
 * The size of the output.
 *
 * @throws {RangeError} When the window is larger than the padded image
 */
export function outputSize(
  op: string,
  { size, window, strides, sides: { top, bottom, left, right } }:
    & Record<"size" | "window" | "strides", readonly [number, number]>
    & { sides: Sides },
): [number, number] {
  const padded = [size[0] + top + bottom, size[1] + left + right];
  if (padded[0]! < window[0] || padded[1]! < window[1]) {
    throw new RangeError(
      `Cannot run ${op}: the window of ${window[0]}x${
        window[1]
      } pixels is larger than the padded image of ${padded[0]}x${padded[1]}`,
    );
  }
  return [0, 1].map((axis) => Math.floor((padded[axis]! - window[axis]!) / strides[axis]!) + 1) as [
    number,
    number,
  ];
}

/** TensorFlow's attributes for NHWC images. */
export function paddingAttributes(sides: Sides): RawAttributes {
  const { top, bottom, left, right } = sides;
  if (isNone(sides)) return { padding: attribute.string("VALID") };
  return {
    padding: attribute.string("EXPLICIT"),
    explicit_paddings: attribute.int([0, 0, top, bottom, left, right, 0, 0]),
  };
}

/** Whether no pixel is added. */
export function isNone({ top, bottom, left, right }: Sides): boolean {
  return top === 0 && bottom === 0 && left === 0 && right === 0;
}

/** An attribute for each axis of NHWC. */
export function spatial(value: readonly [number, number]): RawAttributes[string] {
  return attribute.int([1, value[0], value[1], 1]);
}
