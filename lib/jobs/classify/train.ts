/**
 * Trains a classifier on a folder of images and leaves a run folder.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  type BadFile,
  type ImageSet,
  loadImageFolder,
  stratifiedSplit,
  writeTable,
} from "../../data/mod.ts";
import { writeFileAtomic } from "../../files.ts";
import {
  type ClassificationReport,
  classificationReport,
  mostProbable,
} from "../../metrics/mod.ts";
import { confusionMatrix, learningCurves } from "../../plot/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { checkSettings, configOf, type GivenOf } from "../../settings.ts";
import { type Augmentation, flipsAndQuarterTurns, flipsAndTurns } from "../../augment/mod.ts";
import {
  adamw,
  cosine,
  crossEntropy,
  type Epoch,
  fit,
  predictProbabilities,
  RunFolder,
  withoutDecay,
} from "../../train/mod.ts";
import { firstModel } from "../first_model.ts";
import { leftOut } from "../left_out.ts";
import { CLASSIFY, type ClassifySettings, classifySettings } from "./settings.ts";

/** What a training run came to. */
export type TrainingOutcome = {
  run: RunFolder;
  history: Epoch[];
  best: { epoch: number; value: number };
  /** Of the best epoch's weights on the validation images. */
  report: ClassificationReport;
  /** The path of the confusion matrix. */
  figure: string;
  /** Files left out. */
  bad: BadFile[];
};

const AUGMENTATIONS: Record<ClassifySettings["augmentation"], Augmentation | undefined> = {
  "none": undefined,
  "quarter-turns": flipsAndQuarterTurns,
  "turns": (key, images) => flipsAndTurns(key, images),
};

/**
 * Trains on a folder of images, or goes on with a run.
 *
 * @param out The run folder
 * @throws {Error} When the images cannot be used, or the folder is not empty (and does not resume), or
 * holds no run (and does)
 * @throws {RangeError} When a setting is unknown or out of its limits
 * @throws {DOMException} When the signal aborts; the run can be resumed
 *
 * @example
 * ```ts
 * import { trainImageFolder } from "galaxykit/jobs";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * await writeGalaxyFolder(`${folder}/images`, { count: 60, size: 32, seed: 1 });
 * const { report } = await trainImageFolder(`${folder}/run`, {
 *   settings: { images: `${folder}/images`, profile: "tiny", size: 32, crop: 1, epochs: 1, batch: 16 },
 * });
 * assert.ok(report.accuracy >= 0 && report.accuracy <= 1);
 * ```
 */
