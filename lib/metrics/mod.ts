/**
 * Metrics: pure functions on plain arrays, each with its formula. Target and prediction are named,
 * never told apart by position.
 *
 * ```ts
 * import { accuracy } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(accuracy({ target: [0, 1, 1], prediction: [0, 1, 0] }), 2 / 3);
 * ```
 *
 * @module
 */

export type { LabelPair, Labels, ProbabilityPair } from "./_labels.ts";
export {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  precisionRecallF1,
  type Scores,
} from "./classification.ts";
export { kolmogorovSmirnov } from "./kolmogorov_smirnov.ts";
export { logLoss, mostProbable, topKAccuracy } from "./probabilities.ts";
export { type ClassificationReport, classificationReport, type ReportRow } from "./report.ts";
