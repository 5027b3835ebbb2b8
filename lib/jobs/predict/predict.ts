/**
 * Predicts galaxies with a trained network: a folder of images, or the rows of a catalogue.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { type BadFile, type Column, streamImages, writeTable } from "../../data/mod.ts";
import { listBadFiles } from "../../data/images/decode.ts";
import { stampOf } from "../../data/images/image_list.ts";
import { lockFolder } from "../../lock.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import { type GivenOf, settingsOf } from "../../settings.ts";
import { infer, type Predictor, predictor, runOnImages } from "../../train/mod.ts";
import { checkWritable } from "../../writable.ts";
import { probabilityColumns } from "../classify/train.ts";
import { leftOut } from "../left_out.ts";
import { type ArrayTask, arrayTaskOf, nameOfTask, rowsOfTask } from "./array_task.ts";
import { findGalaxies } from "./galaxies.ts";
import { PREDICT } from "./settings.ts";
import { Shards } from "./shards.ts";
import {
  openTrainedRun,
  predictionsOf,
  runTemperature,
  type TrainedNetwork,
} from "./trained_run.ts";
import { voteTable } from "./vote_table.ts";

/** Images in a step of the network. */
const BATCH = 64;

/**
 * Options of {@linkcode predictImages}: the settings, and where the predictions go. `images`, `data`
 * or both say what is predicted.
 */
