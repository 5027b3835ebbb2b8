/**
 * A training run in a process of its own, so that it can be killed. It has every kind of state that
 * a resumed run must bring back: momenta, averages, running statistics, random draws, an epoch half
 * done. It resumes where there is something to resume, and prints a line after each step.
 *
 *     deno run -A tests/train/_resume_child.ts FOLDER CHECKPOINT_SECONDS
 */

import {
  adamw,
  cosine,
  crossEntropy,
  Ema,
  fit,
  flipsAndTurns,
  RunFolder,
  withoutDecay,
} from "galaxykit/train";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const EPOCHS = 3;
const STEPS = 8;
const BATCH = 8;

const [folder, seconds] = Deno.args;
const set = galaxySet({ count: (STEPS + 1) * BATCH });
const model = tinyModel({ width: 8 });
const indices = Int32Array.from(set.labels, (_, index) => index);

await fit(model, {
  train: { set, indices: indices.subarray(0, STEPS * BATCH) },
  validation: { set, indices: indices.subarray(STEPS * BATCH) },
  optimizer: adamw(model.namedParameters(), { weightDecay: 0.05, perParameter: withoutDecay }),
  schedule: cosine({ rate: 3e-3, steps: EPOCHS * STEPS, warmup: 4 }),
  epochs: EPOCHS,
  batchSize: BATCH,
  seed: 5,
  normalization,
  augment: (key, images) => flipsAndTurns(key, images),
  loss: crossEntropy({ labelSmoothing: 0.1 }),
  ema: new Ema(model.namedParameters(), { decay: 0.9 }),
  run: new RunFolder(folder!),
  resume: true,
  fingerprint: "same",
  checkpointSeconds: Number(seconds),
  onStep: ({ epoch, step }) => console.log(epoch, step),
});
