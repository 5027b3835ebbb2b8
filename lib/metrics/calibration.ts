/**
 * Whether probabilities mean what they say: of all predictions made with confidence 0.8, four in
 * five should be right.
 *
 * Source: Guo et al. 2017, "On calibration of modern neural networks", ICML, arXiv:1706.04599.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { decimalOf } from "../single_precision.ts";
import { checkClasses, checkLength, checkProbabilities } from "./_labels.ts";
import type { Labels, ProbabilityPair } from "./_labels.ts";
import { plain } from "./_numbers.ts";
import { mostProbable } from "./probabilities.ts";

/** The samples whose confidence is above `low` and at most `high`. */
export type ReliabilityBin = {
  low: number;
  high: number;
  /** Samples in it. */
  count: number;
  /** Mean confidence; NaN without samples. */
  confidence: number;
  /** Part of them that is right; NaN without samples. */
  accuracy: number;
};

/** What {@linkcode calibration} returns. */
export type Calibration = {
  /** The bars of a reliability diagram. */
  bins: ReliabilityBin[];
  /** Expected calibration error, in [0, 1]. */
  expectedError: number;
  /** Largest calibration error of a bin, in [0, 1]. */
  maximumError: number;
};

/**
 * Compares confidence, the probability of the most probable class, with how often that class is
 * right, in M bins of equal width on (0, 1]:
 *
 * - expected calibration error `Σ_m (n_m / n) |accuracy_m − confidence_m|`, equation 3;
 * - maximum calibration error `max_m |accuracy_m − confidence_m|`, equation 5.
 *
 * Both depend on M and are biased up for few samples: compare only with the same M and n.
 *
 * @param pair Target and probabilities, and `bins`, M. @default {15}
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, a row is not a distribution, or `bins` is not a
 *   whole number from 1
 *
 * @example
 * ```ts
 * import { calibration } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const probabilities = [[0.75, 0.25], [0.75, 0.25]];
 * const { expectedError, bins } = calibration({ target: [0, 1], probabilities, bins: 2 });
 * assert.equal(expectedError, 0.25);
 * assert.deepEqual(bins[1], { low: 0.5, high: 1, count: 2, confidence: 0.75, accuracy: 0.5 });
 * ```
 */
export function calibration(pair: ProbabilityPair & { bins?: number }): Calibration {
  refuseUnknown(pair, { target: true, probabilities: true, bins: true }, {
    what: "compute calibration",
  });
  const target = checkProbabilities("calibration", pair);
  const { probabilities, bins: count = 15 } = pair;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `Cannot compute calibration: bins is ${count}, wanted a whole number from 1`,
    );
  }
  const sums = Array.from({ length: count }, () => ({ count: 0, confidence: 0, right: 0 }));
  mostProbable(probabilities).forEach((label, i) => {
    const row = probabilities[i];
    const confidence = row instanceof Float32Array ? decimalOf(row[label]) : row[label];
    const bin = sums[binOf(confidence, count)];
    bin.count++;
    bin.confidence += confidence;
    if (label === target[i]) bin.right++;
  });
  const bins = sums.map(({ count: samples, confidence, right }, m) => ({
    low: m / count,
    high: (m + 1) / count,
    count: samples,
    confidence: confidence / samples,
    accuracy: right / samples,
  }));
  const filled = bins.filter((bin) => bin.count > 0);
  const gap = (bin: ReliabilityBin) => Math.abs(bin.accuracy - bin.confidence);
  return {
    bins,
    expectedError: filled.reduce((sum, bin) => sum + bin.count / target.length * gap(bin), 0),
    maximumError: Math.max(...filled.map(gap)),
  };
}

/** The bin m with m/M < confidence ≤ (m+1)/M, whatever the product rounds to. */
function binOf(confidence: number, count: number): number {
  let bin = Math.max(0, Math.min(count - 1, Math.ceil(confidence * count) - 1));
  if (confidence <= bin / count) bin--;
  else if (confidence > (bin + 1) / count) bin++;
  return Math.max(0, Math.min(count - 1, bin));
}

/** The true class of each sample, and a row of logits for each. */
export type LogitPair = {
  target: Labels;
  /** Before softmax; logarithms of probabilities are as good. */
  logits: ArrayLike<ArrayLike<number>>;
};