export async function trainImageFolder(
  out: string,
  { settings: given, resume = false, tensorBoard, checkpointSeconds = 30, signal, onProgress }: {
    /** What differs from the profile; wanted unless a run is resumed. */
    settings?: GivenOf<typeof CLASSIFY>;
    /** @default {false} */
    resume?: boolean;
    /**
     * Whether the history is written for TensorBoard, too; a run that has it and goes on keeps it up.
     * @default {false}
     */
    tensorBoard?: boolean;
    /** Seconds between two checkpoints. @default {30} */
    checkpointSeconds?: number;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<TrainingOutcome> {
  const run = new RunFolder(out);
  const settings = resume ? settingsOfRun(run) : settingsOfNewRun(run, given ?? {});

  // 1. Images.
  const { images, size, crop, seed } = settings;
  const set = await loadImageFolder(images, {
    size,
    cropFraction: crop,
    bad: settings.skipBad ? "skip" : "error",
    signal,
    onProgress,
  });
  const { train, validation } = stratifiedSplit({
    labels: set.labels,
    classes: set.classes,
    fractions: { train: 1 - settings.validation, validation: settings.validation },
    seed,
  });
  if (train.length < settings.batch) {
    throw new RangeError(
      `Cannot train on "${images}": a batch holds ${settings.batch} images, and only ${train.length} are left for training; lower it (batch) or add images`,
    );
  }

  // 2. Model and recipe.
  const { model } = await firstModel(settings, {
    classes: set.classes.length,
    width: settings.width,
    signal,
  });
  const steps = settings.epochs * Math.floor(train.length / settings.batch);
  const optimizer = adamw(model.namedParameters(), {
    weightDecay: settings.weightDecay,
    perParameter: withoutDecay,
  });
  const tell = (message: string) => onProgress?.({ message });
  if (set.bad.length > 0) tell(leftOut(set.bad));
  tell(
    `${set.labels.length.toLocaleString("en")} images of ${set.classes.length} classes (${
      set.classes.join(", ")
    }): ${train.length} to train on, ${validation.length} for validation`,
  );
  tell(
    `${model.modelName}, ${model.parameterCount().toLocaleString("en")} parameters`,
  );
  let trained = 0;

  // 3. Training.
  try {
    const { history, best } = await fit(model, {
      train: { set, indices: train },
      validation: { set, indices: validation },
      optimizer,
      schedule: cosine({ rate: settings.rate, steps, warmup: Math.floor(steps / 10) }),
      epochs: settings.epochs,
      batchSize: settings.batch,
      precision: settings.precision,
      compiler: settings.compiler,
      seed,
      augment: AUGMENTATIONS[settings.augmentation],
      loss: crossEntropy({ labelSmoothing: settings.labelSmoothing }),
      ...{ run, resume, tensorBoard },
      config: { job: "classify", settings: configOf(CLASSIFY, settings) },
      checkpointSeconds,
      signal,
      onProgress,
      onEpoch: () => void trained++,
    });
    if (trained === 0) {
      tell(`The run was finished already: all ${history.length} epochs are trained`);
    }

    // 4. What the best weights say of the validation images.
    run.readModel(model);
    const probabilities = await predictProbabilities(model, { set, indices: validation, signal });
    const report = await writeResults(run, { set, indices: validation, probabilities, history });
    const figure = run.file("figures/confusion_matrix.png");
    return { run, history, best, report, figure, bad: set.bad };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** The settings of a run that goes on. */
function settingsOfRun(run: RunFolder): ClassifySettings {
  const { settings = {} } = run.readConfig() as { settings?: Record<string, unknown> };
  checkSettings(CLASSIFY, settings, { refusal: `Cannot use "${run.file("config.json")}"` });
  return settings;
}

/** The settings of a run that begins, with paths that are good anywhere. */
function settingsOfNewRun(run: RunFolder, given: GivenOf<typeof CLASSIFY>): ClassifySettings {
  run.checkFree();
  const settings = classifySettings(given);
  const { images, weights } = settings;
  return {
    ...settings,
    images: resolve(images),
    weights: weights !== "none" && existsSync(weights) ? resolve(weights) : weights,
  };
}

async function writeResults(
  run: RunFolder,
  { set, indices, probabilities, history }: {
    set: ImageSet;
    indices: Int32Array;
    probabilities: Float32Array[];
    history: Epoch[];
  },
): Promise<ClassificationReport> {
  const target = indices.map((index) => set.labels[index]!);
  const report = classificationReport({ target, probabilities, classes: set.classes });
  const prediction = Array.from(mostProbable(probabilities));
  const table = {
    id: [...indices].map((index) => set.ids[index]!),
    target: [...target].map((label) => set.classes[label]!),
    prediction: prediction.map((label) => set.classes[label]!),
    ...probabilityColumns(set.classes, probabilities),
  };
  writeTable(run.file("predictions.parquet"), table);
  writeFileAtomic(run.file("metrics.txt"), `${report.text}\n`);
  const figures = {
    confusion_matrix: confusionMatrix(table, { classes: set.classes, title: "Validation images" }),
    learning_curves: learningCurves(history, {
      metrics: ["loss", "accuracy"],
      title: "Training and validation",
    }),
  };
  for (const [name, figure] of Object.entries(figures)) {
    for (const format of ["png", "svg"]) await figure.save(run.file(`figures/${name}.${format}`));
  }
  return report;
}

/** A column `p_class` for each class. */
export function probabilityColumns(
  classes: readonly string[],
  probabilities: readonly Float32Array[],
): Record<string, Float32Array> {
  return Object.fromEntries(
    classes.map((name, label) => [
      `p_${name}`,
      Float32Array.from(probabilities, (row) => row[label]!),
    ]),
  );
}
