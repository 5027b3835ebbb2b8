/**
 * Training in one go.
 *
 * @module
 */

import type { Augmentation, Mix } from "../augment/mod.ts";
import type { ImageBatch } from "../data/mod.ts";
import { ImageModel, type Normalization, normalizeImages } from "../models/mod.ts";
import { type Classifier, imagesOf, type ImageSubset, normalizationOf } from "./inference.ts";
import { crossEntropy, type Loss } from "./losses.ts";
import type { Objective } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import { COMMON_OPTIONS, type CommonOptions } from "./options.ts";
import type { Schedule } from "./schedules.ts";
import { outputNames, outputsOf, supervised } from "./_supervised.ts";
import { checkParts } from "./task.ts";
import { train, type Trained } from "./train.ts";
import type { tf } from "../tensorflow/mod.ts";

/** What trainings on labelled images have in common. */
export type ImageTraining = CommonOptions & {
  /** What is trained on. Its `indices` are shuffled anew for each epoch. */
  train: ImageSubset;
  /** What is measured after each epoch; without it the last epoch counts as the best. */
  validation?: ImageSubset;
  /** What the model then goes by, where it is one of the kit's. @default {the model's} */
  normalization?: Normalization;
  /** Random changes of the training images. @default {none} */
  augment?: Augmentation;
  /** Random mixtures of the training images and of what is to be learnt of them. @default {none} */
  mix?: Mix;
  /** What is to be learnt, and how well it is. @default {crossEntropy()} */
  loss?: Loss;
};

/** Names of what trainings on images have in common. */
export const IMAGE_OPTIONS: OptionNames<ImageTraining> = {
  ...{ ...COMMON_OPTIONS, train: true, validation: true, normalization: true },
  ...{ augment: true, mix: true, loss: true },
};

/** Settings of {@linkcode fit}. */
export type FitOptions = ImageTraining & {
  /** Made from `model.namedParameters()`. Those that are frozen, `trainable` false, stay. */
  optimizer: Optimizer;
  /** The learning rate of each step, counted over all epochs. */
  schedule: Schedule;
  /** At most. */
  epochs: number;
};

const FIT_OPTIONS: OptionNames<FitOptions> = {
  ...{ ...IMAGE_OPTIONS, optimizer: true, schedule: true, epochs: true },
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
  given: FitOptions,
): Promise<Trained> {
  refuseUnknown(given, FIT_OPTIONS, { what: "fit" });
  checkParts(given, { what: "fit" });
  const { schedule, loss = crossEntropy(), normalization, augment, mix, ...options } = given;
  const objective = imageObjective(model, { loss, normalization, augment, mix, ...options });
  return await train(objective, { model, rate: schedule, ...options });
}

/** What a network for images is to learn of labelled ones. */
export function imageObjective(
  model: Classifier,
  { loss, normalization: given, augment, mix, ...parts }:
    & Pick<ImageTraining, "train" | "validation" | "normalization" | "augment" | "mix">
    & { loss: Loss },
): Objective<ImageBatch, { input: tf.Tensor; targets: tf.Tensor }> {
  const { size, crop } = parts.train.set;
  const other = parts.validation?.set.size ?? size;
  if (other !== size) {
    throw new RangeError(
      `Cannot train: the training images have ${size}x${size} pixels, those for validation ${other}x${other}`,
    );
  }
  const normalization = normalizationOf(model, given);
  const outputs = outputsOf(loss, parts);
  if (model instanceof ImageModel) {
    // Images that were not cut out are whole ones
    model.preprocessing = { size, cropFraction: 1, ...crop, ...normalization };
  }
  return supervised({
    network: (images, options) =>
      model.call(normalizeImages(images as tf.Tensor4D, normalization), options),
    input: (batch: ImageBatch) => imagesOf(batch, size),
    ...{ loss, augment, mix, outputs: outputNames(outputs).length },
    config: {
      outputs,
      images: { size },
      normalization,
    },
  });
}
