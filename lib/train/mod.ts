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
export {
  type Classifier,
  type Normalization,
  type Predictor,
  predictor,
  predictProbabilities,
  type Subset,
  type WalkOptions,
} from "./evaluate.ts";
export * from "./finetune.ts";
export * from "./fit.ts";
export * from "./linear_probe.ts";
export { type LoopOptions, runPhase, type StepReport, type Work } from "./loop.ts";
export { crossEntropy, focal, fractions, type Loss } from "./losses.ts";
export * from "./optimizers.ts";
export type { TrainOptions } from "./phased.ts";
export * from "./pooled_features.ts";
export * from "./run_folder.ts";
export * from "./schedules.ts";
export { type BatchNormPolicy, type Trainable, trainedParameters } from "./trainable.ts";
