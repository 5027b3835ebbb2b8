/**
 * Linear maps of images that act on rows and columns apart: two matrix products.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { differentiableOne } from "./differentiable.ts";
import { batchMatMul } from "./linear.ts";

/**
 * y[n, i, j, c] = Σ rows[i][h] · columns[j][w] · x[n, h, w, c].
 *
 * @param x [batch, height, width, channels]
 */
export function separable(
  op: string,
  x: tf.Tensor,
  { rows, columns }: Record<"rows" | "columns", readonly Float32Array[]>,
): tf.Tensor4D {
  return differentiableOne({
    op,
    inputs: { x },
    forward: () => ({ output: apply(x, rows, columns), saved: [] }),
    gradient: (dy) => ({ x: () => apply(dy, transposed(rows), transposed(columns)) }),
  }) as tf.Tensor4D;
}

function apply(
  x: tf.Tensor,
  rows: readonly Float32Array[],
  columns: readonly Float32Array[],
): tf.Tensor {
  const [batch, height, width, channels] = x.shape as tf.Tensor4D["shape"];
  const flatRows = x.reshape([batch, height, width * channels]);
  const byRow = batchMatMul(matrix(rows), flatRows).reshape([-1, width, channels]);
  return batchMatMul(matrix(columns), byRow)
    .reshape([batch, rows.length, columns.length, channels]);
}

function matrix(lines: readonly Float32Array[]): tf.Tensor {
  const values = new Float32Array(lines.length * lines[0]!.length);
  lines.forEach((line, index) => values.set(line, index * line.length));
  return tf.tensor3d(values, [1, lines.length, lines[0]!.length]);
}

function transposed(lines: readonly Float32Array[]): Float32Array[] {
  return Array.from(lines[0]!, (_, at) => Float32Array.from(lines, (line) => line[at]!));
}
