/**
 * The table that ends a classification run.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { textTable } from "../text.ts";
import type { ProbabilityPair } from "./_labels.ts";
import { accuracy, balancedAccuracy, precisionRecallF1, type Scores } from "./classification.ts";
import { logLoss, mostProbable } from "./probabilities.ts";

/** One line of a report: a class, or an average over classes. */
export type ReportRow = Scores & {
  /** The class's name, or "macro average", "weighted average". */
  class: string;
  /** Samples of the class; of all classes for an average. */
  support: number;
};

/** What {@linkcode classificationReport} returns. */
export type ClassificationReport = {
  /** A row a class, in the order of `classes`, then the two averages. */
  rows: ReportRow[];
  accuracy: number;
  balancedAccuracy: number;
  logLoss: number;
  /** All of it as a table to print, without a line break at the end. */
  text: string;
};

/**
 * Precision, recall, F1 and support of each class, their averages, accuracy and log loss, with
 * each sample given its most probable class. Edge cases are as in {@linkcode precisionRecallF1}.
 *
 * @param options Target and probabilities, and `classes`, the name of each column
 * @throws {TypeError} When the lengths differ, or there is not a name for each column
 * @throws {RangeError} When there are no samples, a label is not a class index, or a row is not a
 *   distribution
 *
 * @example
 * ```ts
 * import { classificationReport } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const report = classificationReport({
 *   target: [0, 1, 1],
 *   probabilities: [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]],
 *   classes: ["smooth", "featured"],
 * });
 * assert.equal(
 *   report.text,
 *   `
 *                   precision  recall     f1  support
 * smooth                0.500   1.000  0.667        1
 * featured              1.000   0.500  0.667        2
 * macro average         0.750   0.750  0.667        3
 * weighted average      0.833   0.667  0.667        3
 *
 * accuracy 0.667, balanced accuracy 0.750, log loss 0.415`.slice(1),
 * );
 * ```
 */
export function classificationReport(
  options: ProbabilityPair & { classes: readonly string[] },
): ClassificationReport {
  refuseUnknown(options, { target: true, probabilities: true, classes: true }, {
    what: "report on classes",
  });
  const { target, probabilities, classes } = options;
  const loss = logLoss({ target, probabilities });
  const pair = { target, prediction: mostProbable(probabilities) };
  if (classes.length !== probabilities[0].length) {
    throw new TypeError(
      `Cannot report on classes: ${classes.length} names are given, probabilities have ${
        probabilities[0].length
      } columns`,
    );
  }
  const { perClass, macro, weighted } = precisionRecallF1({ ...pair, classes: classes.length });
  const support = probabilities.length;
  const summary = {
    rows: [
      ...perClass.map((scores, c) => ({ class: classes[c], ...scores })),
      { class: "macro average", ...macro, support },
      { class: "weighted average", ...weighted, support },
    ],
    accuracy: accuracy(pair),
    balancedAccuracy: balancedAccuracy(pair),
    logLoss: loss,
  };
  return { ...summary, text: format(summary) };
}

function format(report: Omit<ClassificationReport, "text">): string {
  const cells = report.rows.map((row) => [
    row.class,
    ...[row.precision, row.recall, row.f1].map((score) => score.toFixed(3)),
    String(row.support),
  ]);
  const table = textTable(["", "precision", "recall", "f1", "support"], cells, {
    align: ["left", "right"],
  });
  const summary = `accuracy ${report.accuracy.toFixed(3)}, ` +
    `balanced accuracy ${report.balancedAccuracy.toFixed(3)}, ` +
    `log loss ${report.logLoss.toFixed(3)}`;
  return [table, "", summary].join("\n");
}
