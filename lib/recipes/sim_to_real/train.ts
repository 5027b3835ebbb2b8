/**
 * One training and one test of the sim-to-real experiment.
 *
 * @module
 */

import { surveyJitter } from "../../augment/mod.ts";
import { type ImageSet, Prng } from "../../data/mod.ts";
import { trainingReports } from "../../jobs/training_reports.ts";
import { balancedAccuracy, confusionMatrix, mostProbable } from "../../metrics/mod.ts";
import { normalizeImages, type ResNet, resnet18 } from "../../models/mod.ts";
import type { StateDict } from "../../nn/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { jit, key, softmax, tf } from "../../tensorflow/mod.ts";
import {
  adamw,
  cosine,
  crossEntropy,
  fit,
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
 * @param options `body`: weights to begin with, all but the last layer. @default {random}
 */
export function newModel(
  { classes, width, seed, body }: {
    classes: number;
    width: number;
    seed: number;
    body?: StateDict;
  },
): ResNet {
  const weights = key(seed);
  const model = resnet18({ classes, width, key: weights });
  weights.dispose();
  if (body !== undefined) {
    const { "fc.weight": weight, "fc.bias": bias } = model.stateDict();
    model.loadStateDict({ ...body, "fc.weight": weight!, "fc.bias": bias! });
  }
  return model;
}

/** Trains a network on pictures, each class as often as another; the last weights count. */
export async function trainOn(
  model: ResNet,
  { set, indices, validation, epochs, rate, batch, seed, name, signal, onProgress }: {
    set: ImageSet;
    indices: Int32Array;
    /** What the history is measured on. */
    validation: Int32Array;
    epochs: number;
    rate: number;
    batch: number;
    seed: number;
    /** What the training is called in reports. */
    name: string;
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
    signal,
    onStep: trainingReports(onProgress, () => name).onStep,
  }).finally(() => optimizer.dispose());
}

/** Tests a network on the pictures at `indices`, each seen in the eight orientations of a square. */
export async function testOn(
  model: ResNet,
  { set, indices, signal }: { set: ImageSet; indices: Int32Array; signal?: AbortSignal },
): Promise<TestResult> {
  const predict = jit((bytes: tf.Tensor) => {
    const x = normalizeImages(bytes as tf.Tensor4D, normalization);
    const views = orientations(x).map((view) => softmax(model.call(view)));
    return tf.div(tf.addN(views), views.length);
  }, { name: "predictOrientations" });
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

/** A galaxy has no upside: what its picture shows in all flips and quarter turns is the same. */
function orientations(x: tf.Tensor4D): tf.Tensor4D[] {
  return [x, tf.transpose(x, [0, 2, 1, 3])]
    .flatMap((view) => [view, tf.reverse(view, 1)])
    .flatMap((view) => [view, tf.reverse(view, 2)]);
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
