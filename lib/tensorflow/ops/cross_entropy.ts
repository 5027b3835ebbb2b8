/**
 * The loss of classification.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { checkChoice } from "../kernels/kernel.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { checkFloat, checkInteger, checkShape, describe } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";

/** Settings of {@linkcode softmaxCrossEntropy}. */
export type CrossEntropyOptions = {
  /**
   * ε: the target becomes (1 - ε) · target + ε / classes (https://arxiv.org/abs/1512.00567).
   * @default {0}
   */
  labelSmoothing?: number;
  /** Multiplies the part of each class in the loss, [classes]. @default {1} */
  classWeights?: tf.Tensor;
  /**
   * `"mean"` divides the sum by the number of rows; with class numbers and weights, as PyTorch
   * does, by the sum of the weights of the rows' classes. @default {"mean"}
   */
  reduction?: "mean" | "sum" | "none";
};

/**
 * -Σ over classes of target · log softmax(logits). Labels and weights count as constants.
 *
 * @param logits [n, classes]
 * @param labels Class numbers, int32 [n], or probabilities, float32 [n, classes]
 * @returns A scalar, or [n] with reduction "none"
 * @throws {TypeError} When the shapes do not fit
 * @throws {RangeError} When the smoothing is not in [0, 1]
 * @throws {TensorFlowError} When a class number is not in [0, classes); with XLA and on GPUs the loss
 * is NaN instead
 *
 * @example
 * ```ts
 * import { softmaxCrossEntropy, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const loss = softmaxCrossEntropy(tf.zeros([3, 2]), tf.tensor1d([0, 1, 1], "int32"));
 * assert.ok(Math.abs(loss.dataSync()[0]! - Math.log(2)) < 1e-6);
 * ```
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { labelSmoothing = 0, classWeights, reduction = "mean" }: CrossEntropyOptions = {},
): tf.Tensor {
  const op = "softmaxCrossEntropy";
  checkFloat(op, { logits }, [2]);
  const [rows, classes] = logits.shape as [number, number];
  checkShape(op, "classWeights", classWeights, [classes]);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(
      `Cannot run ${op}: labelSmoothing must be in [0, 1], found ${labelSmoothing}`,
    );
  }
  checkChoice(op, { reduction }, REDUCTIONS);
  const isSparse = labels.rank === 1;
  if (isSparse) {
    checkInteger(op, "labels", labels);
    checkShape(op, "labels", labels, [rows]);
  } else if (labels.dtype !== "float32" || String(labels.shape) !== String(logits.shape)) {
    throw new TypeError(
      `Cannot run ${op}: labels must be int32[${rows}] or float32[${logits.shape}], found ${
        describe(labels)
      }`,
    );
  }
  return tf.tidy(() => {
    if (isSparse && labelSmoothing === 0 && classWeights === undefined) {
      return reduce(sparse(logits, labels), reduction, rows);
    }
    const shares = isSparse ? oneHot(labels, classes) : labels;
    const smooth = labelSmoothing === 0
      ? shares
      : tf.add(tf.mul(shares, 1 - labelSmoothing), labelSmoothing / classes);
    const targets = classWeights === undefined ? smooth : tf.mul(smooth, classWeights);
    const total = isSparse && classWeights !== undefined
      ? tf.sum(tf.mul(shares, classWeights))
      : rows;
    return reduce(dense(logits, targets), reduction, total);
  });
}

const REDUCTIONS = ["mean", "sum", "none"];

/**
 * A row with 1 at the place of each label, and 0 elsewhere: what `tf.oneHot` gives, but for a label
 * that is none. It is refused here; with XLA and on GPUs, where that cannot be, its row is NaN.
 *
 * @param labels int32 [n], each in [0, classes)
 * @returns float32 [n, classes]
 * @throws {TypeError} When the labels are not int32 [n]
 * @throws {RangeError|TensorFlowError} When a label is not in [0, classes)
 *
 * @example
 * ```ts
 * import { oneHot, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(oneHot(tf.tensor1d([1, 0], "int32"), 2).arraySync(), [[0, 1], [1, 0]]);
 * assert.throws(() => oneHot(tf.tensor1d([2], "int32"), 2));
 * ```
 */
export function oneHot(labels: tf.Tensor, classes: number): tf.Tensor2D {
  checkInteger("oneHot", "labels", labels);
  return tf.tidy(() => {
    const numbers = tf.range(0, classes);
    const known = tf.expandDims(tf.gather(numbers, labels as tf.Tensor1D), 1);
    return tf.where(tf.isNaN(known), NaN, tf.cast(tf.equal(known, numbers), "float32"));
  }) as tf.Tensor2D;
}

function reduce(
  losses: tf.Tensor,
  reduction: NonNullable<CrossEntropyOptions["reduction"]>,
  total: number | tf.Tensor,
): tf.Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? tf.sum(losses) : tf.div(tf.sum(losses), total);
}

function sparse(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return differentiableOne({
    op: "softmaxCrossEntropy",
    inputs: { logits },
    forward: () => {
      const attributes = { ...FLOAT, Tlabels: attribute.type("int32") };
      const [losses, derivatives] = rawOp(
        "SparseSoftmaxCrossEntropyWithLogits",
        [logits, labels],
        { attributes, outputs: 2 },
      );
      return { output: losses, saved: [derivatives!] };
    },
    gradient: (dy, [derivatives]) => ({
      logits: () => tf.mul(derivatives, tf.expandDims(dy, 1)),
    }),
  });
}

/** -Σ targets · log softmax(logits), for targets that need not sum to 1. */
function dense(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return differentiableOne({
    op: "softmaxCrossEntropy",
    inputs: { logits },
    forward: () => {
      const [logs] = rawOp("LogSoftmax", [logits], { attributes: FLOAT });
      return { output: tf.neg(tf.sum(tf.mul(targets, logs), 1)), saved: [logs, targets] };
    },
    gradient: (dy, [logs, targets]) => ({
      logits: () => {
        const pull = tf.sub(tf.mul(tf.exp(logs), tf.sum(targets, 1, true)), targets);
        return tf.mul(pull, tf.expandDims(dy, 1));
      },
    }),
  });
}
