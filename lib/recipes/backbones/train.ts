/**
 * The training of a backbone.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { surveyJitter } from "../../augment/mod.ts";
import { modelCard } from "../../models/mod.ts";
import type { StateDict } from "../../nn/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { key } from "../../tensorflow/mod.ts";
import {
  adamw,
  cosine,
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

/**
 * Trains a backbone on the skies, or goes on with a stopped training, and writes its weights to
 * `weights/NAME.safetensors` in the folder.
 *
 * @param out Folder for the skies, the run and the weights
 * @returns The path of the weights, and the row of the best epoch, which they are of
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function trainBackbone(name: Backbone, { out, settings, signal, onProgress }: {
  out: string;
  settings: BackboneSettings;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}): Promise<{ path: string; best: Epoch }> {
  const { tensorBoard, ...own } = settings; // Of which alone the outcome depends
  const { weightDecay, epochs, batch, seed, precision, compiler } = own;
  const rate = rateOf(name, settings);
  const { set, train, validation } = await backboneGalaxies(name, {
    ...{ out, settings, signal, onProgress },
  });
  using _ = set;
  const { create, size } = modelCard(name);
  const random = key(seed);
  const model = create({ classes: answersLearnt(settings).length, size, key: random });
  random.dispose();
  const optimizer = adamw(model.namedParameters(), { weightDecay, perParameter: withoutDecay });
  const run = new RunFolder(join(out, name));
  try {
    const steps = epochs * Math.floor(train.length / batch);
    const { history, best } = await fit(model, {
      train: { set, indices: train },
      validation: { set, indices: validation },
      loss: fractions(),
      optimizer,
      schedule: cosine({ rate, steps, warmup: Math.floor(steps / 10) }),
      epochs,
      batchSize: batch,
      precision,
      compiler,
      seed,
      augment: surveyJitter,
      clipNorm: 1,
      ...{ run, resume: true, tensorBoard },
      config: { recipe: "backbones", settings: own },
      signal,
      onProgress: within(onProgress, name),
    });
    run.readModel(model);
    const path = join(out, "weights", `${name}.safetensors`);
    mkdirSync(join(out, "weights"), { recursive: true });
    writeSafetensors(path, halved(model.stateDict()), { metadata: { model: name } });
    return { path, best: history[best.epoch - 1] };
  } finally {
    optimizer.dispose();
    model.dispose();
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
