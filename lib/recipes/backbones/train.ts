/**
 * The training of a backbone.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { surveyJitter } from "../../augment/mod.ts";
import { type ImageModel, loadPretrained, modelCard } from "../../models/mod.ts";
import type { StateDict } from "../../nn/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { key } from "../../tensorflow/mod.ts";
import {
  adamw,
  cosine,
  Ema,
  type Epoch,
  fit,
  fractions,
  RunFolder,
  withoutDecay,
} from "../../train/mod.ts";
import { writeFloat16 } from "../../half_floats.ts";
import { type StoredTensor, writeSafetensors } from "../../weights/mod.ts";
import { type Backbone, type BackboneSettings, rateOf } from "./settings.ts";
import { answersLearnt, backboneGalaxies } from "./sky.ts";

/** What weights are called: the network's name, and the questions that it never saw. */
export function weightsName(
  name: Backbone,
  { without }: Pick<BackboneSettings, "without">,
): string {
  return [name, ...without.length > 0 ? ["without", ...without] : []].join("_");
}

/** What a training is told beside its settings. */
type Options = {
  /** Folder for the skies, the runs and the weights. */
  out: string;
  settings: BackboneSettings;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/**
 * Trains a backbone on the skies, or goes on with a stopped training, and writes its weights to
 * `weights/NAME.safetensors` in the folder (see {@linkcode weightsName}): first on small images, which take a fraction of the time
 * (Howard et al. 2018, DAWNBench's "progressive resizing"), then on those of the network's own size.
 *
 * @returns The path of the weights, and the row of the best epoch, which they are of
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function trainBackbone(
  name: Backbone,
  options: Options,
): Promise<{ path: string; best: Epoch }> {
  const { out, settings: { first, epochs } } = options;
  const { size } = modelCard(name);
  const small = new RunFolder(join(out, `${name}-${first.size}`));
  if (first.epochs > 0) {
    const { model } = await trainAt(name, { ...options, ...first, run: small });
    model.dispose();
  }
  const start = first.epochs > 0 ? small.file("model.safetensors") : undefined;
  const run = new RunFolder(join(out, name));
  const { model, best } = await trainAt(name, { ...options, size, epochs, start, run });
  const path = join(out, "weights", `${weightsName(name, options.settings)}.safetensors`);
  mkdirSync(join(out, "weights"), { recursive: true });
  writeSafetensors(path, halved(model.stateDict()), { metadata: { model: name } });
  model.dispose();
  return { path, best };
}

/** A training at one size, from other weights where there are some, to the best epoch. */
async function trainAt(name: Backbone, { size, epochs, start, run, ...options }: Options & {
  /** Side of the images, in pixels. */
  size: number;
  epochs: number;
  /** Weights to begin with. @default {random values} */
  start?: string;
  run: RunFolder;
}): Promise<{ model: ImageModel; best: Epoch }> {
  const { settings, signal, onProgress } = options;
  const { tensorBoard, ...own } = settings; // Of which alone the outcome depends
  const { weightDecay, batch, seed, precision, compiler } = own;
  const rate = rateOf(name, settings);
  const { set, train, validation } = await backboneGalaxies(name, { ...options, size });
  using _ = set;
  const random = key(seed);
  const classes = answersLearnt(settings).length;
  const model = start === undefined
    ? modelCard(name).create({ classes, size, key: random })
    : (await loadPretrained(name, { source: start, size })).model;
  random.dispose();
  const parameters = model.namedParameters();
  const optimizer = adamw(parameters, { weightDecay, perParameter: withoutDecay });
  const steps = epochs * Math.floor(train.length / batch);
  // The last tenth of an epoch and more
  const ema = new Ema(parameters, { decay: 0.998, warmup: { inverseGamma: 10, power: 1 } });
  try {
    const { history, best } = await fit(model, {
      train: { set, indices: train },
      validation: { set, indices: validation },
      loss: fractions(),
      optimizer,
      schedule: cosine({ rate, steps, warmup: Math.floor(steps / 10) }),
      ...{ ema, epochs, batchSize: batch, precision, compiler, seed },
      augment: surveyJitter,
      clipNorm: 1,
      ...{ run, resume: true, tensorBoard },
      config: { recipe: "backbones", settings: own },
      signal,
      onProgress: within(onProgress, `${name}, ${size} px`),
    });
    run.readModel(model);
    return { model, best: history[best.epoch - 1] };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    ema.dispose();
    optimizer.dispose();
  }
}

/**
 * Kernels and matrices in half precision, which is half the file and no loss that could be measured;
 * biases, factors and statistics, of which there are few, as they are.
 */
function halved(state: StateDict): Record<string, StoredTensor> {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => {
      const { dtype, shape, data } = tensor;
      return [
        name,
        dtype === "F32" && shape.length > 1
          ? { dtype: "F16", shape, data: writeFloat16(data) }
          : tensor,
      ];
    }),
  ) as Record<string, StoredTensor>;
}
