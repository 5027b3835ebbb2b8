/**
 * What `config.json` says of a training: everything that its outcome depends on.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import type { Batched } from "../data/mod.ts";
import type { Module } from "../nn/mod.ts";
import type { Tree } from "../tensorflow/mod.ts";
import { digestOf } from "../digest.ts";
import { scalingOf } from "./_loss_scale.ts";
import type { CommonOptions, PhasePlan } from "./options.ts";
import { stepsOf, type Subset, type Task } from "./task.ts";

/**
 * The model, the objective, the settings and the data of a training, as JSON. Functions are told by
 * their `config`, where they have one, or by names and digests of their texts; a schedule by some of
 * its rates.
 */
export async function describeTraining<B extends Batched, T extends Tree>(
  { objective, train, validation }: Task<B, T>,
  { model, phases, batchSize, seed, patience, ...options }:
    & Pick<CommonOptions, "batchSize" | "seed" | "monitor" | "patience" | "accumulate" | "clipNorm">
    & Pick<CommonOptions, "compiler" | "precision" | "lossScale" | "ema" | "reduce" | "partBytes">
    & { model: Module; phases: readonly PhasePlan[] },
): Promise<Record<string, unknown>> {
  const { monitor = validation ? "validation_loss" : "last" } = options;
  const { accumulate = 1, clipNorm, compiler = "graph", precision = "float32" } = options;
  const { lossScale, partBytes } = options;
  const perEpoch = stepsOf(train, { batchSize });
  return {
    model: "config" in model && model.config ? model.config : { name: model.modelName },
    objective: objective.config ??
      { inputs: nameOf(objective.inputs), loss: nameOf(objective.loss) },
    data: {
      fingerprint: await fingerprintOf({ train, validation }),
      train: train.indices?.length ?? train.set.length,
      ...(validation && { validation: validation.indices?.length ?? validation.set.length }),
    },
    training: {
      phases: phases.map(({ name, epochs, schedule, config }) => ({
        ...(name === undefined ? {} : { name }),
        epochs,
        rate: ratesOf(schedule, epochs * perEpoch),
        ...config,
      })),
      ...{ batchSize, accumulate, seed, clipNorm, monitor, compiler, precision, partBytes },
      lossScale: scalingOf({ precision, lossScale }),
      patience: patience === Infinity ? undefined : patience,
      ema: options.ema?.config,
      reduce: options.reduce && nameOf(options.reduce),
    },
  };
}

/** What something says of itself, or what tells it from others: its name and a digest of its text. */
export function nameOf(value: object): unknown {
  const { config, name } = value as { config?: unknown; name?: string };
  if (config !== undefined) return config;
  return typeof value === "function" ? `${name || "function"} ${digestOf(`${value}`)}` : name;
}

/** The rate, where it is the same throughout; else some of a schedule's, and a digest of many. */
function ratesOf(schedule: (step: number) => number, steps: number): unknown {
  const most = Math.min(steps, 10_000);
  const rates = Array.from({ length: most }, (_, i) => schedule(Math.floor(i * (steps / most))));
  if (!Number.isFinite(steps) || new Set(rates).size === 1) return rates[0];
  const shown = [0, 1 / 4, 1 / 2, 3 / 4, 1].map((share) => rates[Math.floor(share * (most - 1))]!);
  return {
    some: shown.map((rate) => Number(rate.toPrecision(6))),
    digest: digestOf(JSON.stringify(rates)),
  };
}

/** Longer arrays are hashed in parts. */
const WHOLE_BYTES = 2 ** 26;

/** Examples whose values are hashed, beside the numbers that a set holds in memory. */
const READ = 16;

/**
 * A digest of data: which examples are used, all numbers and texts that the sets hold in memory (of more
 * than 64 MB, evenly spread parts), and what some examples read as.
 */
async function fingerprintOf(
  parts: { train: Subset; validation?: Subset },
): Promise<string> {
  const hash = createHash("sha256");
  const known = new Set<object>();
  for (const { set, indices } of Object.values(parts).filter((part) => part !== undefined)) {
    hash.update(JSON.stringify([set.length, indices?.length ?? null]));
    if (indices) hashArray(hash, indices);
    const count = indices?.length ?? set.length;
    const some = Int32Array.from({ length: Math.min(READ, count) }, (_, i) => {
      const place = Math.floor(i * count / Math.min(READ, count));
      return indices?.[place] ?? place;
    });
    hashValues(hash, await set.read(some));
    if (known.has(set)) continue;
    known.add(set);
    hashValues(hash, set);
  }
  return hash.digest("hex");
}

/** Hashes the typed arrays of an object, its lists of texts, and those of objects in it. */
function hashValues(hash: Hash, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if (ArrayBuffer.isView(value)) {
      hash.update(name);
      hashArray(hash, value as Uint8Array);
    } else if (Array.isArray(value)) {
      if (typeof value[0] === "string") hash.update(name).update(JSON.stringify(value));
    } else if (typeof value === "object" && value !== null) hashValues(hash, value);
  }
}

function hashArray(hash: Hash, { buffer, byteOffset, byteLength }: ArrayBufferView): void {
  if (byteLength <= WHOLE_BYTES) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    return;
  }
  const [parts, size] = [64, WHOLE_BYTES / 64];
  for (let part = 0; part < parts; part++) {
    const start = Math.floor((byteLength - size) * part / (parts - 1));
    hash.update(new Uint8Array(buffer, byteOffset + start, size));
  }
}

/** What tells which parameters are trained: how many, and a digest of their names. */
export function trainedOf(names: readonly string[]): string {
  return `${names.length} parameters ${digestOf(JSON.stringify(names))}`;
}
