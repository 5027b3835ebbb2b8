/**
 * One training and one test of the sim-to-real experiment.
 *
 * @module
 */

import { ORIENTATIONS, surveyJitter } from "../../augment/mod.ts";
import { type ImageSet, Prng } from "../../data/mod.ts";
import { balancedAccuracy, confusionMatrix, mostProbable } from "../../metrics/mod.ts";
import type { ImageModel } from "../../models/mod.ts";
import type { OnProgress } from "../../progress.ts";
import {
  adamw,
  type CommonOptions,
  cosine,
  crossEntropy,
  finetune,
  type FinetuneOptions,
  type Phase,
  predictor,
  predictProbabilities,
  withoutDecay,
} from "../../train/mod.ts";

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
export function labelled({ labels }: Pick<ImageSet, "labels">): Int32Array {
  return Int32Array.from(labels.keys()).filter((row) => labels[row] >= 0);
}

/** Trains all layers of a network under a cosine: after a tenth of the steps the rate is highest. */
export function allLayers({ epochs, rate }: { epochs: number; rate: number }): Phase {
  const schedule = (steps: number) => cosine({ rate, steps, warmup: Math.floor(steps / 10) });
  return { name: "all layers", epochs, rate: schedule, trainable: "all" };
}

/** Trains a network on pictures, each class as often as another; the last weights count. */
export async function trainOn(
  model: ImageModel,
  { set, indices, validation, seed, ...options }:
    & Pick<CommonOptions, "precision" | "compiler" | "tensorBoard" | "batchSize">
    & Pick<FinetuneOptions, "batchNorm">
    & {
      set: ImageSet;
      indices: Int32Array;
      /** What the history is measured on. */
      validation: Int32Array;
      phases: readonly Phase[];
      seed: number;
      run: string;
      config: Record<string, unknown>;
      signal?: AbortSignal;
      onProgress?: OnProgress;
    },
): Promise<void> {
  await finetune(model, {
    train: { set, indices: balanced(set, indices, seed) },
    validation: { set, indices: validation },
    optimizer: (parameters, { perParameter }) =>
      adamw(parameters, {
        weightDecay: 0.05,
        perParameter: (name, parameter) => ({
          ...withoutDecay(name, parameter),
          ...perParameter(name),
        }),
      }),
    seed,
    augment: surveyJitter,
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    monitor: "last",
    resume: true,
    ...options,
  });
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
