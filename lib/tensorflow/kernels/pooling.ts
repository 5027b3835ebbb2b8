/**
 * Pooling with padding by numbers: TensorFlow pools with its own two kinds alone.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { type KernelCall, registerKernel } from "./kernel.ts";
import {
  type Axis,
  type Pad,
  padded,
  paddedAxes,
  perAxis,
  type Rounding,
  unpadded,
} from "./windows.ts";

type Pool = {
  filterSize: number | number[];
  strides: number | number[];
  pad: Pad;
  dimRoundingMode?: Rounding;
};
type Forward = { x: tf.Tensor };
type Backward = { dy: tf.Tensor; input: tf.Tensor; output: tf.Tensor };

/** Registers the kernels of this file. */
export function registerPooling(): void {
  for (const op of [tf.MaxPool, tf.MaxPool3D]) registerKernel<Forward, Pool>(op, maxPool);
  for (const op of [tf.MaxPoolGrad, tf.MaxPool3DGrad]) {
    registerKernel<Backward, Pool>(op, maxPoolGradient);
  }
  for (const op of [tf.AvgPool, tf.AvgPool3D]) registerKernel<Forward, Pool>(op, meanPool);
  for (const op of [tf.AvgPoolGrad, tf.AvgPool3DGrad]) {
    registerKernel<Backward, Pool>(op, meanPoolGradient);
  }
  registerKernel<Forward, Pool & { includeBatchInIndex: boolean }>(
    tf.MaxPoolWithArgmax,
    maxPoolWithArgmax,
  );
}

function maxPool({ inputs: { x }, attrs, original }: KernelCall<Forward, Pool>): tf.Tensor {
  const axes = axesOf("maxPool", x, attrs);
  if (axes === undefined) return original();
  const highest = original({ inputs: { x: padded(x, axes, { fill: lowest(x) }) }, attrs: VALID });
  return ofNothing(highest, axes, lowest(x));
}

function maxPoolGradient(
  { inputs: { dy, input, output }, attrs, original }: KernelCall<Backward, Pool>,
): tf.Tensor {
  const axes = axesOf("maxPool", input, attrs, dy);
  if (axes === undefined) return original();
  const whole = padded(input, axes, { fill: lowest(input) });
  return unpadded(original({ inputs: { dy, input: whole, output }, attrs: VALID }), axes);
}

function meanPool({ inputs: { x }, attrs, original }: KernelCall<Forward, Pool>): tf.Tensor {
  const axes = axesOf("avgPool", x, attrs);
  if (axes === undefined) return original();
  return tf.mul(original({ inputs: { x: padded(x, axes) }, attrs: VALID }), inverseShares(axes));
}

function meanPoolGradient(
  { inputs: { dy, input }, attrs, original }: KernelCall<Backward, Pool>,
): tf.Tensor {
  const axes = axesOf("avgPool", input, attrs, dy);
  if (axes === undefined) return original();
  const scaled = tf.mul(dy, inverseShares(axes));
  return unpadded(
    original({ inputs: { dy: scaled, input: padded(input, axes) }, attrs: VALID }),
    axes,
  );
}

function maxPoolWithArgmax(
  { inputs: { x }, attrs }: KernelCall<Forward, Pool & { includeBatchInIndex: boolean }>,
): tf.Tensor[] {
  const axes = axesOf("maxPoolWithArgmax", x, attrs);
  const whole = axes === undefined ? x : padded(x, axes, { fill: lowest(x) });
  const [values, indices] = rawOp("MaxPoolWithArgmax", [whole], {
    attributes: {
      ksize: attribute.int([1, ...perAxis(attrs.filterSize, 2), 1]),
      strides: attribute.int([1, ...perAxis(attrs.strides, 2), 1]),
      padding: attribute.string(attrs.pad === "same" ? "SAME" : "VALID"),
      Targmax: attribute.type("int32"),
      include_batch_in_index: attribute.bool(attrs.includeBatchInIndex),
    },
    outputs: 2,
  });
  if (axes === undefined) return [values, indices!];
  return [ofNothing(values, axes, lowest(x)), ofNothing(ofImage(indices!, x, axes), axes, -1)];
}

const VALID = { pad: "valid" } as const;

function axesOf(
  op: string,
  x: tf.Tensor,
  { filterSize, strides, pad, dimRoundingMode }: Pool,
  dy?: tf.Tensor,
): Axis[] | undefined {
  const axes = x.rank - 2;
  return paddedAxes(op, x.shape, {
    window: perAxis(filterSize, axes),
    strides: perAxis(strides, axes),
    pad,
    rounding: dimRoundingMode,
    outputs: dy?.shape.slice(1, -1),
  });
}

/** What never wins. */
function lowest(x: tf.Tensor): number {
  return x.dtype === "int32" ? -(2 ** 31) : -Infinity;
}

/** How many pixels of the image each window sees. */
function seen(axes: readonly Axis[]): number[] {
  return axes.map(({ size, window, stride, before, outputs }) =>
    Array.from({ length: outputs }, (_, index) => {
      const start = index * stride - before;
      return Math.max(Math.min(start + window, size) - Math.max(start, 0), 0);
    })
  ).reduce((product, axis) => product.flatMap((a) => axis.map((b) => a * b)));
}

/** For each window its pixels over those that it sees, 0 where it sees none. */
function inverseShares(axes: readonly Axis[]): tf.Tensor {
  const area = axes.reduce((product, { window }) => product * window, 1);
  return ofWindows(seen(axes).map((count) => count === 0 ? 0 : area / count), axes);
}

/** Puts a value where a window sees nothing of the image. */
function ofNothing(y: tf.Tensor, axes: readonly Axis[], value: number): tf.Tensor {
  const counts = seen(axes);
  if (!counts.includes(0)) return y;
  const isSeen = tf.cast(ofWindows(counts, axes), "bool");
  // tf.where() has no output for no image.
  return rawOp("SelectV2", [isSeen, y, tf.scalar(value, y.dtype)])[0];
}

/** A value for each window. */
function ofWindows(values: number[], axes: readonly Axis[]): tf.Tensor {
  return tf.tensor(values, [...axes.map(({ outputs }) => outputs), 1]);
}

/** Indices into the image, of those into the padded one. */
function ofImage(indices: tf.Tensor, x: tf.Tensor, [rows, columns]: readonly Axis[]): tf.Tensor {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const lines = whole(rows!.before + height + rows!.after);
  const length = whole(columns!.before + width + columns!.after);
  const pixel = tf.floorDiv(indices, whole(channels));
  const line = tf.floorDiv(pixel, length);
  const image = tf.mul(tf.floorDiv(line, lines), whole(height));
  const row = tf.add(image, tf.sub(tf.mod(line, lines), whole(rows!.before)));
  const column = tf.sub(tf.mod(pixel, length), whole(columns!.before));
  const place = tf.add(tf.mul(row, whole(width)), column);
  return tf.add(tf.mul(place, whole(channels)), tf.mod(indices, whole(channels)));
}

function whole(value: number): tf.Scalar {
  return tf.scalar(value, "int32");
}
