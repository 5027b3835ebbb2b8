/**
 * The history of a run for TensorBoard: `tensorboard --logdir runs` shows all runs below `runs/`.
 *
 * @module
 */

import { globSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { isFolder } from "../files.ts";
import { SummaryWriter } from "../tensorflow/summaries.ts";
import type { Epoch } from "./history.ts";

/** Curves of the same name in both lie in one plot, as Keras has them. */
const PARTS = ["train", "validation"] as const;

const FILES = PARTS.map((part) => `${part}/events.out.tfevents.*`);

/** A file in a folder of event files that is none. */
export function foreignTo(folder: string): string | undefined {
  const own = new Set([...PARTS, ...globSync(FILES, { cwd: folder })]);
  return globSync("**", { cwd: folder }).find((name) => name !== "." && !own.has(name));
}

/** Removes the event files of a folder, and what folders are empty then. */
export function removeEvents(folder: string): void {
  for (const file of globSync(FILES, { cwd: folder })) Deno.removeSync(join(folder, file));
  for (const path of [...PARTS.map((part) => join(folder, part)), folder]) {
    if (isFolder(path) && [...Deno.readDirSync(path)].length === 0) rmdirSync(path);
  }
}

/** Event files that say what the history says. */
export class Events {
  readonly #folder: string;
  readonly #writers: Partial<Record<typeof PARTS[number], SummaryWriter>> = {};

  /**
   * Writes the history so far, in place of what is there: a run that was killed may have noted epochs
   * that it takes again.
   */
  constructor(folder: string, history: readonly Epoch[]) {
    this.#folder = folder;
    removeEvents(folder);
    for (const row of history) this.write(row);
  }

  /** Writes an epoch, so that it can be seen at once. */
  write(row: Epoch): void {
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== "number" || column === "epoch") continue;
      const part = column.startsWith("validation_") ? "validation" : "train";
      const tag = `epoch_${column.replace(`${part}_`, "")}`;
      this.#writer(part).scalar(tag, value, { step: row.epoch });
    }
    for (const writer of Object.values(this.#writers)) writer.flush();
  }

  [Symbol.dispose](): void {
    for (const writer of Object.values(this.#writers)) writer[Symbol.dispose]();
  }

  #writer(part: typeof PARTS[number]): SummaryWriter {
    return this.#writers[part] ??= new SummaryWriter(join(this.#folder, part));
  }
}
