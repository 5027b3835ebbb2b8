/**
 * Features as probes take them: the rows asked for, standardised, on the engine.
 *
 * @module
 */

import { attribute, rawOp, tf } from "../tensorflow/mod.ts";
import { FLOAT } from "../tensorflow/raw.ts";
import type { Features } from "./pooled_features.ts";

/** The rows asked for, as one array. */
export function chosenRows(
  { values, width }: Features,
  { rows, what }: { rows?: Int32Array; what: string },
): { values: Float32Array; count: number } {
  const count = rows?.length ?? values.length / width;
  if (!(count >= 1 && Number.isInteger(count))) {
    throw new RangeError(
      `Cannot use features: ${values.length} values in rows of ${width}, wanted whole rows, one or more`,
    );
  }
  if (rows === undefined) {
    checkFinite(values, { width, what });
    return { values, count };
  }
  const chosen = new Float32Array(count * width);
  rows.forEach((from, to) => {
    if (!(from >= 0 && (from + 1) * width <= values.length)) {
      throw new RangeError(
        `Cannot use features: row ${from} is wanted, there are ${values.length / width}`,
      );
    }
    chosen.set(values.subarray(from * width, (from + 1) * width), to * width);
  });
  checkFinite(chosen, { width, what });
  return { values: chosen, count };
}

/** @throws {RangeError} When a feature is not finite, naming its place among the rows asked for */
function checkFinite(
  values: Float32Array,
  { width, what }: { width: number; what: string },
): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new RangeError(
    `Cannot ${what}: features must be finite: feature ${at % width} of row ${
      Math.floor(at / width)
    } is ${values[at]}`,
  );
}

/** Features of some rows, each with mean 0 and variance 1 by the moments: [count, width]. */
export function standardized(
  values: Float32Array,
  { mean, scale }: { mean: Float64Array; scale: Float64Array },
): tf.Tensor2D {
  return tf.tidy(() => tf.div(tf.sub(matrix(values, mean.length), row(mean)), row(scale)));
}

/** Means and standard deviations of the columns; 1 where a column is constant. */
export function momentsOf(
  values: Float32Array,
  { count, width }: { count: number; width: number },
): { mean: Float64Array; scale: Float64Array } {
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (let at = 0, k = 0; at < values.length; at++, k = k + 1 === width ? 0 : k + 1) {
    mean[k] += values[at] / count;
  }
  for (let at = 0, k = 0; at < values.length; at++, k = k + 1 === width ? 0 : k + 1) {
    scale[k] += (values[at] - mean[k]) ** 2 / count;
  }
  // What rounding leaves of a constant column is no scale.
  return {
    mean,
    scale: scale.map((v, k) => v > (1e-6 * mean[k]) ** 2 ? Math.sqrt(v) : 1),
  };
}

/** A tensor of [-1, columns]. */
export function matrix(values: ArrayLike<number>, columns: number): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(values), [values.length / columns, columns]);
}

/** A tensor of [1, n]. */
export function row(values: Float64Array): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(values), [1, values.length]);
}

/** Small results, read at once: to wait for another thread takes longer than they do. */
export function read(make: () => tf.Tensor): Float64Array<ArrayBuffer> {
  const tensor = tf.tidy(make);
  const values = Float64Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
}

/** L⁻¹ where LLᵀ = a, which is symmetric and positive. */
export function inverseFactor(a: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const [factor] = rawOp("Cholesky", [a], { attributes: FLOAT });
    const attributes = { ...FLOAT, lower: attribute.bool(true), adjoint: attribute.bool(false) };
    const unit = tf.eye(a.shape[0]);
    return rawOp("MatrixTriangularSolve", [factor!, unit], { attributes })[0] as tf.Tensor2D;
  });
}
