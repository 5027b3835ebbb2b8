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
import {
  type FeatureStore,
  finetune,
  predictProbabilities,
  type RunFolder,
} from "../../train/mod.ts";
import type { Training } from "./networks.ts";
import { CLASSES, type EfficientnetSettings } from "./settings.ts";
import { drawGalaxies, phasesOf, shuffleLabels, WAY_NAMES } from "./ways.ts";

/** What a training works on. */
export type TrainingData = {
  /** The labelled galaxies. */
  set: ImageSet;
  train: Int32Array;
  validation: Int32Array;
};

/**
 * Trains a network in one way and writes its run folder, unless it is finished; goes on with a stopped
 * one. The weights after the last epoch count, so that nothing is chosen by the galaxies that the
 * accuracy is measured on.
 *
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function trainOne(
  run: RunFolder,
  { training: { network, way, seed }, settings, data, features, signal, onProgress }: {
    training: Training;
    settings: EfficientnetSettings;
    data: TrainingData;
    /** What the frozen parts gave before. */
    features: FeatureStore;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<void> {
  if (existsSync(run.file("predictions.parquet"))) return;
  const { set, validation } = data;
  const { size, ways: _, name, ...first } = network;
  const { galaxies, batch, clipNorm, precision, compiler, tensorBoard } = settings;
  const train = drawGalaxies(data.train, { galaxies, seed });
  const { model, record } = await firstModel(
    way === "from_scratch" ? { ...first, size, seed, weights: "none" } : { ...first, size, seed },
    { classes: CLASSES.length, signal },
  );
  const shown = way === "shuffled" ? shuffleLabels(set, train, seed) : set;
  // The curves that are shown are the first seed's; of the others the end alone counts
  const isWatched = seed === settings.seed && way !== "all_at_once" && way !== "from_scratch";
  try {
    await finetune(model, {
      phases: phasesOf(way, settings),
      train: { set: shown, indices: train },
      ...(isWatched && { validation: { set: shown, indices: validation } }),
      batchSize: Math.min(batch, train.length),
      ...{ precision, compiler, clipNorm, seed, features },
      monitor: "last",
      // An image unlike all others, such as one in the glare of a star, would otherwise rule the
      // statistics of its batch; what begins with random values has no others.
      batchNorm: way === "from_scratch" ? "update" : "inference",
      ...{ run, resume: true, tensorBoard },
      config: {
        recipe: "efficientnet",
        ...{ network: { name, size, ...first }, way, galaxies },
        record,
      },
      signal,
      onProgress: within(onProgress, `${name}, ${WAY_NAMES[way]}, seed ${seed}`),
    });
    const probabilities = await predictProbabilities(model, {
      ...{ set, indices: validation, features, signal },
    });
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
