/**
 * What people do with any data: classify images, predict galaxies, judge predictions.
 *
 * ```ts
 * import { CLASSIFY, classifySettings } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.equal(classifySettings({ images: "galaxies" }).model, "resnet18");
 * assert.equal(CLASSIFY.table.rate.default, 1e-3);
 * ```
 *
 * @module
 */

export { CLASSIFY, type ClassifySettings, classifySettings } from "./classify/settings.ts";
export { trainImageFolder, type TrainingOutcome } from "./classify/train.ts";
export { type Evaluated, type EvaluateOptions, evaluatePredictions } from "./evaluate/evaluate.ts";
export { EVALUATE, type EvaluateSettings } from "./evaluate/settings.ts";
export { ARRAY_SCHEDULERS, arrayScript, type ArrayScriptOptions } from "./predict/array_script.ts";
export { type ArrayTask, arrayTaskOf } from "./predict/array_task.ts";
export { type Merged, mergePredictions, type TaskSpeed } from "./predict/merge.ts";
export { type Predicted, predictImages, type PredictOptions } from "./predict/predict.ts";
export { PREDICT } from "./predict/settings.ts";
export { openTrainedRun, type TrainedNetwork } from "./predict/trained_run.ts";
