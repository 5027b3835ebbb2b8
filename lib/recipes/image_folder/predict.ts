/**
 * Predicts the classes of images with a trained run.
 *
 * @module
 */

import {
  type BadFile,
  decodeImages,
  type ImageSet,
  listImages,
  writeTable,
} from "../../data/mod.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { modelCard } from "../../models/mod.ts";
import { key } from "../../tensorflow/mod.ts";
import { predictor, predictProbabilities, RunFolder } from "../../train/mod.ts";
import { probabilityColumns, type RunConfig } from "./train.ts";

/** Images decoded at a time: 12 MB at 64 pixels. */
const CHUNK = 1024;

/**
 * Predicts the class of every image under a folder and writes a table: id (the path in the folder),
 * prediction, and the probability of each class.
 *
 * @param folder A run folder
 * @returns How many images there were, and the files left out
 * @throws {Error} When there is no finished run, or the images cannot be used
 *
 * @example
 * ```ts
 * import { predictImages } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(predictImages("no-run", { images: "no-images", out: "table.parquet" }), {
 *   message: /^Cannot find a run in "no-run"/,
 * });
 * ```
 */
export async function predictImages(
  folder: string,
  { images, out, bad = "error", signal, onProgress }: {
    /** A folder of images, with or without subfolders. */
    images: string;
    /** The table to write, `.parquet` or `.csv`. */
    out: string;
    /** What to do with files that are no images. @default {"error"} */
    bad?: "error" | "skip";
    signal?: AbortSignal;
    /** Called with the number of images done. */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<{ count: number; bad: BadFile[] }> {
  const run = new RunFolder(folder);
  const { classes, model: name, width, size, crop, normalization } = run
    .readConfig() as unknown as RunConfig;
  const { files, bad: badFiles } = listImages(images, { bad });
  const weights = key(0);
  const model = modelCard(name).create({ classes: classes.length, width, key: weights });
  weights.dispose();
  run.readModel(model);
  const predict = predictor(model, normalization);
  const probabilities: Float32Array[] = [];
  for (let first = 0; first < files.length; first += CHUNK) {
    const chunk = files.slice(first, first + CHUNK);
    const set: ImageSet = {
      images: await decodeImages(chunk.map(({ path }) => path), {
        size,
        cropFraction: crop,
        signal,
      }),
      size,
      labels: new Int32Array(chunk.length),
      classes,
      ids: chunk.map(({ id }) => id),
    };
    const rows = await predictProbabilities(predict, {
      set,
      signal,
      onProgress: (done) => onProgress?.(first + done, files.length),
    });
    probabilities.push(...rows);
  }
  writeTable(out, {
    id: files.map(({ id }) => id),
    prediction: [...mostProbable(probabilities)].map((label) => classes[label]!),
    ...probabilityColumns(classes, probabilities),
  });
  predict.dispose();
  model.dispose();
  return { count: files.length, bad: badFiles };
}
