/**
 * The runs of a folder, to compare.
 *
 * @module
 */

import { join } from "node:path";
import { readTable } from "../data/mod.ts";
import { isFile, isFolder } from "../files.ts";
import { openSafetensors } from "../weights/mod.ts";
import type { Best, Epoch } from "./history.ts";
import { RunFolder } from "./run_folder.ts";

/** What a run is, at a glance. */
export type RunSummary = {
  path: string;
  /** The job or recipe that wrote it, where it says so. */
  of?: string;
  /** Name of the network. */
  model: string;
  /** Epochs so far, and in all, unless its patience ends it before. */
  epochs: number;
  plannedEpochs: number;
  /** The best epoch, whose weights it keeps. */
  best?: Best;
  /** All values of that epoch. */
  values?: Epoch;
  /** When it began. */
  started: Date;
};

/**
 * All runs in a folder and those below it, the newest first.
 *
 * @throws {RangeError} When there is no such folder
 * @throws {Error} When a run's files are damaged
 */
export function listRuns(folder: string): RunSummary[] {
  if (!isFolder(folder)) throw new RangeError(`Cannot list runs: there is no folder "${folder}"`);
  return runFolders(folder).map(summaryOf)
    .sort((a, b) => b.started.getTime() - a.started.getTime());
}

/** Folders with a training's `config.json`. */
function runFolders(folder: string): RunFolder[] {
  const run = new RunFolder(folder);
  if (run.exists && "training" in run.readConfig()) return [run];
  return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name }) => runFolders(join(folder, name)));
}

function summaryOf(run: RunFolder): RunSummary {
  const { model, training, job, recipe } = run.readConfig() as {
    model: { name: string };
    training: { phases: { epochs: number }[] };
    job?: string;
    recipe?: string;
  };
  const [history, weights] = ["history.csv", "model.safetensors"].map((name) => run.file(name));
  const rows = isFile(history!) ? readTable(history!).toRecords() as unknown as Epoch[] : [];
  const best = isFile(weights!) ? bestOf(weights!) : undefined;
  return {
    path: run.path,
    of: job ?? recipe,
    model: model.name,
    epochs: rows.length,
    plannedEpochs: training.phases.reduce((sum, { epochs }) => sum + epochs, 0),
    best,
    values: best && rows.find(({ epoch }) => epoch === best.epoch),
    started: Deno.statSync(run.file("config.json")).mtime!,
  };
}

function bestOf(path: string): Best | undefined {
  using file = openSafetensors(path);
  return file.metadata.best === undefined ? undefined : JSON.parse(file.metadata.best);
}
