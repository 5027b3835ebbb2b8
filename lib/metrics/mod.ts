/**
 * Metrics: pure functions on arrays, plain or typed, and columns of polars tables, each with its formula. Target and prediction are named,
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
export type { NumberColumn, Numbers } from "./_numbers.ts";
export { cohenKappa, matthewsCorrelation } from "./agreement.ts";
export { bootstrapInterval, type Interval } from "./bootstrap.ts";
export { crossedInterval, type CrossedOptions } from "./crossed.ts";
export {
  type Calibration,
  calibration,
  fitTemperature,
  type LogitPair,
  type ReliabilityBin,
  scaleByTemperature,
} from "./calibration.ts";
export {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  precisionRecallF1,
  type Scores,
} from "./classification.ts";
export {
  precisionRecallCurve,
  type PrecisionRecallPoint,
  rocAuc,
  rocCurve,
  type RocPoint,
  type ScorePair,
} from "./curves.ts";
export { coverage } from "./coverage.ts";
export { type Change, type ChangeRow, type Degradation, degradation } from "./degradation.ts";
export {
  fractionIntervals,
  type FractionPosterior,
  fractionPosterior,
  sampleFractions,
  voteIntervals,
  voteLogProbability,
} from "./dirichlet.ts";
export { kolmogorovSmirnov } from "./kolmogorov_smirnov.ts";
export {
  labelEfficiency,
  type LabelPoint,
  type LabelRun,
  labelsNeeded,
} from "./label_efficiency.ts";
export { type McNemar, mcNemarTest } from "./mcnemar.ts";
export {
  type Detection,
  type FeatureRows,
  mahalanobisDistances,
  neighbourDistances,
  outlierDetection,
  predictionEntropy,
} from "./out_of_distribution.ts";
export { brierScore, logLoss, mostProbable, topKAccuracy } from "./probabilities.ts";
export {
  bias,
  meanAbsoluteError,
  meanSquaredError,
  type NumberPair,
  pearsonCorrelation,
  rootMeanSquaredError,
  rSquared,
  scatter,
  spearmanCorrelation,
  squaredCorrelation,
} from "./regression.ts";
export { type ClassificationReport, classificationReport, type ReportRow } from "./report.ts";
export { type CoveragePoint, type RiskCoverage, riskCoverage } from "./risk_coverage.ts";
export { fractionCorrelation, fractionReliability } from "./vote_fractions.ts";
export {
  type Scored,
  type ScoreRow,
  VOTE_SCORES,
  type VotePair,
  type VoteScore,
  type VoteScoreOptions,
  type VoteScores,
  voteScores,
} from "./vote_scores.ts";
export { wilsonInterval } from "./wilson.ts";
