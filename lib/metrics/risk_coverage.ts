/**
 * What abstaining buys: a classifier that answers only where it is sure is right more often.
 *
 * Sources: El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification",
 * JMLR 11:1605; Geifman et al. 2019, "Bias-reduced uncertainty estimation for deep neural
 * classifiers", ICLR, arXiv:1805.08206.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkProbabilities, type ProbabilityPair } from "./_labels.ts";
import { mostProbable } from "./probabilities.ts";

/** One threshold: samples with a confidence from it on are answered. */
export type CoveragePoint = {
  threshold: number;
  /** How many are answered. */
  count: number;
  /** Part of the samples that is answered. */
  coverage: number;
  /** Part of those that is right. */
  accuracy: number;
};

/** What {@linkcode riskCoverage} returns. */
export type RiskCoverage = {
  /** From the surest samples alone to all, a point for each confidence that occurs. */
  points: CoveragePoint[];
  /**
   * Area under the risk-coverage curve (AURC): the mean, over the coverages 1/n, 2/n … 1, of the part
   * of the answers that is wrong. 0 is best; a confidence that tells nothing gives the error rate.
   */
  area: number;
};

/**
 * Accuracy by coverage, where the confidence is the probability of the most probable class. Among
 * samples of one confidence the area supposes a random order.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a row is not a distribution
 *
 * @example
 * ```ts
 * import { riskCoverage } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]];
 * const { points, area } = riskCoverage({ target: [0, 1, 1], probabilities });
 * assert.deepEqual(points.map(({ accuracy }) => accuracy), [1, 1, 2 / 3]);
 * assert.equal(area, (0 + 0 + 1 / 3) / 3);
 * ```
 */
export function riskCoverage(pair: ProbabilityPair): RiskCoverage {
  refuseUnknown(pair, { target: true, probabilities: true }, {
    what: "compute the risk-coverage curve",
  });
  const target = checkProbabilities("the risk-coverage curve", pair);
  const { probabilities } = pair;
  const samples = Array.from(mostProbable(probabilities), (label, i) => ({
    confidence: probabilities[i][label],
    wrong: label === target[i] ? 0 : 1,
  })).sort((a, b) => b.confidence - a.confidence);
  const points: CoveragePoint[] = [];
  let [count, wrong, area] = [0, 0, 0];
  while (count < samples.length) {
    const { confidence } = samples[count];
    let [level, errors] = [0, 0];
    while (samples[count + level]?.confidence === confidence) {
      errors += samples[count + level].wrong;
      level++;
    }
    for (let k = 1; k <= level; k++) area += (wrong + errors * k / level) / (count + k);
    count += level;
    wrong += errors;
    points.push({
      threshold: confidence,
      count,
      coverage: count / samples.length,
      accuracy: (count - wrong) / count,
    });
  }
  return { points, area: area / samples.length };
}
