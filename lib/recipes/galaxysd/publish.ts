/**
 * A trained model made small, with the record of what it came from: one of the kit's own weights.
 *
 * @module
 */

import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { readTable } from "../../data/mod.ts";
import { writeJson } from "../../files.ts";
import { REPORT } from "../../jobs/report.ts";
import { type KitPipeline, PIPELINE_RECORD } from "../../weights/kit.ts";
import { recordOf, type WeightsRecord } from "../../weights/record.ts";
import { isGalaxyPipeline, openGalaxyPipeline, saveGalaxyPipeline } from "./pipeline.ts";
import { SIMULATED } from "./run.ts";

/**
 * Writes the model of a run in half precision, and `record.json`: hashes of the files, the command, its
 * settings, the hours, the last line of the history and what the report of the run has measured.
 *
 * @param run The folder of the run
 * @param folder Where the model goes
 * @throws {Error} When the run has no finished model
 *
 * @example
 * ```ts
 * import { publishGalaxies } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * const none = Deno.makeTempDirSync();
 * await assert.rejects(
 *   publishGalaxies(none, `${none}/small`, { command: "deno task galaxysd train" }),
 *   /no finished model is in it/,
 * );
 * ```
 */
export async function publishGalaxies(
  run: string,
  folder: string,
  { command, signal }: {
    /** What made the run. */
    command: string;
    signal?: AbortSignal;
  },
): Promise<void> {
  const source = join(run, "pipeline");
  if (!isGalaxyPipeline(source)) {
    throw new Error(
      `Cannot publish "${run}": no finished model is in it; run deno task galaxysd train --out "${run}" to its end`,
    );
  }
  const { pipeline, layout } = await openGalaxyPipeline(source);
  await saveGalaxyPipeline(folder, pipeline, { layout, variant: "fp16", signal });
  const json = (name: string) => JSON.parse(Deno.readTextFileSync(join(run, name)));
  const history = readTable(join(run, "model", "history.csv")).toRecords();
  const seconds = history.reduce((sum, { seconds }) => sum + Number(seconds), 0);
  const { groups, tags } = existsSync(join(run, REPORT)) ? json(REPORT) : {};
  const config = json("config.json");
  const isOfSky = config.data === SIMULATED;
  const parent = dirname(resolve(folder));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== PIPELINE_RECORD)
    .map((entry) => relative(parent, resolve(entry.parentPath, entry.name))).sort();
  const record = {
    ...await recordOf({ folder: parent, files, signal }),
    source: `kit:${basename(resolve(folder))}`,
    ...(isOfSky && { licence: "CC0-1.0" }),
    about: `galaxykit, learnt from ${isOfSky ? "simulated galaxies" : "a survey"}`,
    command,
    config,
    hours: Number((seconds / 3600).toFixed(2)),
    last: history.at(-1),
    measured: { groups, tags },
  } satisfies WeightsRecord & Pick<KitPipeline, "about" | "command"> & Record<string, unknown>;
  writeJson(join(folder, PIPELINE_RECORD), record);
}
