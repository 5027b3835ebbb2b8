/**
 * How often predicted classes are right. Classes are indices 0, 1, 2 …; each metric is for one
 * class a sample.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkLabels, type LabelPair } from "./_labels.ts";

/** Precision, recall and F1, each in [0, 1]. */
export type Scores = {
  precision: number;
  recall: number;
  f1: number;
};

/**
 * Fraction of samples whose class is right, in [0, 1]: `Σ [prediction = target] / n`.
 *
 * Defined from one sample on. A constant target is no special case: always predicting the most
 * frequent class gives that class's share, which is why {@linkcode balancedAccuracy} stands beside.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { accuracy } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(accuracy({ target: [0, 1, 2, 2], prediction: [0, 2, 2, 2] }), 0.75);
 * ```
 */
export function accuracy(pair: LabelPair): number {
  const right = areRight(pair);
  let sum = 0;
  for (let i = 0; i < right.length; i++) sum += right[i];
  return sum / right.length;
}

/** What {@linkcode accuracy} is the mean of: 1 for each sample whose class is right, else 0. */
export function areRight(pair: LabelPair): Uint8Array {
  refuseUnknown(pair, { target: true, prediction: true }, { what: "compute accuracy" });
  const { target, prediction } = checkLabels("accuracy", pair);
  const right = new Uint8Array(target.length);
  for (let i = 0; i < right.length; i++) right[i] = target[i] === prediction[i] ? 1 : 0;
  return right;
}

/**
 * Mean over classes of the fraction of the class that is found (its recall), in [0, 1]:
 * `(1/C) Σ_c tp_c / n_c`. A constant prediction gives 1/C however unequal the classes are.
 *
 * Only classes with samples in the target count, as in scikit-learn; with a constant target it is
 * that one class's recall, with one sample 0 or 1.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { balancedAccuracy } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(balancedAccuracy({ target: [0, 0, 0, 1], prediction: [0, 0, 0, 0] }), 0.5);
 * ```
 */
export function balancedAccuracy(pair: LabelPair): number {
  refuseUnknown(pair, { target: true, prediction: true }, { what: "compute balanced accuracy" });
  const { target, prediction } = checkLabels("balanced accuracy", pair);
  const samples = new Map<number, number>();
  const right = new Map<number, number>();
  for (let i = 0; i < target.length; i++) {
    const label = target[i];
    samples.set(label, (samples.get(label) ?? 0) + 1);
    if (prediction[i] === label) right.set(label, (right.get(label) ?? 0) + 1);
  }
  let sum = 0;
  for (const [label, count] of samples) sum += (right.get(label) ?? 0) / count;
  return sum / samples.size;
}

/**
 * Counts of samples by true class (row) and predicted class (column):
 * `M[t][p] = #{i : target_i = t, prediction_i = p}`. A class without samples has a row of zeros.
 *
 * @param pair Labels, and `classes`, the number of classes
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const matrix = confusionMatrix({ target: [0, 1, 1], prediction: [0, 0, 1], classes: 2 });
 * assert.deepEqual(matrix, [[1, 0], [1, 1]]);
 * ```
 */
export function confusionMatrix(pair: LabelPair & { classes: number }): number[][] {
  refuseUnknown(pair, { target: true, prediction: true, classes: true }, {
    what: "compute confusion matrix",
  });
  const { target, prediction } = checkLabels("confusion matrix", pair);
  const { classes } = pair;
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < target.length; i++) matrix[target[i]][prediction[i]]++;
  return matrix;
}

/**
 * Precision, recall and F1 of each class and their averages. With tp, fp, fn the true positives,
 * false positives and false negatives of a class, and n its samples (`support`):
 *
 * - precision `tp / (tp + fp)`, recall `tp / (tp + fn)`, F1 `2tp / (2tp + fp + fn)`;
 * - `macro`: plain mean over classes; `weighted`: mean weighted by n; `micro`: from the sums of
 *   tp, fp, fn over classes, where all three equal the accuracy.
 *
 * A score is 0 where its denominator is 0: precision of a class never predicted, recall of a class
 * without samples. A class neither in the target nor predicted does not count in `macro`. All as
 * scikit-learn by default; macro F1 is the mean of the F1, not the F1 of the means.
 *
 * @param pair Labels, and `classes`, the number of classes
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { precisionRecallF1 } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const { perClass, macro } = precisionRecallF1({
 *   target: [0, 0, 1, 1],
 *   prediction: [0, 1, 1, 1],
 *   classes: 2,
 * });
 * assert.deepEqual(perClass[0], { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 });
 * assert.equal(macro.recall, 0.75);
 * ```
 */
export function precisionRecallF1(labels: LabelPair & { classes: number }): {
  perClass: (Scores & { support: number })[];
  macro: Scores;
  micro: Scores;
  weighted: Scores;
} {
  const matrix = confusionMatrix(labels);
  const predicted = matrix.map((_, c) => matrix.reduce((sum, row) => sum + row[c], 0));
  const perClass = matrix.map((row, c) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return { ...scores({ hits: row[c], predicted: predicted[c], support }), support };
  });
  const total = perClass.reduce((sum, { support }) => sum + support, 0);
  const hits = matrix.reduce((sum, row, c) => sum + row[c], 0);
  const present = perClass.map(({ support }, c) => support + predicted[c] > 0 ? 1 : 0);
  return {
    perClass,
    macro: mean(perClass, present),
    micro: scores({ hits, predicted: total, support: total }),
    weighted: mean(perClass, perClass.map(({ support }) => support)),
  };
}

/** From true positives (`hits`), tp + fp (`predicted`) and tp + fn (`support`). */
function scores(
  { hits, predicted, support }: { hits: number; predicted: number; support: number },
): Scores {
  return {
    precision: predicted ? hits / predicted : 0,
    recall: support ? hits / support : 0,
    f1: predicted + support ? 2 * hits / (predicted + support) : 0,
  };
}

function mean(perClass: Scores[], weights: number[]): Scores {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const of = (score: keyof Scores) =>
    perClass.reduce((sum, row, c) => sum + weights[c] * row[score], 0) / total;
  return { precision: of("precision"), recall: of("recall"), f1: of("f1") };
}