/**
 * The temperature T > 0 for which `softmax(logits / T)` has the least log loss on these samples,
 * which must not be those that the network learnt from. T above 1 makes it less confident; the most
 * probable class stays. The loss is convex in 1/T and its minimum is found by Newton's steps, halving
 * where one leads out of the interval, to the last digits.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there is no best temperature, because all samples are right (T → 0) or
 *   the logits tell nothing (T → ∞); or a logit is not finite
 *
 * @example
 * ```ts
 * import { fitTemperature, scaleByTemperature } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const logits = [[4, 0], [4, 0], [4, 0], [4, 0]]; // Says 0.98 and is right three times in four
 * const temperature = fitTemperature({ target: [0, 0, 0, 1], logits });
 * const [[probability]] = scaleByTemperature(logits, { temperature });
 * assert.equal(probability.toFixed(6), "0.750000");
 * ```
 */
export function fitTemperature(pair: LogitPair): number {
  refuseUnknown(pair, { target: true, logits: true }, { what: "fit a temperature" });
  const target = checkLogits(pair);
  const { logits } = pair;
  const classes = logits[0].length;
  // Above the largest of each row, so that no power overflows
  const shifted = new Float64Array(classes * target.length);
  for (let i = 0; i < target.length; i++) {
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[i][c]);
    for (let c = 0; c < classes; c++) shifted[i * classes + c] = logits[i][c] - largest;
  }
  /** Derivatives of the log loss by the inverse temperature: of (expected − true) logit the sum. */
  function slopeAt(inverse: number): { slope: number; curvature: number } {
    let [slope, curvature] = [0, 0];
    for (let i = 0, start = 0; i < target.length; i++, start += classes) {
      let [sum, first, second] = [0, 0, 0];
      for (let c = start; c < start + classes; c++) {
        const weight = Math.exp(shifted[c] * inverse);
        sum += weight;
        first += weight * shifted[c];
        second += weight * shifted[c] * shifted[c];
      }
      const expected = first / sum;
      slope += expected - shifted[start + target[i]];
      curvature += second / sum - expected * expected;
    }
    return { slope, curvature };
  }
  let [low, high] = [1e-6, 1e6];
  if (slopeAt(low).slope >= 0) {
    throw new RangeError("Cannot fit a temperature: the logits are no better than a guess");
  }
  if (slopeAt(high).slope <= 0) {
    throw new RangeError(
      "Cannot fit a temperature: every sample is right, so that more confidence is always better",
    );
  }
  let inverse = 1;
  while (high / low > 1 + 1e-13) {
    const { slope, curvature } = slopeAt(inverse);
    if (slope < 0) low = inverse;
    else high = inverse;
    const next = inverse - slope / curvature;
    if (Math.abs(next - inverse) <= 1e-14 * inverse) break;
    inverse = next > low && next < high ? next : Math.sqrt(low * high);
  }
  return 1 / inverse;
}

/**
 * The probabilities `softmax(logits / T)`, a row a sample.
 *
 * @throws {RangeError} When the temperature is not a positive number, or a logit is missing or
 * infinite
 */
export function scaleByTemperature(
  logits: ArrayLike<ArrayLike<number>>,
  options: { temperature: number },
): Float64Array[] {
  refuseUnknown(options, { temperature: true }, { what: "scale logits" });
  const { temperature } = options;
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new RangeError(
      `Cannot scale logits: the temperature is ${temperature}, wanted a positive number`,
    );
  }
  return Array.from(logits, (row, i) => {
    if (Array.prototype.every.call(row, Number.isFinite)) return softmax(row, temperature);
    throw new RangeError(
      `Cannot scale logits: logits[${i}] is [${
        Array.from(row, String).slice(0, 8)
      }], wanted finite numbers`,
    );
  });
}

function softmax(row: ArrayLike<number>, temperature: number): Float64Array {
  let largest = -Infinity;
  for (let c = 0; c < row.length; c++) largest = Math.max(largest, row[c]);
  const weights = Float64Array.from(row, (logit) => Math.exp((logit - largest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function checkLogits({ target: labels, logits }: LogitPair): ArrayLike<number> {
  const target = plain(labels);
  checkLength("temperature", "logits", { target, other: logits });
  const classes = logits[0].length;
  for (let i = 0; i < logits.length; i++) {
    const row = logits[i];
    let isFinite = row.length === classes;
    for (let c = 0; c < classes && isFinite; c++) isFinite = Number.isFinite(row[c]);
    if (isFinite) continue;
    throw new RangeError(
      `Cannot compute temperature: logits[${i}] is [${
        Array.from(row, String).slice(0, 8)
      }], wanted ${classes} finite numbers`,
    );
  }
  checkClasses("temperature", "target", { labels: target, classes });
  return target;
}
