/**
 * How good class probabilities are, not only the class they favour.
 *
 * @module
 */

import { isMissing } from "../missing.ts";
import { refuseUnknown } from "../options.ts";
import { checkProbabilities, type ProbabilityPair } from "./_labels.ts";

/** Least probability that log loss sees: the spacing of doubles at 1. */
const LEAST = Number.EPSILON;

/**
 * The most probable class of each row; of equal ones the first. Logits and logarithms of
 * probabilities are as good, infinite ones included.
 *
 * @throws {RangeError} When a row has no classes, or a missing value
 *
 * @example
 * ```ts
 * import { mostProbable } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(mostProbable([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4]]), [1, 0]);
 * ```
 */
export function mostProbable(probabilities: ArrayLike<ArrayLike<number>>): number[] {
  return Array.from(probabilities, (row, i) => {
    let best = -1;
    for (let j = 0; j < row.length; j++) {
      if (isMissing(row[j])) best = NaN;
      else if (best < 0 || row[j] > row[best]) best = j;
    }
    if (best >= 0) return best;
    throw new RangeError(
      `Cannot tell the most probable class: row ${i} is [${
        Array.from(row, String).slice(0, 8)
      }], ` +
        "wanted a number for each class",
    );
  });
}

/**
 * Fraction of samples whose true class is among the k most probable, in [0, 1].
 *
 * Of equal probabilities the class with the lower index ranks first, so that k = 1 is the accuracy
 * of {@linkcode mostProbable} (scikit-learn ranks the higher first). Defined from one sample on.
 *
 * @param options Target and probabilities, and `k`, from 1 to the number of classes
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, a label is not a class index, a row is not a
 *   distribution, or k is out of range
 *
 * @example
 * ```ts
 * import { topKAccuracy } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const probabilities = [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]];
 * assert.equal(topKAccuracy({ target: [1, 2], probabilities, k: 2 }), 0.5);
 * ```
 */
export function topKAccuracy(pair: ProbabilityPair & { k: number }): number {
  refuseUnknown(pair, { target: true, probabilities: true, k: true }, {
    what: "compute top-k accuracy",
  });
  const target = checkProbabilities("top-k accuracy", pair);
  const { probabilities, k } = pair;
  const classes = probabilities[0].length;
  if (!(Number.isInteger(k) && k >= 1 && k <= classes)) {
    throw new RangeError(
      `Cannot compute top-k accuracy: k is ${k}, wanted a whole number from 1 to ${classes}`,
    );
  }
  let right = 0;
  for (let i = 0; i < target.length; i++) if (rank(probabilities[i], target[i]) < k) right++;
  return right / target.length;
}

/** How many classes come before this one. */
function rank(row: ArrayLike<number>, label: number): number {
  let before = 0;
  for (let j = 0; j < row.length; j++) {
    if (row[j] > row[label] || (row[j] === row[label] && j < label)) before++;
  }
  return before;
}

/**
 * Mean negative log-likelihood of the true class, in nats (cross-entropy), from 0 (certain and
 * right) up: `−(1/n) Σ_i ln p_i[target_i]`. Guessing 1/C for each of C classes gives ln C.
 *
 * A probability under 2⁻⁵² counts as 2⁻⁵², so that one certain mistake costs 36.04 instead of
 * infinity (scikit-learn's rule for float64). Defined from one sample on and for a constant target.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, a label is not a class index, or a row is not a
 *   distribution
 *
 * @example
 * ```ts
 * import { logLoss } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const loss = logLoss({ target: [0, 1], probabilities: [[0.5, 0.5], [0.75, 0.25]] });
 * assert.equal(loss, (Math.log(2) + Math.log(4)) / 2);
 * ```
 */
export function logLoss(pair: ProbabilityPair): number {
  refuseUnknown(pair, { target: true, probabilities: true }, { what: "compute log loss" });
  const target = checkProbabilities("log loss", pair);
  const { probabilities } = pair;
  let sum = 0;
  for (let i = 0; i < target.length; i++) {
    sum -= Math.log(Math.max(probabilities[i][target[i]], LEAST));
  }
  return sum / target.length;
}

/**
 * Brier score: mean squared distance of the probabilities from the truth,
 * `(1/n) Σ_i Σ_c (p_ic − [target_i = c])²`, in [0, 2]; for two classes half of it, in [0, 1], which
 * is `(1/n) Σ (p − y)²` of the second. 0 is certain and right. As scikit-learn's default.
 *
 * Source: Brier 1950, Monthly Weather Review 78, 1.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, a label is not a class index, or a row is not a
 *   distribution
 *
 * @example
 * ```ts
 * import { brierScore } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(brierScore({ target: [0, 1], probabilities: [[0.5, 0.5], [0, 1]] }), 0.125);
 * ```
 */
export function brierScore(pair: ProbabilityPair): number {
  refuseUnknown(pair, { target: true, probabilities: true }, { what: "compute Brier score" });
  const target = checkProbabilities("Brier score", pair);
  const { probabilities } = pair;
  const classes = probabilities[0].length;
  let sum = 0;
  for (let i = 0; i < target.length; i++) {
    for (let c = 0; c < classes; c++) {
      sum += (probabilities[i][c] - (target[i] === c ? 1 : 0)) ** 2;
    }
  }
  return sum / target.length / (classes === 2 ? 2 : 1);
}
