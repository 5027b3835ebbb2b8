/**
 * One training of the comparison, from the first weights to predictions.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type ImageSet, writeTable } from "../../data/mod.ts";
import { firstModel } from "../../jobs/first_model.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { finetune, predictProbabilities, type RunFolder } from "../../train/mod.ts";
import { CLASSES, type EfficientnetSettings, type Variant } from "./settings.ts";
import { phasesOf, shuffleLabels, VARIANT_NAMES } from "./variants.ts";

/** What a training works on. */
export type TrainingData = {
  /** The labelled galaxies. */
  set: ImageSet;
  train: Int32Array;
  validation: Int32Array;
};

/**
 * Trains a variant and writes its run folder, unless it is finished; goes on with a stopped one.
 * The weights after the last epoch count, so that nothing is chosen by the galaxies that the
 * accuracy is measured on.
 *
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function trainVariant(
  run: RunFolder,
  { variant, settings, data, signal, onProgress }: {
    variant: Variant;
    settings: EfficientnetSettings;
    data: TrainingData;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<void> {
  const { set, train, validation } = data;
  if (existsSync(run.file("predictions.parquet"))) return;
  // What no training depends on may change before it goes on
  const { profile: _, compare: __, skipBad: ___, maps: ____, mapLayer: _____, ...rest } = settings;
  const { tensorBoard, ...own } = rest;
  const { seed } = own;
  const { model, record } = await firstModel(
    variant === "from_scratch" ? { ...settings, weights: "none" } : settings,
    { classes: CLASSES.length, signal },
  );
  const phases = phasesOf(variant, settings);
  const shown = variant === "shuffled" ? shuffleLabels(set, train, seed) : set;
  try {
    await finetune(model, {
      phases,
      train: { set: shown, indices: train },
      validation: { set: shown, indices: validation },
      batchSize: Math.min(settings.batch, train.length),
      precision: settings.precision,
      compiler: settings.compiler,
      seed,
      monitor: "last",
      // An image unlike all others, such as one in the glare of a star, would otherwise rule the
      // statistics of its batch; what begins with random values has no others.
      batchNorm: variant === "from_scratch" ? "update" : "inference",
      ...{ run, resume: true, tensorBoard },
      config: { recipe: "efficientnet", settings: { ...own, variant }, record },
      signal,
      onProgress: within(onProgress, VARIANT_NAMES[variant]),
    });
    const probabilities = await predictProbabilities(model, { set, indices: validation, signal });
    // Written last: what has predictions is finished.
    writeTable(run.file("predictions.parquet"), predictionTable(data, probabilities));
  } finally {
    model.dispose();
  }
}

function predictionTable(
  { set, validation }: TrainingData,
  probabilities: Float32Array[],
): Record<string, string[] | Float32Array> {
  const prediction = mostProbable(probabilities);
  return {
    id: Array.from(validation, (index) => set.ids[index]),
    target: Array.from(validation, (index) => CLASSES[set.labels[index]]),
    prediction: Array.from(prediction, (label) => CLASSES[label]),
    confidence: Float32Array.from(probabilities, (row, i) => row[prediction[i]]),
    p_featured: Float32Array.from(probabilities, (row) => row[1]),
  };
}
