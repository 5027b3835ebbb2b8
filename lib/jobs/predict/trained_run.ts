/**
 * Trained networks, ready to predict.
 *
 * @module
 */

import { columnValues, readTable } from "../../data/mod.ts";
import { isFile } from "../../files.ts";
import { fitTemperature } from "../../metrics/mod.ts";
import type { ImageModel } from "../../models/mod.ts";
import { sigmoid, softmax, tf } from "../../tensorflow/mod.ts";
import {
  concentrationsOf,
  type OpenedRun,
  openRun,
  type Outputs,
  questionFractions,
} from "../../train/mod.ts";

/** A network, and what its outputs are. Its `preprocessing` says how images become its input. */
export type TrainedNetwork = {
  model: ImageModel;
  outputs: Outputs;
  /** Changes when predictions do. */
  fingerprint: string;
};

/**
 * Opens the best weights of a run that learnt from labelled images.
 *
 * @throws {Error} When there is no finished run, or it learnt something else
 */
export function openTrainedRun(folder: string): OpenedRun & TrainedNetwork {
  const opened = openRun(folder);
  const { outputs } = opened;
  if (outputs !== undefined) return { ...opened, outputs };
  opened.model.dispose();
  throw new Error(
    `Cannot predict with "${folder}": its network does not tell classes or vote fractions`,
  );
}

/**
 * The temperature of a run: fitted on its predictions of the validation images, see `fitTemperature`.
 *
 * @throws {RangeError} When the run has no predictions of classes, or there is no best temperature
 */
export function runTemperature({ run, outputs }: OpenedRun & TrainedNetwork): number {
  const path = run.file("predictions.parquet");
  if ("fractions" in outputs || !isFile(path)) {
    throw new RangeError(
      `Cannot calibrate "${run.path}": predictions of classes for its validation images are wanted`,
    );
  }
  const { classes } = outputs;
  const table = readTable(path);
  const columns = classes.map((name) => columnValues(table, `p_${name}`) as ArrayLike<number>);
  const target = Array.from(columnValues(table, "target"), (name) => classes.indexOf(String(name)));
  // Logarithms of probabilities are logits; float32 rounds the least of them to 0
  const logits = target.map((_, row) =>
    columns.map((values) => Math.log(Math.max(values[row]!, 1e-38)))
  );
  return fitTemperature({ target, logits });
}

/** What makes predictions of logits. */
export function predictionsOf(
  { outputs }: Pick<TrainedNetwork, "outputs">,
  { temperature = 1 }: { temperature?: number },
): (logits: tf.Tensor) => tf.Tensor {
  if ("fractions" in outputs) {
    const { head = "sigmoid", sizes = [] } = outputs;
    if (head === "softmax") return (logits) => questionFractions(logits, sizes);
    return head === "dirichlet" ? concentrationsOf : sigmoid;
  }
  return temperature === 1 ? softmax : (logits) => softmax(tf.div(logits, temperature));
}
