/**
 * Training: the loop, optimisers, schedules, augmentation, run folders.
 *
 * ```ts
 * import { cosine } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const schedule = cosine({ rate: 1e-3, steps: 1000, warmup: 100 });
 * assert.equal(schedule(99), 1e-3);
 * ```
 *
 * @module
 */

export * from "./ema.ts";
export { FeatureStore, type FrozenFeatures } from "./feature_store.ts";
export { finetune, type FinetuneOptions, type Phase, type PhaseReport } from "./finetune.ts";
export { fit, type FitOptions, type ImageTraining } from "./fit.ts";
export { type Best, type Epoch, epochText } from "./history.ts";
export {
  type Classifier,
  type ImageSubset,
  infer,
  inferAll,
  type Inferred,
  type Predictor,
  predictor,
  runOnImages,
  type WalkOptions,
} from "./inference.ts";
export * from "./linear_probe.ts";
export { crossEntropy, focal, fractions, type Loss, type Outputs } from "./losses.ts";
export type { Evaluation, Mean, Objective } from "./objective.ts";
export { listRuns, type RunSummary } from "./list_runs.ts";
export { type OpenedRun, openRun } from "./open_run.ts";
export {
  adam,
  adamw,
  type Named,
  type Optimizer,
  type ParameterSettings,
  sgd,
  withoutDecay,
} from "./optimizers.ts";
export type { CommonOptions, PhasePlan, StepOptions, StepReport } from "./options.ts";
export * from "./pooled_features.ts";
export { predictProbabilities } from "./predict_probabilities.ts";
export { type Position, RunFolder } from "./run_folder.ts";
export {
  ridgePredictions,
  type RidgeProbe,
  ridgeProbe,
  type RidgeProbeOptions,
} from "./ridge_probe.ts";
export { constant, cosine, oneCycle, type Schedule, stepDecay } from "./schedules.ts";
export { type Subset, type Task } from "./task.ts";
export { train, type Trained, type TrainOptions, trainPhases } from "./train.ts";
export {
  concentrationsOf,
  dirichletMultinomial,
  questionFractions,
  questionSoftmax,
  voteNegativeLogLikelihood,
  type VoteQuestions,
} from "./vote_losses.ts";
export { type BatchNormPolicy, type Trainable, trainedParameters } from "./trainable.ts";
