/**
 * One training and one test of the sim-to-real experiment.
 *
 * @module
 */

import { ORIENTATIONS, surveyJitter } from "../../augment/mod.ts";
import { type ImageSet, Prng } from "../../data/mod.ts";
import { balancedAccuracy, confusionMatrix, mostProbable } from "../../metrics/mod.ts";
import { type ImageModel, resnet18 } from "../../models/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { key } from "../../tensorflow/mod.ts";
import {
  adamw,
  type CommonOptions,
  cosine,
  crossEntropy,
  fit,
  openRun,
  predictor,
  predictProbabilities,
  withoutDecay,
} from "../../train/mod.ts";

/** About those of SDSS cut-outs, mostly dark sky. */
const normalization = { mean: [0.05, 0.05, 0.05], std: [0.12, 0.12, 0.12] };

/** How a network fares on pictures. */
export type TestResult = {
  balancedAccuracy: number;
  /** Pictures by true class (row) and predicted class. */
  confusion: number[][];
  /** Positions in the set. */
  indices: Int32Array;
  /** Their true classes. */
  target: number[];
  probabilities: Float32Array[];
};

/** Positions of the pictures that have a label. */
export function labelled({ labels }: ImageSet): Int32Array {
  return Int32Array.from(labels.keys()).filter((row) => labels[row] >= 0);
}

/**
 * A new network.
 *
 * @param options `body`: the run whose weights it begins with, all but the last layer. @default {random}
 */
export function newModel(
  { classes, width, seed, body }: {
    classes: number;
    width: number;
    seed: number;
    body?: string;
  },
): ImageModel {
  const weights = key(seed);
  const model = body === undefined
    ? resnet18({ classes, width, key: weights })
    : openRun(body).model;
  if (body !== undefined) model.resetHead({ classes, key: weights });
  weights.dispose();
  return model;
}

/** Trains a network on pictures, each class as often as another; the last weights count. */
export async function trainOn(
  model: ImageModel,
  { set, indices, validation, epochs, rate, batch, seed, ...options }:
    & Pick<CommonOptions, "precision" | "compiler" | "tensorBoard">
    & {
      set: ImageSet;
      indices: Int32Array;
      /** What the history is measured on. */
      validation: Int32Array;
      epochs: number;
      rate: number;
      batch: number;
      seed: number;
      run: string;
      config: Record<string, unknown>;
      signal?: AbortSignal;
      onProgress?: OnProgress;
    },
): Promise<void> {
  const members = balanced(set, indices, seed);
  const steps = epochs * Math.floor(members.length / batch);
  const optimizer = adamw(model.namedParameters(), {
    weightDecay: 0.05,
    perParameter: withoutDecay,
  });
  await fit(model, {
    train: { set, indices: members },
    validation: { set, indices: validation },
    optimizer,
    schedule: cosine({ rate, steps, warmup: Math.floor(steps / 10) }),
    epochs,
    batchSize: batch,
    seed,
    normalization,
    augment: surveyJitter,
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    monitor: "last",
    resume: true,
    ...options,
  }).finally(() => optimizer.dispose());
}

/** Tests a network on the pictures at `indices`, each seen in the eight orientations of a square. */
export async function testOn(
  model: ImageModel,
  { set, indices, signal }: { set: ImageSet; indices: Int32Array; signal?: AbortSignal },
): Promise<TestResult> {
  const predict = predictor(model, { views: ORIENTATIONS });
  const probabilities = await predictProbabilities(predict, { set, indices, signal });
  predict.dispose();
  const target = [...indices].map((index) => set.labels[index]);
  const prediction = mostProbable(probabilities);
  return {
    balancedAccuracy: balancedAccuracy({ target, prediction }),
    confusion: confusionMatrix({ target, prediction, classes: set.classes.length }),
    indices,
    target,
    probabilities,
  };
}

/**
 * As many positions in all, but of each class the same number: of frequent classes a part, of rare
 * ones all, again and again.
 */
// deno-lint-ignore galaxykit/few-arguments
export function balanced(set: ImageSet, indices: Int32Array, seed: number): Int32Array {
  const random = new Prng(seed, [1]);
  const share = Math.round(indices.length / set.classes.length);
  return Int32Array.from(set.classes.flatMap((_, label) => {
    const own = indices.filter((index) => set.labels[index] === label);
    if (own.length === 0) {
      throw new RangeError(`Cannot train: no picture is of class "${set.classes[label]}"`);
    }
    const order = random.permutation(own.length);
    return Array.from({ length: share }, (_, k) => own[order[k % own.length]]);
  }));
}
