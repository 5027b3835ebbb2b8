/**
 * Training in one go.
 *
 * @module
 */

import type { tf } from "../tensorflow/mod.ts";
import type { Classifier } from "./evaluate.ts";
import type { Named, Optimizer } from "./optimizers.ts";
import { type TrainOptions, trainPhases } from "./phased.ts";
import type { Best, Epoch } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";

/** Settings of {@linkcode fit}. */
export type FitOptions = TrainOptions & {
  /** Made from `model.namedParameters()`. Those that are frozen, `trainable` false, stay. */
  optimizer: Optimizer;
  /** The learning rate of each step, counted over all epochs. */
  schedule: Schedule;
  /** At most. */
  epochs: number;
};

/**
 * Trains a classifier. With a run folder it can be stopped at any moment, also by force, and resumed:
 * the outcome is the same to the bit as without a stop (on the same machine and number of threads).
 *
 * @returns The rows of all epochs, and the best one
 * @throws {DOMException} When the signal aborts; the run can be resumed
 * @throws {RangeError} When loss or gradients are no longer finite, naming the step and its images;
 * when an option is out of range
 *
 * @example
 * ```ts
 * import { imageSet } from "galaxykit/data";
 * import { AdaptiveAvgPool2d, Flatten, Linear, Sequential } from "galaxykit/nn";
 * import { constant, fit, sgd } from "galaxykit/train";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * // Two classes: dark and bright images.
 * const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2);
 * const images = new Uint8Array(16 * 8 * 8 * 3).map((_, i) => labels[Math.floor(i / 192)] * 200);
 * const set = imageSet({ images, labels, size: 8, classes: ["dark", "bright"] });
 * const fc = new Linear(3, 2, { key: key(1) });
 * const model = new Sequential({ pool: new AdaptiveAvgPool2d(1), flat: new Flatten(), fc });
 * const { history } = await fit(model, {
 *   train: { set },
 *   validation: { set },
 *   optimizer: sgd(model.namedParameters(), { momentum: 0.9 }),
 *   schedule: constant(0.1),
 *   epochs: 2,
 *   batchSize: 8,
 *   seed: 1,
 *   normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
 * });
 * assert.ok(history[1].train_loss < history[0].train_loss);
 * ```
 */
export async function fit(
  model: Classifier,
  { optimizer, schedule, epochs, ...options }: FitOptions,
): Promise<{ history: Epoch[]; best: Best }> {
  const enter = () => ({ parameters: trainable(model.namedParameters()), optimizer });
  return await trainPhases(model, [{ epochs, schedule, enter }], options);
}

function trainable(parameters: Named<tf.Variable>): Named<tf.Variable> {
  return Object.fromEntries(Object.entries(parameters).filter(([, { trainable }]) => trainable));
}
