/**
 * Whether two classifiers differ, judged on the same samples.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkLabels, type Labels } from "./_labels.ts";

/** What {@linkcode mcNemarTest} returns. */
export type McNemar = {
  /** Samples that both have right, a alone, b alone, and neither. */
  both: number;
  onlyA: number;
  onlyB: number;
  neither: number;
  /** The exact two-sided probability of a difference at least as large by chance. */
  exact: number;
  /** The χ² approximation with continuity correction, for 25 differing samples or more. */
  corrected: { statistic: number; pValue: number };
};

/**
 * McNemar's test of two classifiers on the same samples. Only samples that one of them alone has
 * right tell; by chance each of them is a fair coin:
 *
 * - exact: twice the smaller binomial tail of onlyA in onlyA + onlyB, at most 1;
 * - corrected: `χ² = (|onlyA − onlyB| − 1)² / (onlyA + onlyB)` with one degree of freedom, where the
 *   difference less 1 counts as 0 when it is negative.
 *
 * Both are 1 when no sample differs.
 *
 * Source: McNemar 1947, Psychometrika 12, 153; correction: Edwards 1948, Psychometrika 13, 185.
 *
 * @param labels The true class, and what a and b predict
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { mcNemarTest } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const target = [1, 1, 1, 1, 1, 1];
 * const test = mcNemarTest({ target, a: [1, 1, 1, 1, 1, 1], b: [1, 0, 0, 0, 0, 0] });
 * assert.equal(test.onlyA, 5);
 * assert.equal(test.exact, 2 / 2 ** 5);
 * ```
 */
export function mcNemarTest(labels: { target: Labels; a: Labels; b: Labels }): McNemar {
  refuseUnknown(labels, { target: true, a: true, b: true }, { what: "compute McNemar's test" });
  const { target, prediction: a } = checkLabels("McNemar's test of a", {
    target: labels.target,
    prediction: labels.a,
  });
  const { prediction: b } = checkLabels("McNemar's test of b", { target, prediction: labels.b });
  const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  for (let i = 0; i < target.length; i++) {
    const [rightA, rightB] = [a[i] === target[i], b[i] === target[i]];
    counts[rightA ? (rightB ? "both" : "onlyA") : rightB ? "onlyB" : "neither"]++;
  }
  const { onlyA, onlyB } = counts;
  const differing = onlyA + onlyB;
  const difference = Math.max(0, Math.abs(onlyA - onlyB) - 1);
  const statistic = differing === 0 ? 0 : difference ** 2 / differing;
  return {
    ...counts,
    exact: Math.min(1, 2 * fairTail(Math.min(onlyA, onlyB), differing)),
    // χ² with one degree of freedom is the square of a normal number
    corrected: { statistic, pValue: complementaryErrorFunction(Math.sqrt(statistic / 2)) },
  };
}

/** The probability of at most `heads` heads in `tosses` of a fair coin. */
function fairTail(heads: number, tosses: number): number {
  let logarithm = -tosses * Math.LN2; // Of the probability of `heads`, from that of none
  for (let i = 1; i <= heads; i++) logarithm += Math.log((tosses - i + 1) / i);
  let term = 1, sum = 0; // In units of it, downwards
  for (let i = heads; i >= 0 && term > 0; i--) {
    sum += term;
    term *= i / (tosses - i + 1);
  }
  return Math.exp(logarithm) * sum;
}

/**
 * erfc(x) for x ≥ 0, to 14 digits: 1 − erf by its series below 2, a continued fraction above
 * (Abramowitz and Stegun 7.1.6, 7.1.14).
 */
export function complementaryErrorFunction(x: number): number {
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = x, sum = 0;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 1 - 2 * scale * sum;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return scale / (x + fraction);
}
