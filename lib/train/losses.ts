/**
 * Losses: what a network is trained to lower, with how its logits are read and which metric tells
 * how well it does.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import type { Batched, Labels } from "../data/mod.ts";
import {
  gather,
  logSoftmax,
  oneHot,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  tf,
} from "../tensorflow/mod.ts";

/** What is learnt of each example: the numbers that a {@linkcode Loss} asks for. */
export type Labelled = Batched & { labels: Int32Array; targets?: Float32Array };

/** What outputs are: classes of which one is true, or numbers in [0, 1] apiece. */
export type Outputs = { classes: readonly string[] } | {
  /** Names of the columns that predictions make. */
  fractions: readonly string[];
  /**
   * How logits become them: each for itself, by the softmax over each question's, or as Dirichlet
   * concentrations.
   *
   * @default {"sigmoid"}
   */
  head?: "sigmoid" | "softmax" | "dirichlet";
  /** Answers of each question, which stand one after the other; not of `"sigmoid"`. */
  sizes?: readonly number[];
};

/** A loss, and what belongs to it. Its functions are traced into the steps of a training. */
export type Loss = {
  /** What is reported beside the loss: `train_accuracy`, `validation_accuracy`. */
  readonly metric: { readonly name: string; readonly better: "higher" | "lower" };
  /**
   * What the outputs of the network must be.
   *
   * @throws {RangeError} When images have not what is to be learnt
   */
  outputs(images: { set: Labels; indices?: Int32Array }): Outputs;
  /** What is to be learnt of a batch: class numbers, int32 [n], or numbers, float32 [n, outputs]. */
  targets(batch: Labelled): tf.Tensor;
  /** The mean over a batch, which training lowers. Mixed classes come as shares, [n, classes]. */
  value(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar;
  /** What that mean is divided by: the number of images, the sum of their weights. */
  weight(targets: tf.Tensor): tf.Tensor;
  /**
   * For each image the loss, the metric, and how many values they sum up: [n, 3]. What is for
   * training alone, label smoothing and class weights, is left out, so that runs compare.
   */
  measure(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor2D;
  /** Whether `value` smooths or weighs, which `measure` leaves out. @default {false} */
  readonly isRegularized?: boolean;
  /** Logits to predictions, [n, outputs]: softmax or sigmoid. */
  predict(logits: tf.Tensor): tf.Tensor;
  /** What `config.json` says of it: its name and options. */
  readonly config?: Readonly<Record<string, unknown>>;
};

type ClassOptions = {
  /** What each class counts, in the order of classes. @default {1 each} */
  classWeights?: readonly number[];
};

/**
 * Cross-entropy of classes: -log p of the true one, p = softmax(logits). With class weights the mean
 * is a weighted one, as in PyTorch. Reports the accuracy.
 *
 * @throws {RangeError} When an option is out of range
 *
 * @example
 * ```ts
 * import { crossEntropy } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const loss = crossEntropy({ classWeights: [3, 1] });
 * const logits = tf.tensor2d([[0, 0], [0, Math.log(3)]]);
 * const value = loss.value(logits, tf.tensor1d([0, 1], "int32")).dataSync()[0];
 * // p is 1/2 and 3/4
 * assert.ok(Math.abs(value - (3 * Math.log(2) + Math.log(4 / 3)) / 4) < 1e-6);
 * ```
 */
export function crossEntropy(
  options: ClassOptions & {
    /** Share of each label that is spread over all classes. @default {0} */
    labelSmoothing?: number;
  } = {},
): Loss {
  refuseUnknown(options, { labelSmoothing: true, classWeights: true }, {
    what: "make a cross-entropy",
  });
  const { labelSmoothing = 0, classWeights } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(
      `Cannot make a cross-entropy: labelSmoothing must be in [0, 1), found ${labelSmoothing}`,
    );
  }
  checkWeights("a cross-entropy", classWeights);
  return classes({
    config: { name: "crossEntropy", labelSmoothing, classWeights },
    isRegularized: labelSmoothing > 0 || classWeights !== undefined,
    classWeights,
    sum: (logits, targets, weights) =>
      softmaxCrossEntropy(logits, targets, {
        ...{ labelSmoothing, classWeights: weights, reduction: "sum" },
      }),
    ofImages: (logits, targets) => softmaxCrossEntropy(logits, targets, { reduction: "none" }),
  });
}

/**
 * Focal loss (Lin et al. 2017, arXiv:1708.02002, equation 5) of classes: -(1 - p)^γ log p of the true
 * one, so that what is right already counts little; their α are the class weights. With γ = 0 it is
 * {@linkcode crossEntropy}. Reports the accuracy.
 *
 * @throws {RangeError} When an option is out of range
 *
 * @example
 * ```ts
 * import { focal } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[0, Math.log(3)]]);
 * const value = focal({ gamma: 2 }).value(logits, tf.tensor1d([1], "int32")).dataSync()[0];
 * assert.ok(Math.abs(value - (1 / 4) ** 2 * Math.log(4 / 3)) < 1e-7);
 * ```
 */
export function focal(options: ClassOptions & {
  /** γ: how little the easy images count. @default {2} */
  gamma?: number;
} = {}): Loss {
  refuseUnknown(options, { gamma: true, classWeights: true }, { what: "make a focal loss" });
  const { gamma = 2, classWeights } = options;
  if (!(gamma >= 0 && gamma < Infinity)) {
    throw new RangeError(`Cannot make a focal loss: gamma must be at least 0, found ${gamma}`);
  }
  checkWeights("a focal loss", classWeights);
  function ofImages(logits: tf.Tensor, shares: tf.Tensor): tf.Tensor {
    const logs = logSoftmax(logits);
    // 1 - p as a sum of the others' p: the difference would lose its digits near p = 1
    const p = tf.exp(logs);
    const rest = tf.sub(tf.sum(p, 1, true), p);
    const factor = gamma === 0 ? tf.onesLike(p) : tf.pow(tf.maximum(rest, 1e-12), gamma);
    return tf.neg(tf.sum(tf.mul(shares, tf.mul(factor, logs)), 1));
  }
  return classes({
    config: { name: "focal", gamma, classWeights },
    isRegularized: classWeights !== undefined,
    classWeights,
    sum(logits, targets, weights) {
      const shares = sharesOf(targets, logits.shape[1]!);
      return tf.sum(ofImages(logits, weights === undefined ? shares : tf.mul(shares, weights)));
    },
    ofImages: (logits, targets) => ofImages(logits, sharesOf(targets, logits.shape[1]!)),
  });
}

/**
 * For numbers in [0, 1], such as vote fractions: the `targets` of the images, which the sigmoid of
 * the logits is to meet, each on its own. NaN means that it was not asked, and counts nowhere.
 * Reports the mean absolute error.
 *
 * @throws {RangeError} When an option is out of range
 *
 * @example
 * ```ts
 * import { fractions } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const loss = fractions({ kind: "mse" });
 * const value = loss.value(tf.tensor2d([[0, 9]]), tf.tensor2d([[0.75, NaN]])).dataSync()[0];
 * assert.equal(value, 0.0625); // sigmoid(0) is 1/2
 *
 * // A galaxy counts by its votes, over the most of its batch
 * const weighted = fractions({ kind: "mse", weight: "total_votes" });
 * const targets = tf.tensor2d([[0.75, 40], [0.75, 20]]);
 * assert.equal(weighted.value(tf.tensor2d([[0], [0]]), targets).dataSync()[0], 0.75 * 0.0625);
 * ```
 */
export function fractions(options: {
  /**
   * `"bce"`: binary cross-entropy, -t log p - (1 - t) log(1 - p); `"mse"`: (p - t)²; `"smoothL1"`:
   * (p - t)² / 2β where |p - t| is below β, else |p - t| - β/2 (Girshick 2015, arXiv:1504.08083), which
   * forgives a few votes that are far off.
   *
   * @default {"bce"}
   */
  kind?: "bce" | "mse" | "smoothL1";
  /** β of `"smoothL1"`. @default {0.1} */
  beta?: number;
  /**
   * The last of the targets, which is not learnt: how much a galaxy counts in training, over the most of
   * its batch, such as `"total_votes"`.
   *
   * @default {all alike}
   */
  weight?: string;
} = {}): Loss {
  refuseUnknown(options, { kind: true, beta: true, weight: true }, {
    what: "make a loss of fractions",
  });
  const { kind = "bce", beta = 0.1, weight } = options;
  if (kind !== "bce" && kind !== "mse" && kind !== "smoothL1") {
    throw new RangeError(
      `Cannot make a loss of fractions: kind must be "bce", "mse" or "smoothL1", found "${kind}"`,
    );
  }
  if (!(beta > 0 && beta < Infinity)) {
    throw new RangeError(`Cannot make a loss of fractions: beta must be above 0, found ${beta}`);
  }
  function lossesOf(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
    if (kind === "bce") return tf.sub(tf.softplus(logits), tf.mul(logits, targets));
    const error = tf.abs(tf.sub(sigmoid(logits), targets));
    if (kind === "mse") return tf.square(error);
    // Both parts are finite everywhere: where() may choose
    const near = tf.div(tf.square(error), 2 * beta);
    return tf.where(tf.less(error, beta), near, tf.sub(error, beta / 2));
  }
  function parts(logits: tf.Tensor, all: tf.Tensor) {
    const given = weight === undefined ? all : withoutLast(all);
    const asked = tf.logicalNot(tf.isNaN(given));
    // NaN times 0 is NaN: what was not asked is replaced before it can meet a gradient
    const targets = tf.where(asked, given, tf.zerosLike(given));
    const losses = lossesOf(logits, targets);
    const counts = tf.cast(asked, "float32");
    return { targets, counts, losses: tf.where(asked, losses, tf.zerosLike(losses)) };
  }
  const countOf = (all: tf.Tensor) => {
    const given = weight === undefined ? all : withoutLast(all);
    return tf.sum(tf.cast(tf.logicalNot(tf.isNaN(given)), "float32"));
  };
  return {
    config: {
      ...{ name: "fractions", kind },
      ...(kind === "smoothL1" && { beta }),
      ...(weight !== undefined && { weight }),
    },
    isRegularized: weight !== undefined,
    metric: { name: "mean_absolute_error", better: "lower" },
    outputs({ set: { targets, ids }, indices = Int32Array.from(ids.keys()) }) {
      if (targets === undefined) {
        throw new RangeError("Cannot learn fractions: the images have no targets");
      }
      const { names, values } = targets;
      if (weight !== undefined && names.at(-1) !== weight) {
        throw new RangeError(
          `Cannot learn fractions: the weight "${weight}" must be the last of the targets, found "${
            names.at(-1)
          }"`,
        );
      }
      const learnt = weight === undefined ? names : names.slice(0, -1);
      let asked = false;
      for (const index of indices) {
        names.forEach((name, column) => {
          const value = values[index * names.length + column]!;
          if (column === learnt.length) {
            if (value > 0 && value < Infinity) return;
            throw new RangeError(
              `Cannot learn fractions: the weight "${name}" of image ${
                ids[index]
              } is ${value}, wanted above 0; leave the image out`,
            );
          }
          asked ||= !Number.isNaN(value);
          if (!(value < 0 || value > 1)) return;
          throw new RangeError(
            `Cannot learn fractions: "${name}" of image ${
              ids[index]
            } is ${value}, wanted in [0, 1], or NaN where it was not asked`,
          );
        });
      }
      if (!asked) {
        throw new RangeError(
          `Cannot learn fractions: nothing was asked of ${indices.length} images: each of ${
            learnt.map((name) => `"${name}"`).join(", ")
          } is NaN`,
        );
      }
      return { fractions: learnt };
    },
    targets: ({ targets, labels }) =>
      tf.tensor(targets!, [labels.length, targets!.length / labels.length]),
    value: (logits, given) =>
      tf.tidy(() => {
        const { losses, counts } = parts(logits, given);
        const weighed = weight === undefined ? losses : tf.mul(losses, shareOfMost(given));
        return tf.div(tf.sum(weighed), tf.maximum(tf.sum(counts), 1)) as tf.Scalar;
      }),
    weight: countOf,
    measure: (logits, given) =>
      tf.tidy(() => {
        const { targets, losses, counts } = parts(logits, given);
        const errors = tf.mul(tf.abs(tf.sub(sigmoid(logits), targets)), counts);
        return tf.stack([losses, errors, counts].map((values) => tf.sum(values, 1)), 1);
      }) as tf.Tensor2D,
    predict: sigmoid,
  };
}

/** All columns but the last. */
function withoutLast(targets: tf.Tensor): tf.Tensor {
  const [rows, width] = targets.shape as [number, number];
  return tf.slice(targets, [0, 0], [rows, width - 1]);
}

/** The last column over its highest, [n, 1]. */
function shareOfMost(targets: tf.Tensor): tf.Tensor {
  const [rows, width] = targets.shape as [number, number];
  const weights = tf.slice(targets, [0, width - 1], [rows, 1]);
  return tf.div(weights, tf.max(weights));
}

/** What the losses of classes share. */
function classes({ config, classWeights, isRegularized, sum, ofImages }: ClassOptions & {
  config: Record<string, unknown>;
  isRegularized: boolean;
  /** Over a batch, weighted. */
  sum(logits: tf.Tensor, targets: tf.Tensor, weights?: tf.Tensor): tf.Tensor;
  /** Without weights, [n]. */
  ofImages(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor;
}): Loss {
  function weight(targets: tf.Tensor): tf.Tensor {
    if (classWeights === undefined || targets.rank === 2) return tf.scalar(targets.shape[0]!);
    return tf.sum(gather(tf.tensor1d([...classWeights]), targets));
  }
  return {
    ...{ config, isRegularized },
    metric: { name: "accuracy", better: "higher" },
    outputs({ set: { classes, labels, ids }, indices = Int32Array.from(labels.keys()) }) {
      if (classes.length === 0) {
        throw new RangeError("Cannot learn classes: the images have none");
      }
      const wrong = indices.find((index) => !(labels[index]! in classes));
      if (wrong !== undefined) {
        throw new RangeError(
          `Cannot learn classes: image ${ids[wrong]} has label ${
            labels[wrong]
          }, wanted one of ${classes.length} classes`,
        );
      }
      if (classWeights !== undefined && classWeights.length !== classes.length) {
        throw new RangeError(
          `Cannot weigh classes: ${classWeights.length} weights found for ${classes.length} classes (${
            classes.join(", ")
          })`,
        );
      }
      return { classes };
    },
    targets: ({ labels }) => tf.tensor1d(labels, "int32"),
    value: (logits, targets) =>
      tf.tidy(() => {
        const weighted = sum(logits, targets, classWeights && tf.tensor1d([...classWeights]));
        const total = weight(targets);
        // Where all weigh nothing, 0 and no gradient: divNoNan's would be NaN
        const none = tf.equal(total, 0);
        return tf.div(weighted, tf.where(none, tf.onesLike(total), total)) as tf.Scalar;
      }),
    weight,
    measure: (logits, targets) =>
      tf.tidy(() => {
        // Of a mixture the class with the greatest share
        const labels = targets.rank === 1 ? targets : tf.argMax(targets, 1);
        const right = tf.cast(tf.equal(tf.argMax(logits, 1), labels), "float32");
        return tf.stack([ofImages(logits, targets), right, tf.onesLike(right)], 1);
      }) as tf.Tensor2D,
    predict: softmax,
  };
}

/** Class numbers as shares of classes, [n, classes]. */
export function sharesOf(targets: tf.Tensor, classes: number): tf.Tensor2D {
  if (targets.rank === 2) return targets as tf.Tensor2D;
  return oneHot(targets, classes);
}

function checkWeights(what: string, weights: readonly number[] | undefined): void {
  const wrong = weights?.findIndex((weight) => !(weight >= 0 && weight < Infinity)) ?? -1;
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot make ${what}: a class weight must be at least 0, found ${
        weights![wrong]
      } for class ${wrong}`,
    );
  }
}
