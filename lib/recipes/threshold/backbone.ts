/**
 * The frozen network whose features the probes read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { firstModel } from "../../jobs/first_model.ts";
import { type ImageModel, modelCard, type Preprocessing } from "../../models/mod.ts";
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
  // A last layer of any size: features do not go through it
  const { model, record } = await firstModel(
    { model: name, weights, size: preprocessing.size, seed },
    { classes: 2, signal },
  );
  const hash = createHash("sha256").update(JSON.stringify([name, preprocessing]));
  for (const [key, { data }] of Object.entries(model.stateDict())) {
    if (key.startsWith(`${model.headName}.`)) continue;
    hash.update(key).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const source = record?.source ?? "random values";
  return { model, source, preprocessing, fingerprint: hash.digest("hex") };
}
