/**
 * What every threshold on a score would give: ROC and precision-recall curves and their areas.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkClasses, checkProbabilities, type Labels, type ProbabilityPair } from "./_labels.ts";
import { checkNumbers, type Numbers } from "./_numbers.ts";
import { ascendingOrder } from "./_order.ts";

/** The true class of each sample and a score that is high for the positive one. */
export type ScorePair = {
  target: Labels;
  /** Any finite numbers: probabilities, logits, vote fractions. */
  score: Numbers;
  /** The positive class; all others are negative. @default {1} */
  positive?: number;
};

/** One threshold: samples with a score from it on are called positive. */
export type RocPoint = {
  /** Infinity where nothing is called positive. */
  threshold: number;
  /** Part of the negatives that are called positive. */
  falsePositiveRate: number;
  /** Part of the positives that are called positive. */
  truePositiveRate: number;
};

/** One threshold: samples with a score from it on are called positive. */
export type PrecisionRecallPoint = {
  /** Infinity where nothing is called positive: precision counts as 1, recall is 0. */
  threshold: number;
  precision: number;
  recall: number;
};

/**
 * The receiver operating characteristic: for each distinct score as threshold, falling, the rates
 * of false and of true positives, from (0, 0) to (1, 1); and the area below, by trapezoids, which
 * is the probability that a positive scores higher than a negative (ties count half).
 *
 * All thresholds are there, as scikit-learn's `roc_curve` gives with `drop_intermediate=False`.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When a score is not finite, a label is not a class index, or there are no
 *   positives or no negatives: the curve is undefined then
 *
 * @example
 * ```ts
 * import { rocCurve } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const { area, points } = rocCurve({ target: [0, 0, 1, 1], score: [0.1, 0.4, 0.35, 0.8] });
 * assert.equal(area, 0.75);
 * assert.deepEqual(points[1], { threshold: 0.8, falsePositiveRate: 0, truePositiveRate: 0.5 });
 * ```
 */
export function rocCurve(pair: ScorePair): { points: RocPoint[]; area: number } {
  const { thresholds, truePositives, falsePositives, positives, negatives } = countSteps(
    "ROC curve",
    pair,
  );
  if (negatives === 0) throw oneClass("ROC curve", "no negative");
  const points = new Array<RocPoint>(thresholds.length);
  let area = 0;
  for (let i = 0; i < thresholds.length; i++) {
    if (i > 0) {
      area += (falsePositives[i] - falsePositives[i - 1]) *
        (truePositives[i] + truePositives[i - 1]) / 2;
    }
    points[i] = {
      threshold: thresholds[i],
      falsePositiveRate: falsePositives[i] / negatives,
      truePositiveRate: truePositives[i] / positives,
    };
  }
  return { points, area: area / positives / negatives };
}

/**
 * Area below the ROC curves of several classes, each against the rest, in [0, 1]. For two classes
 * it is the area of {@linkcode rocCurve} for the second.
 *
 * @param pair Target and probabilities, and `average`: "macro" for the plain mean of the classes,
 *   "weighted" by their samples. @default {"macro"}
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When a row is not a distribution, or a class has no samples
 *
 * @example
 * ```ts
 * import { rocAuc } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const probabilities = [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4]];
 * assert.equal(rocAuc({ target: [0, 1, 2], probabilities }), 1);
 * ```
 */
export function rocAuc(pair: ProbabilityPair & { average?: "macro" | "weighted" }): number {
  refuseUnknown(pair, { target: true, probabilities: true, average: true }, {
    what: "compute ROC area",
  });
  const target = checkProbabilities("ROC area", pair);
  const { probabilities, average = "macro" } = pair;
  const classes = probabilities[0].length;
  const column = (c: number) => Array.from(probabilities, (row) => row[c]);
  const samples = Array.from({ length: classes }, () => 0);
  for (let i = 0; i < target.length; i++) samples[target[i]]++;
  const absent = samples.indexOf(0);
  if (absent >= 0) throw oneClass("ROC area", `no sample of class ${absent}`);
  if (classes === 2) return rocCurve({ target, score: column(1) }).area;
  let sum = 0, total = 0;
  for (let c = 0; c < classes; c++) {
    const weight = average === "macro" ? 1 : samples[c];
    sum += weight * rocCurve({ target, score: column(c), positive: c }).area;
    total += weight;
  }
  return sum / total;
}

/**
 * Precision and recall for each distinct score as threshold, falling: from recall 0, where
 * precision counts as 1, to recall 1. The area is the average precision,
 * `Σ_n (R_n − R_{n−1}) P_n`, without interpolation, which would be too optimistic.
 *
 * The points of scikit-learn's `precision_recall_curve`, in the opposite order.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When a score is not finite, a label is not a class index, or there are no
 *   positives: recall is undefined then
 *
 * @example
 * ```ts
 * import { precisionRecallCurve } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const curve = precisionRecallCurve({ target: [0, 0, 1, 1], score: [0.1, 0.4, 0.35, 0.8] });
 * assert.equal(curve.area, 0.5 * 1 + 0.5 * (2 / 3));
 * assert.deepEqual(curve.points[2], { threshold: 0.4, precision: 0.5, recall: 0.5 });
 * ```
 */
export function precisionRecallCurve(
  pair: ScorePair,
): { points: PrecisionRecallPoint[]; area: number } {
  const { thresholds, truePositives, falsePositives, positives } = countSteps(
    "precision-recall curve",
    pair,
  );
  const points = new Array<PrecisionRecallPoint>(thresholds.length);
  let area = 0;
  for (let i = 0; i < thresholds.length; i++) {
    const precision = i === 0 ? 1 : truePositives[i] / (truePositives[i] + falsePositives[i]);
    points[i] = { threshold: thresholds[i], precision, recall: truePositives[i] / positives };
    if (i > 0) area += (points[i].recall - points[i - 1].recall) * precision;
  }
  return { points, area };
}

/** Positives and negatives that score as much or more, for each distinct score, falling. */
type Steps = {
  /** Infinity first, where there are none. */
  thresholds: Float64Array;
  truePositives: Float64Array;
  falsePositives: Float64Array;
  positives: number;
  negatives: number;
};

function countSteps(metric: string, pair: ScorePair): Steps {
  refuseUnknown(pair, { target: true, score: true, positive: true }, {
    what: `compute ${metric}`,
  });
  const { target, score } = checkNumbers(metric, { target: pair.target, score: pair.score });
  checkClasses(metric, "target", { labels: target, classes: Infinity });
  const { positive = 1 } = pair;
  const order = ascendingOrder(score);
  const [thresholds, trues, falses] = [0, 1, 2].map(() => new Float64Array(order.length + 1));
  thresholds[0] = Infinity;
  let [steps, positives, negatives] = [1, 0, 0];
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const sample = order[rank];
    if (target[sample] === positive) positives++;
    else negatives++;
    const threshold = score[sample];
    if (rank > 0 && score[order[rank - 1]] === threshold) continue; // A tie
    thresholds[steps] = threshold;
    trues[steps] = positives;
    falses[steps] = negatives;
    steps++;
  }
  if (positives === 0) throw oneClass(metric, `no sample of class ${positive}`);
  return {
    ...{ positives, negatives, thresholds: thresholds.subarray(0, steps) },
    ...{ truePositives: trues.subarray(0, steps), falsePositives: falses.subarray(0, steps) },
  };
}

function oneClass(metric: string, what: string): RangeError {
  return new RangeError(`Cannot compute ${metric}: the target has ${what}`);
}
