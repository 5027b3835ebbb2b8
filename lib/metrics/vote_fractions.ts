/**
 * How well the vote fractions of a question are told, all its answers together, and how well they can
 * be: votes are few, and another crowd would vote otherwise.
 *
 * @module
 */

import { checkNumbers, type Numbers } from "./_numbers.ts";
import { pearsonCorrelation } from "./regression.ts";

/**
 * Pearson's correlation over the answers of a question, each about its own mean:
 * `Σₐ cov(tₐ, pₐ) / √(Σₐ var(tₐ) · Σₐ var(pₐ))`. An answer counts by how much its fraction varies; of
 * two answers that sum to 1 it is the correlation of either. NaN when all are constant.
 *
 * @param pair The fractions of each answer, and what was predicted, a list an answer
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are fewer than two galaxies, or a number is not finite
 *
 * @example
 * ```ts
 * import { fractionCorrelation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const r = fractionCorrelation({
 *   target: [[0, 1, 0.5], [1, 0, 0.5]],
 *   prediction: [[0.2, 0.4, 0.3], [0.8, 0.6, 0.7]],
 * });
 * assert.ok(Math.abs(r - 1) < 1e-12);
 * ```
 */
export function fractionCorrelation({ target, prediction }: {
  target: readonly Numbers[];
  prediction: readonly Numbers[];
}): number {
  if (target.length !== prediction.length) {
    throw new TypeError(
      `Cannot compute a correlation of fractions: ${target.length} answers have targets, ${prediction.length} predictions`,
    );
  }
  const pairs = target.map((fractions, answer) =>
    checkNumbers("a correlation of fractions", {
      target: fractions,
      prediction: prediction[answer],
    }, { least: 2 })
  );
  // About their means they are one long list
  return pearsonCorrelation({
    target: pairs.flatMap(({ target }) => centred(target)),
    prediction: pairs.flatMap(({ prediction }) => centred(prediction)),
  });
}

/**
 * The share of the variance of vote fractions that is the galaxies' own, and not of who happened to be
 * asked: 1 where each galaxy has endless votes. Its root is the highest correlation that anything can
 * have with these fractions, be it the endless crowd's very probabilities.
 *
 * A galaxy's n votes are taken as n draws, whose fraction p scatters about the endless crowd's by
 * p (1 − p) / (n − 1), as estimated from p itself without bias:
 *
 * `1 − Σₐ mean(pₐ (1 − pₐ) / (n − 1)) / Σₐ var(pₐ)`
 *
 * Of two answers and equal n this is formula 21 of Kuder and Richardson 1937, Psychometrika 2:151 (Lord
 * and Novick 1968, "Statistical theories of mental test scores", section 23.3). 0 where the fractions
 * scatter no more than draws would; NaN where all galaxies have the same.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When a galaxy has fewer than two votes, there are fewer than two galaxies, or a
 * number is not finite
 *
 * @example
 * ```ts
 * import { fractionReliability } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const [yes, no] = [[0.1, 0.9, 0.5], [0.9, 0.1, 0.5]];
 * const few = fractionReliability({ fractions: [yes, no], votes: [10, 10, 10] });
 * const many = fractionReliability({ fractions: [yes, no], votes: [40, 40, 40] });
 * assert.ok(few < many && many < 1);
 * ```
 */
export function fractionReliability({ fractions, votes }: {
  /** Of each answer, a list of the galaxies'. */
  fractions: readonly Numbers[];
  /** Votes at the question, of each galaxy; expected ones need not be whole. */
  votes: Numbers;
}): number {
  let [noise, total] = [0, 0];
  for (const answer of fractions) {
    const { p, n } = checkNumbers("the reliability of fractions", { p: answer, n: votes }, {
      least: 2,
    });
    const few = Array.from(n).findIndex((count) => count < 2);
    if (few >= 0) {
      throw new RangeError(
        `Cannot compute the reliability of fractions: galaxy ${few} has ${
          n[few]
        } votes, two or more are wanted; leave it out`,
      );
    }
    const deviations = centred(p);
    for (let i = 0; i < p.length; i++) {
      noise += p[i] * (1 - p[i]) / (n[i] - 1);
      total += deviations[i] ** 2;
    }
  }
  return Math.max(0, 1 - noise / total);
}

function centred(values: ArrayLike<number>): number[] {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return list.map((value) => value - mean);
}
