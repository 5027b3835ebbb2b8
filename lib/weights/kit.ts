/**
 * The kit's own weights: small networks that its own tasks trained, in `data/weights`. They are here
 * where no network is.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashFile } from "./hub/download.ts";
import type { WeightsRecord } from "./record.ts";

/** Weights of the kit. */
export type KitWeights = WeightsRecord & {
  /** What they are called, as in `kit:NAME`. */
  name: string;
  /** The model of the registry that they are for. */
  model: string;
  /** Where they are on this machine. */
  path: string;
  licence: string;
  /** Who trained them, on what. */
  about: string;
  /** The command that made them. */
  command: string;
  /** All settings of that command, what it measured, and the versions of what ran. */
  training: Record<string, unknown>;
};

/** A pipeline of the kit: several networks in a folder. */
export type KitPipeline = Omit<KitWeights, "model" | "training">;

const FOLDER = fileURLToPath(new URL("../../data/weights/", import.meta.url));

/** Whether a text names weights of the kit: `kit:NAME`. */
export function isKitSource(source: string): boolean {
  return source.startsWith("kit:");
}

/**
 * Lists the kit's own weights, by name.
 *
 * @example
 * ```ts
 * import { listKitWeights } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * for (const { name, source, licence } of listKitWeights()) {
 *   assert.equal(source, `kit:${name}`);
 *   assert.ok(licence);
 * }
 * ```
 */
export function listKitWeights(
  { folder = FOLDER }: {
    /** @default {the kit's data/weights} */
    folder?: string;
  } = {},
): KitWeights[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith(".json")).sort().map((file) => {
    const name = file.replace(/\.json$/, "");
    const record = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return { name, model: name, path: join(folder, `${name}.safetensors`), ...record };
  });
}

/** What says where a pipeline comes from, in its folder. */
export const PIPELINE_RECORD = "record.json";

/**
 * Lists the kit's own pipelines, by name.
 *
 * @example
 * ```ts
 * import { listKitPipelines } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(listKitPipelines().map(({ source }) => source), ["kit:galaxysd_small"]);
 * ```
 */
export function listKitPipelines(
  { folder = FOLDER }: {
    /** @default {the kit's data/weights} */
    folder?: string;
  } = {},
): KitPipeline[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) =>
    existsSync(join(folder, name, PIPELINE_RECORD))
  );
  return names.sort().map((name) => {
    const path = join(folder, name);
    return { name, path, ...JSON.parse(readFileSync(join(path, PIPELINE_RECORD), "utf8")) };
  });
}

/**
 * A pipeline of the kit by name.
 *
 * @param source `kit:NAME`
 * @throws {RangeError} When the kit has none of that name
 */
export function findKitPipeline(source: string): KitPipeline {
  return findAmong(listKitPipelines(), source);
}

/**
 * The kit's weights by name.
 *
 * @param source `kit:NAME`
 * @throws {RangeError} When the kit has none of that name
 */
export function findKitWeights(source: string): KitWeights {
  return findAmong(listKitWeights(), source);
}

function findAmong<T extends KitPipeline>(all: readonly T[], source: string): T {
  const found = all.find((one) => one.source === source);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot open "${source}": the kit has ${all.map(({ source }) => source).join(", ")}`,
  );
}

/**
 * Hashes files of the kit anew.
 *
 * @returns Whether they are what the task wrote
 */
export async function verifyKitWeights(
  { path, files }: Pick<KitWeights, "path" | "files">,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  for (const { name, hash } of files) {
    const file = join(dirname(path), name);
    if (!existsSync(file)) return false;
    if (`sha256:${await hashFile(file, "0".repeat(64), options)}` !== hash) return false;
  }
  return true;
}
