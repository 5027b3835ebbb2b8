/**
 * What a training lowers.
 *
 * @module
 */

import type { Batched } from "../data/mod.ts";
import type { Key, tf, Tree } from "../tensorflow/mod.ts";

/** A mean over examples that comes in parts: Σ sum / Σ count over the batches. */
export type Mean = { sum: tf.Tensor; count: tf.Tensor };

/** What a batch comes to. */
export type Evaluation = {
  /** The mean over the batch, which training lowers. */
  loss: tf.Tensor;
  /**
   * What the loss of this batch counts in a mean over several: how many values it is itself the mean
   * of. Validation and accumulated gradients go by it. @default {1}
   */
  weight?: tf.Tensor;
  /**
   * What the history calls the loss, where that is not what is lowered: without smoothing and weights,
   * so that the columns of training and validation are of one quantity. @default {the loss}
   */
  noted?: Mean;
  /**
   * Other losses and metrics by name: columns `train_NAME` and `validation_NAME` of the history. A
   * tensor is the mean over the batch, and counts as the loss does.
   */
  metrics?: Readonly<Record<string, Mean | tf.Tensor>>;
};

/**
 * How a batch becomes something to lower. Both functions see one batch; `loss` is traced into the
 * step of a training, and into its validation.
 *
 * `B` is what a batch of the source holds, `T` the tensors made of it.
 */
export type Objective<B extends Batched, T extends Tree = Tree> = {
  /** From the host to the engine: the tensors of a batch. The step disposes of them. */
  inputs(batch: B): T;
  /**
   * The loss of a batch, and what else is to be noted. All randomness is drawn from the key:
   * validation gives each of its batches the same one in every epoch.
   */
  loss(inputs: T, at: { key: Key; training: boolean }): Evaluation;
  /** Metrics that may decide on the best epoch, beside the loss, and which way they are better. */
  readonly metrics?: Readonly<Record<string, "higher" | "lower">>;
  /** What `config.json` says of it. */
  readonly config?: Readonly<Record<string, unknown>>;
};
