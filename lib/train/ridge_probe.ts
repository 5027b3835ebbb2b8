/**
 * Ridge probes: linear regression of numbers, such as vote fractions, on features that are computed
 * once. What {@linkcode linearProbe} is for classes.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import type { Features } from "./pooled_features.ts";
import {
  chosenRows,
  inverseFactor,
  matrix,
  momentsOf,
  read,
  row,
  standardized,
} from "./_probe_features.ts";

/** A fitted probe: `(x − mean) / scale · weights + bias`. */
export type RidgeProbe = {
  /** Features. */
  width: number;
  /** Numbers that it predicts. */
  outputs: number;
  /** width x outputs, row by row, of standardised features. */
  weights: Float64Array;
  /** One an output: the mean of the targets. */
  bias: Float64Array;
  /** Subtracted from the features. */
  mean: Float64Array;
  /** Divides them then. */
  scale: Float64Array;
  /** The penalty that was chosen. */
  penalty: number;
};

/** What a ridge probe learns, and how it is held back. */
export type RidgeProbeOptions = {
  /** The numbers to predict, one list for each output, a number for each row. */
  targets: readonly ArrayLike<number>[];
  /** Positions of the images to learn from. @default {all} */
  rows?: Int32Array;
  /**
   * Penalties to choose from, as shares of the number of rows; scikit-learn's alpha is a share times
   * the rows.
   *
   * @default {[0.001, 0.01, 0.1, 1]}
   */
  penalties?: readonly number[];
};

/**
 * Ridge regression on standardised features, the bias not penalised: for each output the minimum of
 *
 * `Σᵢ (yᵢ − xᵢ w − b)² + penalty · n ‖w‖²`
 *
 * Of several penalties the one with the least generalised cross-validation is taken, the same for all
 * outputs: `Σ residuals² / (1 − (trace H + 1) / n)²`, with H what makes predictions of targets.
 *
 * Source: Golub, Heath and Wahba 1979, "Generalized cross-validation as a method for choosing a good
 * ridge parameter", Technometrics 21:215, equation 2.3.
 *
 * @throws {TypeError} When there is not one target a row
 * @throws {RangeError} When a feature or target is not finite, there are under three rows, or a
 * penalty is not above 0
 *
 * @example
 * ```ts
 * import { ridgePredictions, ridgeProbe } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const features = { values: Float32Array.of(0, 1, 2, 3, 4, 5), width: 1 };
 * const probe = ridgeProbe(features, { targets: [[0, 0.2, 0.4, 0.6, 0.8, 1]], penalties: [1e-6] });
 * const [found] = ridgePredictions(probe, { values: Float32Array.of(2.5), width: 1 });
 * assert.ok(Math.abs(found[0] - 0.5) < 1e-5);
 * ```
 */
export function ridgeProbe(features: Features, options: RidgeProbeOptions): RidgeProbe {
  refuseUnknown(options, { targets: true, rows: true, penalties: true }, {
    what: "fit a ridge probe",
  });
  const { targets, rows, penalties = [1e-3, 1e-2, 1e-1, 1] } = options;
  const { width } = features;
  const { values, count } = chosenRows(features, { rows, what: "fit a ridge probe" });
  check({ targets, penalties, count });
  const moments = momentsOf(values, { count, width });
  const outputs = targets.length;
  const bias = Float64Array.from(targets, (column) => sum(column) / count);
  const centred = new Float32Array(count * outputs);
  targets.forEach((column, k) => {
    for (let i = 0; i < count; i++) centred[i * outputs + k] = column[i]! - bias[k]!;
  });
  let best = { score: Infinity, penalty: NaN, weights: new Float64Array(0) };
  tf.tidy(() => {
    const x = standardized(values, moments);
    const y = matrix(centred, outputs);
    const [gram, product] = [tf.matMul(x, x, true), tf.matMul(x, y, true)];
    for (const penalty of penalties) {
      const ridge = tf.mul(tf.eye(width), penalty * count);
      const factor = inverseFactor(tf.add(gram, ridge) as tf.Tensor2D);
      const weights = tf.matMul(factor, tf.matMul(factor, product), true);
      const [residuals, traceOfInverse] = read(() =>
        tf.stack([
          tf.sum(tf.squaredDifference(y, tf.matMul(x, weights))),
          tf.sum(tf.square(factor)),
        ])
      );
      // trace H = trace (G + λ)⁻¹ G; and the mean takes one
      const freedom = width - penalty * count * traceOfInverse! + 1;
      const score = residuals! / Math.max(1e-9, 1 - freedom / count) ** 2;
      if (score < best.score) {
        best = { score, penalty, weights: read(() => tf.clone(weights)) };
      }
    }
  });
  const { weights, penalty } = best;
  return { width, outputs, weights, bias, ...moments, penalty };
}

/**
 * What a ridge probe predicts of images by their features: a list for each output.
 *
 * @param options.rows Positions of the images. @default {all}
 * @throws {TypeError} When the features are not as many as the probe's
 * @throws {RangeError} When a feature is not finite
 */
export function ridgePredictions(
  probe: RidgeProbe,
  features: Features,
  options: { rows?: Int32Array } = {},
): Float64Array[] {
  const { width, outputs, weights, bias, mean, scale } = probe;
  if (features.width !== width) {
    throw new TypeError(
      `Cannot use a ridge probe of ${width} features: images have ${features.width}`,
    );
  }
  const { values, count } = chosenRows(features, { rows: options.rows, what: "use a ridge probe" });
  const all = read(() =>
    tf.add(tf.matMul(standardized(values, { mean, scale }), matrix(weights, outputs)), row(bias))
  );
  return Array.from(
    { length: outputs },
    (_, k) => Float64Array.from({ length: count }, (_, i) => all[i * outputs + k]!),
  );
}

function check({ targets, penalties, count }: {
  targets: RidgeProbeOptions["targets"];
  penalties: readonly number[];
  count: number;
}): void {
  if (count < 3) {
    throw new RangeError(`Cannot fit a ridge probe: ${count} rows, three or more are wanted`);
  }
  if (targets.length === 0 || penalties.length === 0) {
    throw new RangeError(
      `Cannot fit a ridge probe: ${targets.length} targets and ${penalties.length} penalties, one or more of each are wanted`,
    );
  }
  for (const column of targets) {
    if (column.length !== count) {
      throw new TypeError(
        `Cannot fit a ridge probe: ${column.length} targets for ${count} rows, one a row is wanted`,
      );
    }
    for (let i = 0; i < count; i++) {
      if (Number.isFinite(column[i])) continue;
      throw new RangeError(
        `Cannot fit a ridge probe: the target of row ${i} is ${
          column[i]
        }, a number is wanted; leave the row out`,
      );
    }
  }
  const wrong = penalties.find((penalty) => !(penalty > 0 && Number.isFinite(penalty)));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot fit a ridge probe: a penalty is ${wrong}, wanted a number above 0`,
    );
  }
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
