/**
 * How far predicted numbers are from true ones: vote fractions, magnitudes, redshifts.
 *
 * @module
 */

import { ascendingOrder } from "./_order.ts";
import { checkNumbers, type Numbers } from "./_numbers.ts";

/** The true and the predicted number of each sample. */
export type NumberPair = {
  target: Numbers;
  prediction: Numbers;
};

/**
 * Mean absolute error, in the unit of the target: `(1/n) Σ |prediction − target|`.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { meanAbsoluteError } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(meanAbsoluteError({ target: [0, 1], prediction: [0.5, 1] }), 0.25);
 * ```
 */
export function meanAbsoluteError(pair: NumberPair): number {
  const { target, prediction } = checkNumbers(
    "mean absolute error",
    columns(pair),
  );
  return mean(target.length, (i) => Math.abs(prediction[i] - target[i]));
}

/**
 * Mean squared error, in the squared unit of the target: `(1/n) Σ (prediction − target)²`.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { meanSquaredError } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(meanSquaredError({ target: [0, 1], prediction: [0.5, 1] }), 0.125);
 * ```
 */
export function meanSquaredError(pair: NumberPair): number {
  const { target, prediction } = checkNumbers(
    "mean squared error",
    columns(pair),
  );
  return mean(target.length, (i) => (prediction[i] - target[i]) ** 2);
}

/**
 * Root of the mean squared error, in the unit of the target.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { rootMeanSquaredError } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(rootMeanSquaredError({ target: [0, 1], prediction: [0.5, 1.5] }), 0.5);
 * ```
 */
export function rootMeanSquaredError(pair: NumberPair): number {
  return Math.sqrt(meanSquaredError(pair));
}

/**
 * Coefficient of determination R², at most 1: `1 − Σ (prediction − target)² / Σ (target − mean)²`.
 * 0 is what predicting the mean gives; it is negative below that. It is not the square of Pearson's
 * correlation, which forgives any offset and scale.
 *
 * For a constant target 1 when all predictions are exact and 0 otherwise, as in scikit-learn.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are fewer than two samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { rSquared } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(rSquared({ target: [1, 2, 3], prediction: [1, 2, 4] }), 0.5);
 * ```
 */
export function rSquared(pair: NumberPair): number {
  const { target, prediction } = checkNumbers("R²", columns(pair), { least: 2 });
  const centre = mean(target.length, (i) => target[i]);
  const residual = mean(target.length, (i) => (prediction[i] - target[i]) ** 2);
  const total = mean(target.length, (i) => (target[i] - centre) ** 2);
  if (total === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / total;
}

/**
 * The square of Pearson's correlation, in [0, 1], which some papers print as "R²". It is what
 * {@linkcode rSquared} would be after the best offset and scale: never below it, and blind to both.
 * NaN when either is constant.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are fewer than two samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { rSquared, squaredCorrelation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const pair = { target: [1, 2, 3], prediction: [11, 12, 13] };
 * assert.equal(squaredCorrelation(pair), 1);
 * assert.equal(rSquared(pair), -149);
 * ```
 */
export function squaredCorrelation(pair: NumberPair): number {
  return pearsonCorrelation(pair) ** 2;
}

/**
 * The mean error, in the unit of the target: `(1/n) Σ (prediction − target)`, positive where too much
 * is predicted.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { bias } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(bias({ target: [0, 1], prediction: [0.5, 1] }), 0.25);
 * ```
 */
export function bias(pair: NumberPair): number {
  const { target, prediction } = checkNumbers("bias", columns(pair));
  return mean(target.length, (i) => prediction[i] - target[i]);
}

/**
 * The standard deviation of the errors about their mean, in the unit of the target: what is left of
 * the root mean squared error without the bias, `√(RMSE² − bias²)`.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { scatter } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(scatter({ target: [0, 1], prediction: [0.5, 1] }), 0.25);
 * ```
 */
export function scatter(pair: NumberPair): number {
  const { target, prediction } = checkNumbers("scatter", columns(pair));
  const centre = bias(pair);
  return Math.sqrt(mean(target.length, (i) => (prediction[i] - target[i] - centre) ** 2));
}

/**
 * Pearson's correlation, from −1 to 1: the covariance over both standard deviations. NaN when
 * either is constant, as in SciPy.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are fewer than two samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { pearsonCorrelation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pearsonCorrelation({ target: [1, 2, 3], prediction: [30, 20, 10] }), -1);
 * ```
 */
export function pearsonCorrelation(pair: NumberPair): number {
  const { target, prediction } = checkNumbers(
    "Pearson correlation",
    columns(pair),
    { least: 2 },
  );
  return correlation(target, prediction);
}

/**
 * Spearman's correlation, from −1 to 1: Pearson's of the ranks, equal numbers sharing their mean
 * rank. 1 for any rising relation. NaN when either is constant, as in SciPy.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are fewer than two samples, or a number is not finite
 *
 * @example
 * ```ts
 * import { spearmanCorrelation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(spearmanCorrelation({ target: [1, 2, 3], prediction: [1, 10, 1000] }), 1);
 * ```
 */
export function spearmanCorrelation(pair: NumberPair): number {
  const { target, prediction } = checkNumbers(
    "Spearman correlation",
    columns(pair),
    { least: 2 },
  );
  return correlation(ranks(target), ranks(prediction));
}

function columns({ target, prediction }: NumberPair): NumberPair & Record<string, Numbers> {
  return { target, prediction };
}

function mean(count: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return sum / count;
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (isConstant(x) || isConstant(y)) return NaN; // Their means may be off by a rounding
  const n = x.length;
  const centreX = mean(n, (i) => x[i]), centreY = mean(n, (i) => y[i]);
  let [covariance, varianceX, varianceY] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i] - centreX, y[i] - centreY];
    covariance += dx * dy;
    varianceX += dx * dx;
    varianceY += dy * dy;
  }
  const value = covariance / n / (Math.sqrt(varianceX / n) * Math.sqrt(varianceY / n));
  return Math.max(-1, Math.min(1, value)); // Roundings may lead just beyond
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = ascendingOrder(values);
  const result = new Float64Array(values.length);
  for (let start = 0, end; start < order.length; start = end) {
    const value = values[order[start]];
    end = start + 1;
    while (end < order.length && values[order[end]] === value) end++;
    for (let i = start; i < end; i++) result[order[i]] = (start + 1 + end) / 2;
  }
  return result;
}
