/**
 * What several tasks have predicted, joined to one table.
 *
 * @module
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { columnValues, writeTable } from "../../data/mod.ts";
import { isFolder } from "../../files.ts";
import { someOf } from "../../inspect.ts";
import { count as number } from "../../text.ts";
import { nameOfTask, taskNamed } from "./array_task.ts";
import {
  framesOf,
  isWhole,
  joined,
  type Manifest,
  readManifest,
  type WholeTask,
} from "./shards.ts";

/** How fast a task was. */
export type TaskSpeed = {
  /** Such as `3-of-7`. */
  name: string;
  /** Galaxies predicted. */
  galaxies: number;
  /** What its parts took, without finding and reading what was there. */
  seconds: number;
};

/** What was joined. */
export type Merged = {
  /** Rows written. */
  count: number;
  /** Galaxies whose images were left out. */
  left: number;
  tasks: TaskSpeed[];
};

type Task = { name: string; folder: string; manifest: Manifest & { whole: WholeTask } };

/**
 * Joins what all tasks of `predictImages` with `part` have written, in the order of the catalogue, once it
 * is certain that nothing lacks, is there twice, is damaged, or is of another catalogue or network.
 *
 * @param folder `out` of the tasks
 * @param options `out`: the table, `.parquet` or `.csv`
 * @throws {Error} Naming the tasks that are to run, or run again
 *
 * @example
 * ```ts
 * import { mergePredictions } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => mergePredictions(Deno.makeTempDirSync(), { out: "all.parquet" }), {
 *   message: /no folders of tasks, such as 3-of-7/,
 * });
 * ```
 */
export function mergePredictions(folder: string, { out }: { out: string }): Merged {
  const refuse = (reason: string): never => {
    throw new Error(`Cannot merge "${folder}": ${reason}`);
  };
  const tasks = tasksIn(folder, refuse);
  checkAlike(tasks, refuse);
  const damaged = tasks.filter(({ folder, manifest: { shards } }) =>
    Object.entries(shards).some(([name, shard]) => !isWhole(join(folder, name), shard))
  );
  if (damaged.length > 0) {
    refuse(`parts are missing or damaged; run again: ${named(damaged.map(({ name }) => name))}`);
  }

  const frames = tasks.flatMap(({ folder, manifest: { shards } }) => framesOf(folder, shards));
  const left = tasks.flatMap(({ manifest: { shards } }) =>
    Object.values(shards).flatMap(({ bad }) => bad)
  );
  if (frames.length === 0) refuse("no galaxy was predicted");
  const table = joined(frames);
  const ids = columnValues(table, table.columns[0]!);
  const { of } = tasks[0]!.manifest.whole;
  if (ids.length + left.length !== of) {
    refuse(
      `${number(ids.length)} galaxies predicted and ${number(left.length)} left out are not the ${
        number(of)
      } of the catalogue`,
    );
  }
  const seen = new Set<unknown>();
  for (const id of Array.from(ids)) {
    if (seen.has(id)) refuse(`"${String(id)}" is there twice`);
    seen.add(id);
  }
  writeTable(out, table);
  return {
    count: ids.length,
    left: left.length,
    tasks: tasks.map(({ name, manifest: { shards } }) => {
      const sum = (of: "rows" | "seconds") =>
        Object.values(shards).reduce((total, shard) => total + shard[of], 0);
      return { name, galaxies: sum("rows"), seconds: sum("seconds") };
    }),
  };
}

/** All tasks, in order, each of which is finished. */
function tasksIn(folder: string, refuse: (reason: string) => never): Task[] {
  if (!isFolder(folder)) return refuse("there is no such folder");
  const found = readdirSync(folder).filter((name) => taskNamed(name) !== undefined);
  if (found.length === 0) {
    return refuse("it has no folders of tasks, such as 3-of-7; name the out of the tasks");
  }
  const sizes = new Set(found.map((name) => taskNamed(name)!.of));
  if (sizes.size > 1) {
    return refuse(
      `it has tasks of ${[...sizes].join(" and of ")}; remove those of an earlier try`,
    );
  }
  const [of] = sizes;
  const names = Array.from({ length: of! }, (_, index) => nameOfTask({ index, of: of! }));
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) return refuse(`tasks are missing; run them: ${named(missing)}`);
  const manifests = names.map((name) => readManifest(join(folder, name)));
  const unfinished = names.filter((_, at) => manifests[at]?.whole === undefined);
  if (unfinished.length > 0) {
    return refuse(`tasks are not finished; run them again: ${named(unfinished)}`);
  }
  return names.map((name, at) => ({
    ...{ name, folder: join(folder, name) },
    manifest: manifests[at] as Task["manifest"],
  }));
}

/** Refuses tasks of several networks, options or catalogues. */
function checkAlike(tasks: readonly Task[], refuse: (reason: string) => never): void {
  const [{ manifest: first }] = tasks as readonly [Task, ...Task[]];
  const differ = (what: string, of: (manifest: Task["manifest"]) => unknown) => {
    const others = tasks.filter(({ manifest }) => of(manifest) !== of(first));
    if (others.length === 0) return;
    refuse(`of another ${what} than the first are ${named(others.map(({ name }) => name))}`);
  };
  differ("network or other options", ({ fingerprint }) => fingerprint);
  differ("catalogue", ({ whole }) => `${whole.of} ${whole.ids}`);
  let next = 0;
  for (const { name, manifest: { whole } } of tasks) {
    if (whole.first !== next) refuse(`${name} begins at row ${whole.first}, ${next} wanted`);
    next = whole.end;
  }
  if (next !== first.whole.of) refuse(`the last task ends at row ${next} of ${first.whole.of}`);
}

/** Names of tasks, as `--part` takes them. */
function named(names: readonly string[]): string {
  return someOf(names.map((name) => {
    const { index, of } = taskNamed(name)!;
    return `--part ${index + 1}/${of}`;
  }));
}
