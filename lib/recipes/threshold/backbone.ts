/**
 * The frozen network whose features the probes read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  type ImageModel,
  loadPretrained,
  modelCard,
  type Preprocessing,
} from "../../models/mod.ts";
import { key } from "../../tensorflow/mod.ts";
import type { ThresholdSettings } from "./settings.ts";

/** A network and how images become its input. */
export type Backbone = {
  model: ImageModel;
  /** Where its weights come from. */
  source: string;
  preprocessing: Preprocessing;
  /** A digest of its weights and of the preprocessing. */
  fingerprint: string;
};

/** Opens the network of the settings. Dispose of its model after use. */
export async function openBackbone(
  { model: name, weights, size, crop, seed }: ThresholdSettings,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Backbone> {
  const card = modelCard(name);
  const preprocessing = {
    size: size ?? card.size,
    cropFraction: crop ?? card.cropFraction,
    filter: card.filter,
    mean: card.mean,
    std: card.std,
  };
  const random = key(seed);
  // A last layer of any size: features do not go through it
  const options = { classes: 2, size: preprocessing.size, key: random };
  const { model, record } =
    await (weights === "none"
      ? Promise.resolve({ model: card.create(options), record: undefined })
      : loadPretrained(name, { ...options, source: weights, signal }))
      .finally(() => random.dispose());
  const hash = createHash("sha256").update(JSON.stringify([name, preprocessing]));
  for (const [key, { data }] of Object.entries(model.stateDict())) {
    if (key.startsWith(`${model.headName}.`)) continue;
    hash.update(key).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const source = record?.source ?? "random values";
  return { model, source, preprocessing, fingerprint: hash.digest("hex") };
}
