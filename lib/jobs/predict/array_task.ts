/**
 * Which of the tasks that share a work this one is: as it is told, or as a scheduler says.
 *
 * @module
 */

/** One of several tasks. */
export type ArrayTask = {
  /** From 0. */
  index: number;
  /** How many there are. */
  of: number;
};

/** Variables by which schedulers tell a task its number, and some how many there are. */
const SCHEDULERS = [
  {
    name: "Slurm",
    index: "SLURM_ARRAY_TASK_ID",
    first: "SLURM_ARRAY_TASK_MIN",
    last: "SLURM_ARRAY_TASK_MAX",
    count: "SLURM_ARRAY_TASK_COUNT",
  },
  { name: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE" },
  { name: "Kubernetes", index: "JOB_COMPLETION_INDEX" },
  { name: "PBS", index: "PBS_ARRAY_INDEX" },
  { name: "Torque", index: "PBS_ARRAYID" },
] as const;

/**
 * Reads `3/7`, the third of seven; `array`, as the scheduler says; or `array/7`, the scheduler's number,
 * which counts from 0, of seven. The last also fits where only some tasks of an array run again.
 *
 * @param options `env`: variables. @default {those of the process}
 * @throws {RangeError} When the text is none of these, a number is out of range, or the scheduler does
 * not tell what is missing
 *
 * @example
 * ```ts
 * import { arrayTaskOf } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(arrayTaskOf("3/7"), { index: 2, of: 7 });
 * const env = { JOB_COMPLETION_INDEX: "2" }; // Kubernetes'
 * assert.deepEqual(arrayTaskOf("array/7", { env }), { index: 2, of: 7 });
 * ```
 */
export function arrayTaskOf(
  text: string,
  { env = Deno.env.toObject() }: { env?: Readonly<Record<string, string>> } = {},
): ArrayTask {
  const [, place, all] = /^(\d+|array)(?:\/(\d+))?$/.exec(text) ?? [];
  if (place === undefined || place !== "array" && all === undefined) {
    throw refusal(`3/7, array or array/7 is wanted, "${text}" found`);
  }
  const of = all === undefined ? undefined : Number(all);
  if (of === 0) throw refusal(`of at least one task, "${text}" found`);
  if (place !== "array") {
    const number = Number(place);
    if (number < 1 || number > of!) throw refusal(`1/${of} to ${of}/${of}, "${text}" found`);
    return { index: number - 1, of: of! };
  }
  return ofScheduler(env, of);
}

function ofScheduler(
  env: Readonly<Record<string, string>>,
  wanted: number | undefined,
): ArrayTask {
  const scheduler = SCHEDULERS.find(({ index }) => env[index] !== undefined);
  if (scheduler === undefined) {
    throw refusal(
      `"array" is for tasks of an array, and none of ${
        SCHEDULERS.map(({ index }) => index).join(", ")
      } is set; say which one this is, such as 3/7`,
    );
  }
  const { name } = scheduler;
  const told = (variable: string): number => {
    const value = env[variable] ?? "";
    if (/^\d+$/.test(value)) return Number(value);
    throw refusal(`${name}'s ${variable} must be a whole number, "${value}" found`);
  };
  const index = told(scheduler.index);
  if (wanted !== undefined) {
    if (index < wanted) return { index, of: wanted };
    throw refusal(
      `${name}'s ${scheduler.index} counts from 0 to ${
        wanted - 1
      } for ${wanted} tasks, ${index} found`,
    );
  }
  if (!("count" in scheduler)) {
    throw refusal(`${name} does not tell how many tasks there are; say array/N`);
  }
  const of = told(scheduler.count);
  const first = "first" in scheduler ? told(scheduler.first) : 0;
  const last = "last" in scheduler ? told(scheduler.last) : of - 1;
  // Of an array that lacks some, or that runs a few again, nobody knows which galaxies are whose
  if (first > 1 || last - first !== of - 1 || index < first || index > last) {
    throw refusal(
      `${name}'s array goes from ${first} to ${last} in ${of} tasks, this is ${index}; where only some run, say array/N, which counts from 0`,
    );
  }
  return { index: index - first, of };
}

function refusal(reason: string): RangeError {
  return new RangeError(`Cannot take a part of the galaxies: ${reason}`);
}

/** The rows of a task, from `first` to before `end`: as many as the others have, or one less. */
export function rowsOfTask(
  { index, of }: ArrayTask,
  count: number,
): { first: number; end: number } {
  const from = (task: number) => Math.round(task * count / of);
  return { first: from(index), end: from(index + 1) };
}

/** The folder of a task beside those of the others, and what {@linkcode taskNamed} reads again. */
export function nameOfTask({ index, of }: ArrayTask): string {
  return `${String(index + 1).padStart(String(of).length, "0")}-of-${of}`;
}

/** The task that a folder is of; undefined when it is another folder. */
export function taskNamed(name: string): ArrayTask | undefined {
  const [, number, of] = /^(\d+)-of-(\d+)$/.exec(name) ?? [];
  return number === undefined ? undefined : { index: Number(number) - 1, of: Number(of) };
}
