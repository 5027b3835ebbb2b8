/**
 * Predicts the classes of images with a trained run.
 *
 * @module
 */

import { dirname } from "node:path";
import { decodeAll, listBadFiles } from "../../data/images/decode.ts";
import {
  type BadFile,
  type DecodeOptions,
  type ImageFile,
  type ImageSet,
  listImages,
  writeTable,
} from "../../data/mod.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { modelCard } from "../../models/mod.ts";
import { key } from "../../tensorflow/mod.ts";
import { predictor, predictProbabilities, RunFolder } from "../../train/mod.ts";
import { readRunConfig } from "./run_config.ts";
import { probabilityColumns } from "./train.ts";
import { checkWritable } from "../../writable.ts";

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
    /** What to do with files that are no images, or damaged ones. @default {"error"} */
    bad?: "error" | "skip";
    signal?: AbortSignal;
    /** Called with the number of images done. */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<{ count: number; bad: BadFile[] }> {
  const run = new RunFolder(folder);
  const { settings, classes, normalization } = readRunConfig(run);
  const { files, bad: noImages } = listImages(images, { bad });
  if (!/\.(parquet|csv)$/i.test(out)) {
    throw new RangeError(`Cannot write "${out}": the extension must be .parquet or .csv`);
  }
  checkWritable(dirname(out));
  const weights = key(0);
  const { model: name, width, size, crop } = settings;
  const model = modelCard(name).create({ classes: classes.length, width, size, key: weights });
  weights.dispose();
  const predict = predictor(model, normalization);
  const ids: string[] = [];
  const probabilities: Float32Array[] = [];
  const damaged: BadFile[] = [];
  try {
    run.readModel(model);
    for (let first = 0; first < files.length; first += CHUNK) {
      const { set, failed } = await readChunk(files.slice(first, first + CHUNK), {
        classes,
        decode: { size, cropFraction: crop, signal },
      });
      if (bad === "error" && failed.length > 0) {
        throw new Error(
          `Cannot decode ${failed.length} of ${files.length} images of "${images}": ${
            listBadFiles(failed)
          }; remove them or skip bad files`,
        );
      }
      damaged.push(...failed);
      if (set.ids.length === 0) continue;
      ids.push(...set.ids);
      probabilities.push(
        ...await predictProbabilities(predict, {
          set,
          signal,
          onProgress: (done) => onProgress?.(first + done, files.length),
        }),
      );
    }
  } finally {
    predict.dispose();
    model.dispose();
  }
  if (ids.length === 0) {
    throw new Error(`Cannot predict the images of "${images}": ${listBadFiles(damaged)}`);
  }
  writeTable(out, {
    id: ids,
    prediction: [...mostProbable(probabilities)].map((label) => classes[label]!),
    ...probabilityColumns(classes, probabilities),
  });
  return { count: ids.length, bad: [...noImages, ...damaged] };
}

/** Decodes some files; those that cannot be are left out of the set. */
async function readChunk(
  files: readonly ImageFile[],
  { classes, decode }: { classes: string[]; decode: DecodeOptions },
): Promise<{ set: ImageSet; failed: BadFile[] }> {
  const { images, bad: failed } = await decodeAll(files.map(({ path }) => path), decode);
  const paths = new Set(failed.map(({ path }) => path));
  const length = 3 * decode.size ** 2;
  const good = [...files.keys()].filter((index) => !paths.has(files[index]!.path));
  good.forEach((index, row) =>
    images.copyWithin(row * length, index * length, (index + 1) * length)
  );
  const set = {
    images: images.subarray(0, good.length * length),
    size: decode.size,
    labels: new Int32Array(good.length),
    classes,
    ids: good.map((index) => files[index]!.id),
  };
  return { set, failed };
}
