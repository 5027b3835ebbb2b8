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
  /** What is wrong with its files, where something is. */
  problem?: string;
};

/**
 * All runs in a folder and those below it, the newest first. A symbolic link to a run counts as one;
 * other links are not followed.
 *
 * @throws {RangeError} When there is no such folder
 */
export function listRuns(folder: string): RunSummary[] {
  if (!isFolder(folder)) throw new RangeError(`Cannot list runs: there is no folder "${folder}"`);
  return runFolders(folder).map(summaryOf)
    .sort((a, b) => b.started.getTime() - a.started.getTime());
}

/** What a training's `config.json` says. */
type Config = {
  model?: { name?: string };
  training: { phases: { epochs: number }[] };
  job?: string;
  recipe?: string;
};

/** A folder with a training's `config.json`. */
type Found = { run: RunFolder; config: Config };

function runFolders(folder: string): Found[] {
  const run = new RunFolder(folder);
  const config = run.exists ? configOf(run) : undefined;
  if (config !== undefined) return [{ run, config }];
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory, isSymlink }) => {
    const path = join(folder, name);
    if (isDirectory) return runFolders(path);
    const linked = new RunFolder(path);
    const config = isSymlink && linked.exists ? configOf(linked) : undefined;
    return config === undefined ? [] : [{ run: linked, config }];
  });
}

/** The settings of a training; a `config.json` of something else is none. */
function configOf(run: RunFolder): Config | undefined {
  try {
    const config = run.readConfig() as Config | null;
    const phases = config?.training?.phases;
    const isTraining = Array.isArray(phases) &&
      phases.every((phase) => typeof phase?.epochs === "number");
    return isTraining ? config! : undefined;
  } catch {
    return undefined;
  }
}

function summaryOf({ run, config: { model, training, job, recipe } }: Found): RunSummary {
  const problems: string[] = [];
  function attempt<T>(name: string, read: (path: string) => T): T | undefined {
    const path = run.file(name);
    try {
      return isFile(path) ? read(path) : undefined;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const rows = attempt("history.csv", readTable)?.toRecords() as unknown as Epoch[] ?? [];
  const best = attempt("model.safetensors", bestOf);
  return {
    path: run.path,
    of: job ?? recipe,
    model: model?.name ?? "of no name",
    epochs: rows.length,
    plannedEpochs: training.phases.reduce((sum, { epochs }) => sum + epochs, 0),
    best,
    values: best && rows.find(({ epoch }) => epoch === best.epoch),
    started: Deno.statSync(run.file("config.json")).mtime!,
    ...(problems.length > 0 && { problem: problems.join("; ") }),
  };
}

function bestOf(path: string): Best | undefined {
  using file = openSafetensors(path);
  return file.metadata.best === undefined ? undefined : JSON.parse(file.metadata.best);
}