export type PredictOptions = GivenOf<typeof PREDICT> & {
  /**
   * A table, `.parquet` or `.csv`; or a folder, without such an ending, for a table in parts of
   * `shard` rows: `part-00000.parquet` …. Of several tasks, each has a folder in it.
   */
  out: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** What was predicted. */
export type Predicted = {
  /** Rows written, or kept. */
  count: number;
  /** Rows that were there before. */
  kept: number;
  /** Files left out. */
  bad: BadFile[];
  /** Ids of rows without an image. */
  missing: string[];
  /** Where calibrated. */
  temperature?: number;
};

/**
 * Predicts galaxies, in the order of the table (of the names in a folder), and writes a table: the
 * id, as text; the most probable class and the probability of each (`p_CLASS`), or, of a network that
 * learnt vote fractions, a column for each, and for each question the share of the volunteers who would be
 * asked it (`QUESTION_proportion_volunteers_asked`), where a decision tree tells. Of a network that learnt
 * counts of votes, `QUESTION_ANSWER_fraction` and the concentration `QUESTION_ANSWER_dirichlet`.
 *
 * Images are decoded while the network is at work. A table of more than `shard` rows is written in
 * parts; given again after a stop, the same call goes on after the last whole part (of a table in one
 * file, parts wait in `FILE.parts`), and the outcome is the same to the bit. Parts are checked: those
 * that are damaged, or whose images changed, are made again.
 *
 * @param run A run folder, or a network
 * @throws {Error} When there is no finished run, images cannot be used, or `out` cannot be written or
 * holds other predictions
 * @throws {RangeError} When a setting is out of range
 * @throws {DOMException} When the signal aborts; the same call goes on
 *
 * @example
 * ```ts
 * import { predictImages } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(predictImages("no-run", { images: "no-images", out: "table.parquet" }), {
 *   message: /^Cannot find a run in "no-run"/,
 * });
 * ```
 */
export async function predictImages(
  run: string | TrainedNetwork,
  { out, signal, onProgress, ...given }: PredictOptions,
): Promise<Predicted> {
  const settings = settingsOf(PREDICT, given);
  const { images, data, shard: length, views, calibrated, skipBad } = settings;
  const task = settings.part === undefined ? undefined : arrayTaskOf(settings.part);
  const report = counting(onProgress, { what: "Predicting", unit: "images" });
  const opened = typeof run === "string" ? openTrainedRun(run) : undefined;
  const network = opened ?? run as TrainedNetwork;
  let predict: Predictor | undefined;
  try {
    // 1. What is to be done, and what is there.
    if (calibrated && opened === undefined) {
      throw new RangeError(
        "Cannot calibrate: a run folder is wanted that holds predictions of classes",
      );
    }
    const temperature = calibrated ? runTemperature(opened!) : undefined;
    const galaxies = findGalaxies(settings);
    const { idName } = galaxies;
    const of = galaxies.ids.length;
    const { first, end } = rowsOfTask(task ?? { index: 0, of: 1 }, of);
    const [ids, paths] = [galaxies.ids.slice(first, end), galaxies.paths.slice(first, end)];
    const count = Math.ceil(ids.length / length);
    const place = placeOf(out, { count, task });
    checkWritable(place.parts ?? dirname(out));
    using _lock = place.parts === undefined
      ? undefined
      : lockFolder(place.parts, { what: "write predictions to" });
    const shards = place.parts === undefined ? undefined : new Shards(
      place.parts,
      fingerprintOf([network.fingerprint, views, temperature ?? 1, length, skipBad, idName]),
    );
    const stamps = paths.map((path) => stampOf(path));

    // 2. Part by part.
    const batchSize = Math.min(BATCH, 2 ** Math.ceil(Math.log2(of)));
    const left: BadFile[] = [...galaxies.bad];
    let [done, kept, written] = [0, 0, 0];
    let table: Record<string, Column> = {};
    for (let index = 0; index < count; index++) {
      const [first, end] = [index * length, Math.min((index + 1) * length, ids.length)];
      const input = fingerprintOf([ids.slice(first, end), stamps.slice(first, end), batchSize]);
      const known = shards?.find(index, input);
      if (known !== undefined) {
        kept += known.rows;
        written += known.rows;
        left.push(...known.bad);
      } else {
        const start = performance.now();
        predict ??= predictor(network.model, {
          ...{ predict: predictionsOf(network, { temperature }), views },
        });
        const items = ids.slice(first, end).map((id, row) => ({ id, image: paths[first + row]! }));
        const { size, cropFraction, filter } = network.model.preprocessing;
        const stream = streamImages(items, { size, cropFraction, filter, bad: "skip" });
        const run = runOnImages(predict, { size, rows: batchSize });
        const rows: { id: string; values: Float32Array }[] = [];
        for await (const part of infer({ set: stream }, { run, batchSize, signal })) {
          const { batch: { indices }, values } = part;
          const width = values.length / indices.length;
          indices.forEach((index, row) => {
            const own = values.slice(row * width, (row + 1) * width);
            rows.push({ id: stream.ids[index]!, values: own });
          });
          report({ done: done + indices.at(-1)! + 1, total: ids.length });
        }
        if (!skipBad && stream.bad.length > 0) {
          throw new Error(
            `Cannot decode ${stream.bad.length} of ${items.length} images of "${images ?? data}": ${
              listBadFiles(stream.bad)
            }; remove them or skip bad files`,
          );
        }
        left.push(...stream.bad);
        written += rows.length;
        table = tableOf(network, { idName, rows });
        const seconds = (performance.now() - start) / 1000;
        shards?.write(index, { table, input, bad: stream.bad, seconds });
      }
      done = end;
      report({ done, total: ids.length });
    }
    shards?.finish(count, { first, end, of, ids: fingerprintOf(galaxies.ids) });

    // 3. One table, where one is wanted.
    if (written === 0 && task === undefined) {
      throw new Error(
        `Cannot predict the images of "${images ?? data}": ${listBadFiles(left)}`,
      );
    }
    if (place.file !== undefined) {
      writeTable(place.file, shards?.read() ?? table);
      if (place.parts !== undefined) Deno.removeSync(place.parts, { recursive: true });
    }
    const { missing } = galaxies;
    if (missing.length > 0) {
      onProgress?.({
        message: `${missing.length} galaxies left out that have no image, first ${missing[0]}`,
      });
    }
    if (left.length > 0) onProgress?.({ message: leftOut(left) });
    return { count: written, kept, bad: left, missing, temperature };
  } finally {
    predict?.dispose();
    opened?.model.dispose();
  }
}

/** Where the table goes, and where its parts. */
function placeOf(
  out: string,
  { count, task }: { count: number; task?: ArrayTask },
): { file?: string; parts?: string } {
  if (/\.(parquet|csv)$/i.test(out)) {
    if (task !== undefined) {
      throw new RangeError(
        `Cannot write "${out}": several tasks write into a folder, which predict merge makes a table of`,
      );
    }
    return {
      file: out,
      parts: count > 1 || existsSync(`${out}.parts`) ? `${out}.parts` : undefined,
    };
  }
  if (/\.[a-z]\w*$/i.test(out)) {
    throw new RangeError(
      `Cannot write "${out}": the extension must be .parquet or .csv, or none for a folder`,
    );
  }
  return { parts: task === undefined ? out : join(out, nameOfTask(task)) };
}

function tableOf(
  { outputs }: TrainedNetwork,
  { idName, rows }: { idName: string; rows: { id: string; values: Float32Array }[] },
): Record<string, Column> {
  const ids = rows.map(({ id }) => id);
  const values = rows.map(({ values }) => values);
  if ("fractions" in outputs) {
    return { [idName]: ids, ...voteTable(outputs, values) };
  }
  const { classes } = outputs;
  return {
    [idName]: ids,
    prediction: rows.length > 0 ? Array.from(mostProbable(values), (label) => classes[label]!) : [],
    ...probabilityColumns(classes, values),
  };
}

function fingerprintOf(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
