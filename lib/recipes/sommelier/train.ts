/**
 * The stages of a training: a new head on a network that learnt something else, the head, all layers.
 *
 * @module
 */

import { join } from "node:path";
import { firstModel } from "../../jobs/first_model.ts";
import type { ImageModel } from "../../models/mod.ts";
import { within } from "../../progress.ts";
import { foldIn, key, sigmoid } from "../../tensorflow/mod.ts";
import {
  adamw,
  cosine,
  type Epoch,
  finetune,
  fractions,
  inferAll,
  predictor,
  RunFolder,
  runOnImages,
  withoutDecay,
} from "../../train/mod.ts";
import { sommelierAugmentation } from "./augmentation.ts";
import { OUTPUTS, rowsOf, type Survey, type SurveyGalaxies, WEIGHT } from "./galaxies.ts";
import type { Work } from "./settings.ts";

/** The stages, in their order. */
export const STAGES = ["pretrained", "head", "full"] as const;

/** One of them. */
export type Stage = typeof STAGES[number];

/** Fractions as volunteers and a network tell them: a list an output, and in each a number a galaxy. */
export type Told = {
  columns: readonly string[];
  target: Float64Array[];
  prediction: Float64Array[];
};

/** What is called after each stage, with the network as it is then. */
type AtStage = (stage: Stage, model: ImageModel) => Promise<void>;

/**
 * Trains a network, or goes on with a stopped training. The head of the source (512, 256) stands on the
 * network's features; it learns alone, on features that are computed once, then all layers do, with
 * turns, mirrors and brightness.
 *
 * @param galaxies The set, and which of its rows are learnt
 * @returns The history of both stages
 */
export async function trainStages(
  name: string,
  { set, train, validation }: Pick<SurveyGalaxies, "set"> & {
    train: Int32Array;
    validation: Int32Array;
  },
  { out, settings, signal, onProgress, atStage }: Work & { atStage: AtStage },
): Promise<Epoch[]> {
  const { head, full, weightDecay, seed, batch, precision, compiler, tensorBoard } = settings;
  const { width, ...first } = settings;
  const { model } = await firstModel(first, { classes: OUTPUTS.length, width, signal });
  const random = key(seed);
  const forHead = foldIn(random, 1);
  model.resetHead({ classes: OUTPUTS.length, key: forHead, head: {} });
  random.dispose();
  forHead.dispose();
  const common = {
    train: { set, indices: train },
    validation: { set, indices: validation },
    loss: fractions({ kind: "mse", weight: WEIGHT }),
    clipNorm: 1,
    ...{ batchSize: batch, seed, precision, compiler, tensorBoard, signal, resume: true },
    config: { recipe: "sommelier", settings: { training: name } },
  };
  const decaying = { weightDecay, perParameter: withoutDecay };
  try {
    await atStage("pretrained", model);
    const headRun = new RunFolder(join(out, "models", name, "head"));
    const { history } = await finetune(model, {
      ...{ ...common, run: headRun },
      phases: [{ name: "head", epochs: head.epochs, rate: head.rate, trainable: "head" }],
      optimizer: (parameters) => adamw(parameters, decaying),
      onProgress: within(onProgress, `${name}, head`),
    });
    headRun.readModel(model);
    await atStage("head", model);

    const run = new RunFolder(join(out, "models", name, "full"));
    const { rate, backboneRate, epochs, patience } = full;
    const ofHead = new Set(Object.keys(model.headParameters()));
    const second = await finetune(model, {
      ...{ ...common, run, patience },
      phases: [{
        ...{ name: "full", epochs, trainable: "all" },
        rate: (steps) => cosine({ rate, steps, final: rate / 100 }),
      }],
      optimizer: (parameters) =>
        adamw(parameters, {
          weightDecay,
          perParameter: (parameter, variable) => ({
            ...withoutDecay(parameter, variable),
            rateFactor: ofHead.has(parameter) ? 1 : backboneRate / rate,
          }),
        }),
      augment: sommelierAugmentation,
      onProgress: within(onProgress, `${name}, full`),
    });
    run.readModel(model);
    await atStage("full", model);
    const later = ({ epoch, ...row }: Epoch) =>
      ({ ...row, epoch: epoch + history.length }) as Epoch;
    return [...history, ...second.history.map(later)];
  } finally {
    model.dispose();
  }
}

/** What a network tells of the galaxies of a survey, beside what its volunteers said. */
export async function predictedOf(
  model: ImageModel,
  { set, count }: Pick<SurveyGalaxies, "set" | "count">,
  { survey, galaxies, signal }: { survey: Survey; galaxies: Int32Array; signal?: AbortSignal },
): Promise<Told> {
  const indices = rowsOf(survey, { galaxies, count });
  const targets = set.targets!;
  return await predictedRows(model, {
    ...{ set, indices, signal },
    target: (row, at) => targets.values[indices[row]! * targets.names.length + at]!,
  });
}

/** What a network tells of the images of a set, column by column. */
export async function predictedRows(
  model: ImageModel,
  { set, indices, target, signal }: Pick<SurveyGalaxies, "set"> & {
    indices: Int32Array;
    /** What is true of a row, by the place of the output. */
    target: (row: number, at: number) => number;
    signal?: AbortSignal;
  },
): Promise<Told> {
  const predict = predictor(model, { predict: sigmoid });
  try {
    const { values } = await inferAll({ set, indices }, {
      run: runOnImages(predict, { size: set.size }),
      signal,
    });
    const column = (of: (row: number) => number) =>
      Float64Array.from({ length: indices.length }, (_, row) => of(row));
    return {
      columns: OUTPUTS,
      target: OUTPUTS.map((_, at) => column((row) => target(row, at))),
      prediction: OUTPUTS.map((_, at) => column((row) => values[row * OUTPUTS.length + at]!)),
    };
  } finally {
    predict.dispose();
  }
}
