/**
 * A training run in a process of its own, so that it can be killed. It resumes where there is
 * something to resume, and prints a line after each step. `fit` has every kind of state that a
 * resumed run must bring back: momenta, averages, running statistics, random draws, an epoch half
 * done; `finetune` has two phases, on features that are computed anew, with momenta that are kept;
 * `ddpm` and `simclr` are objectives of the tests' own, the first with batches in parts and a loss
 * scale, the second with parameters that are moved in parts.
 *
 *     deno run -A tests/train/_resume_child.ts fit|finetune|ddpm|simclr FOLDER CHECKPOINT_SECONDS
 */

import { flipsAndTurns } from "galaxykit/augment";
import { imageSet, Prng } from "galaxykit/data";
import {
  adamw,
  cosine,
  crossEntropy,
  Ema,
  finetune,
  fit,
  focal,
  RunFolder,
  train,
  withoutDecay,
} from "galaxykit/train";
import { ring, waves } from "./toys/data.ts";
import { ddpm, Denoiser } from "./toys/ddpm.ts";
import { Encoder, simclr } from "./toys/simclr.ts";
import { normalization, tinyModel } from "./_problem.ts";

const EPOCHS = 3;
const STEPS = 8;
const BATCH = 8;

const [how, folder, seconds] = Deno.args;
const common = {
  seed: 5,
  run: new RunFolder(folder!),
  resume: true,
  checkpointSeconds: Number(seconds),
  onStep: ({ epoch, step }: { epoch: number; step: number }) => console.log(epoch, step),
};

/** Images of noise: what is learnt does not matter here, and galaxies take longer to draw. */
function noise() {
  const model = tinyModel({ width: 8 });
  const count = (STEPS + 1) * BATCH;
  const prng = new Prng(3);
  const set = imageSet({
    images: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => prng.integer(256)),
    size: 32,
    labels: Int32Array.from({ length: count }, (_, row) => row % 3),
    classes: ["a", "b", "c"],
    ids: Array.from({ length: count }, (_, row) => `image ${row}`),
  });
  const indices = Int32Array.from(set.labels, (_, index) => index);
  const train = { set, indices: indices.subarray(0, STEPS * BATCH) };
  const validation = { set, indices: indices.subarray(STEPS * BATCH) };
  return { model, options: { ...common, train, validation, normalization, batchSize: BATCH } };
}

if (how === "fit") {
  const { model, options } = noise();
  await fit(model, {
    ...options,
    optimizer: adamw(model.namedParameters(), { weightDecay: 0.05, perParameter: withoutDecay }),
    schedule: cosine({ rate: 3e-3, steps: EPOCHS * STEPS, warmup: 4 }),
    epochs: EPOCHS,
    augment: (key, images) => flipsAndTurns(key, images),
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    ema: new Ema(model.namedParameters(), { decay: 0.9 }),
  });
} else if (how === "finetune") {
  const { model, options } = noise();
  await finetune(model, {
    ...options,
    phases: [
      { name: "head", epochs: 1, rate: 1e-2, trainable: "head" },
      {
        name: "last blocks",
        epochs: EPOCHS - 1,
        rate: (steps) => cosine({ rate: 1e-3, steps }),
        trainable: { lastBlocks: 3 },
        layerDecay: 0.7,
        optimizer: "keep",
      },
    ],
    loss: focal(),
  });
} else {
  const toy = { ...common, batchSize: 16, epochs: EPOCHS, rate: 3e-3 };
  const indices = Int32Array.from({ length: 16 }, (_, i) => 16 * STEPS + i);
  if (how === "ddpm") {
    const [model, set] = [new Denoiser(1), ring(16 * STEPS + 16)];
    const own = { set, indices: Int32Array.from({ length: 16 * STEPS }, (_, i) => i) };
    const parts = { accumulate: 2, lossScale: "dynamic" } as const;
    const ema = new Ema(model.namedParameters(), { decay: 0.99, warmup: {} });
    await train(ddpm(model), {
      ...toy,
      ...parts,
      ema,
      model,
      train: own,
      validation: { set, indices },
    });
  } else {
    const [model, set] = [new Encoder(1), waves(16 * STEPS + 16)];
    const own = { set, indices: Int32Array.from({ length: 16 * STEPS }, (_, i) => i) };
    const ema = new Ema(model.namedParameters(), { decay: 0.99, warmup: {} });
    const parts = { partBytes: 64, ema };
    await train(simclr(model), {
      ...toy,
      ...parts,
      model,
      train: own,
      validation: { set, indices },
    });
  }
}
