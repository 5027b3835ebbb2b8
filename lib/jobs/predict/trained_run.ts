/**
 * Trained networks, ready to predict.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { columnValues, readTable } from "../../data/mod.ts";
import { fitTemperature } from "../../metrics/mod.ts";
import { type ImageModel, modelCard } from "../../models/mod.ts";
import { key, sigmoid, softmax, tf } from "../../tensorflow/mod.ts";
import { type Normalization, RunFolder } from "../../train/mod.ts";
import { readRunConfig } from "../classify/run_config.ts";

/** A network, and how images become its predictions. */
export type TrainedNetwork = {
  model: ImageModel;
  normalization: Normalization;
  /** Side of the images that it sees, in pixels. */
  size: number;
  /** The share of the shorter side that it sees. */
  cropFraction: number;
  /** What its outputs are: classes of which one is true, or numbers in [0, 1] apiece. */
  outputs: { classes: readonly string[] } | { fractions: readonly string[] };
  /** Changes when predictions do. */
  fingerprint: string;
};

/**
 * Opens the best weights of a run folder.
 *
 * @throws {Error} When there is no finished run
 */
export function openTrainedRun(folder: string): TrainedNetwork {
  const run = new RunFolder(folder);
  const { settings, classes, normalization } = readRunConfig(run);
  const { model: name, width, size, crop } = settings;
  const weights = key(0); // What is drawn, the run replaces
  const model = modelCard(name).create({ classes: classes.length, width, size, key: weights });
  weights.dispose();
  try {
    run.readModel(model);
  } catch (error) {
    model.dispose();
    throw error;
  }
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([name, width, size, crop, classes, normalization]))
    .update(Deno.readFileSync(run.file("model.safetensors")))
    .digest("hex");
  return { model, normalization, size, cropFraction: crop, outputs: { classes }, fingerprint };
}

/**
 * The temperature of a run: fitted on its predictions of the validation images, see `fitTemperature`.
 *
 * @throws {Error} When the run has no predictions
 * @throws {RangeError} When there is no best temperature
 */
export function runTemperature(folder: string): number {
  const run = new RunFolder(folder);
  const { classes } = readRunConfig(run);
  const table = readTable(run.file("predictions.parquet"));
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
  if ("fractions" in outputs) return sigmoid;
  return temperature === 1 ? softmax : (logits) => softmax(tf.div(logits, temperature));
}
