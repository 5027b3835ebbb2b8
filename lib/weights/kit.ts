/**
 * The kit's own weights: small networks that its own task trained, in `data/weights`. They are here
 * where no network is.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

/**
 * The kit's weights by name.
 *
 * @param source `kit:NAME`
 * @throws {RangeError} When the kit has none of that name
 */
export function findKitWeights(source: string): KitWeights {
  const all = listKitWeights();
  const found = all.find((weights) => weights.source === source);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot open "${source}": the kit has ${all.map(({ source }) => source).join(", ")}`,
  );
}

/**
 * Hashes a file of the kit anew.
 *
 * @returns Whether it is what the task wrote
 */
export async function verifyKitWeights(
  { path, files: [{ hash }] }: KitWeights,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  if (!existsSync(path)) return false;
  return `sha256:${await hashFile(path, "0".repeat(64), options)}` === hash;
}
