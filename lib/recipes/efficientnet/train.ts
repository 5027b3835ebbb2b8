/**
 * One training of the comparison, from the first weights to predictions.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type ImageSet, writeTable } from "../../data/mod.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { type ImageModel, loadPretrained, modelCard } from "../../models/mod.ts";
import type { StateDict } from "../../nn/mod.ts";
import { key } from "../../tensorflow/mod.ts";
import {
  type Epoch,
  finetune,
  predictor,
  predictProbabilities,
  type RunFolder,
} from "../../train/mod.ts";
import { isHubSource } from "../../weights/hub/reference.ts";
import { isKitSource, listKitWeights } from "../../weights/kit.ts";
import { readSafetensors, type WeightsRecord, writeSafetensors } from "../../weights/mod.ts";
import { CLASSES, type EfficientnetSettings, type Variant } from "./settings.ts";
import { phasesOf, shuffleLabels } from "./variants.ts";

/** What a training works on. */
export type TrainingData = {
  /** The labelled galaxies. */
  set: ImageSet;
  train: Int32Array;
  validation: Int32Array;
  /** A digest of all of it. */
  fingerprint: string;
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
  { variant, settings, data, signal, onStep, onEpoch }: {
    variant: Variant;
    settings: EfficientnetSettings;
    data: TrainingData;
    signal?: AbortSignal;
    onStep?: (step: { phase: string; epoch: number; step: number; steps: number }) => void;
    onEpoch?: (epoch: Epoch) => void;
  },
): Promise<void> {
  const { set, train, validation, fingerprint } = data;
  if (run.exists && run.readConfig().fingerprint !== fingerprint) {
    throw new Error(
      `Cannot go on in "${run.path}": it was trained on other galaxies; name another folder with --out`,
    );
  }
  if (existsSync(run.file("predictions.parquet"))) return;
  const { seed } = settings;
  const { mean, std } = modelCard(settings.model);
  const normalization = { mean, std };
  const { model, record } = await firstModel(
    variant === "from_scratch" ? { ...settings, weights: "none" } : settings,
  );
  const phases = phasesOf(variant, settings);
  const names = phases.flatMap(({ name, epochs }) => Array<string>(epochs).fill(name));
  const shown = variant === "shuffled" ? shuffleLabels(set, train, seed) : set;
  try {
    if (!run.exists) {
      run.writeConfig({
        variant,
        fingerprint,
        ...settings,
        classes: set.classes,
        normalization,
        phases: phases.map(({ name, epochs, rate }) => ({ name, epochs, rate })),
        record,
      });
    }
    await finetune(model, {
      phases,
      train: { set: shown, indices: train },
      validation: { set: shown, indices: validation },
      batchSize: Math.min(settings.batch, train.length),
      seed,
      normalization,
      // An image unlike all others, such as one in the glare of a star, would otherwise rule the
      // statistics of its batch; what begins with random values has no others.
      batchNorm: variant === "from_scratch" ? "update" : "inference",
      run,
      resume: true,
      fingerprint: `${fingerprint} ${variant}`,
      signal,
      onStep: ({ epoch, step, steps }) => onStep?.({ phase: names[epoch - 1], epoch, step, steps }),
      onEpoch,
    });
    writeSafetensors(run.file("final.safetensors"), model.stateDict());
    const predict = predictor(model, normalization);
    const probabilities = await predictProbabilities(predict, { set, indices: validation, signal });
    predict.dispose();
    // Written last: what has predictions is finished.
    writeTable(run.file("predictions.parquet"), predictionTable(data, probabilities));
  } finally {
    model.dispose();
  }
}

/** The network as it is before the training, and where its weights come from. */
export async function firstModel(
  { model: name, weights, size, seed }: EfficientnetSettings,
): Promise<{ model: ImageModel; record?: WeightsRecord }> {
  const random = key(seed);
  try {
    const options = { classes: CLASSES.length, size, key: random };
    return weights === "none"
      ? { model: modelCard(name).create(options) }
      : await loadPretrained(name, { ...options, source: weights });
  } finally {
    random.dispose();
  }
}

/** The network after its training. */
export async function trainedModel(
  run: RunFolder,
  settings: EfficientnetSettings,
): Promise<ImageModel> {
  const { model } = await firstModel({ ...settings, weights: "none" });
  const path = run.file("final.safetensors");
  model.loadStateDict(readSafetensors(path).tensors as StateDict, { source: `"${path}"` });
  return model;
}

/**
 * Refuses weights that are not there, before anything else is done.
 *
 * @throws {Error} Naming the next step
 */
export function checkWeights({ weights, model }: EfficientnetSettings): void {
  const isThere = weights === "none" || isHubSource(weights) ||
    (isKitSource(weights)
      ? listKitWeights().some(({ source }) => source === weights)
      : existsSync(weights));
  if (isThere) return;
  throw new Error(
    `Cannot start ${model} from "${weights}": there are no such weights; name others with --weights (${
      [...listKitWeights().map(({ source }) => source), "hf:organisation/name"].join(", ")
    }, a file, or none for random values)`,
  );
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
