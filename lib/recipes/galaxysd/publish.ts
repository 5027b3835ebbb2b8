/**
 * A trained model made small, with the record of what it came from: one of the kit's own weights.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "../../data/mod.ts";
import { writeJson } from "../../files.ts";
import { REPORT } from "../../jobs/report.ts";
import { isGalaxyPipeline, openGalaxyPipeline, saveGalaxyPipeline } from "./pipeline.ts";

/** The record beside a model. */
const RECORD = "record.json";

/**
 * Writes the model of a run in half precision, and `record.json`: the command, its settings, the hours,
 * the last line of the history and what the report of the run has measured.
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
  writeJson(join(folder, RECORD), {
    command,
    config: json("config.json"),
    hours: Number((seconds / 3600).toFixed(2)),
    last: history.at(-1),
    measured: { groups, tags },
  });
}
