/**
 * Models in files that say which network they are of.
 *
 * @module
 */

import type { Module } from "../nn/mod.ts";
import {
  type OpenOptions,
  openWeights,
  stateDictOf,
  streamSafetensors,
  type Weights,
} from "../weights/mod.ts";
import type { ImageModel, ModelConfig } from "./image_model.ts";
import { createModel } from "./registry.ts";

/** Under which the metadata of a file has the configuration, as JSON. */
const CONFIG = "galaxykit";

/**
 * Writes a model's values, adapters' and all, with its configuration, so that {@linkcode openModel}
 * makes it again. Other programs read it as any safetensors file.
 *
 * @param model A module without a `config` is written without
 *
 * @example
 * ```ts
 * import { openModel, resnet18, saveModel } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 3, width: 8, key: key(1) });
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * await saveModel(path, model);
 * const again = await openModel(path);
 * assert.deepEqual(again.config, model.config);
 * assert.deepEqual(again.stateDict(), model.stateDict());
 * ```
 */
export async function saveModel(
  path: string,
  model: Module & { config?: ModelConfig },
  { metadata, signal }: {
    /** More to note in the file. */
    metadata?: Readonly<Record<string, string>>;
    signal?: AbortSignal;
  } = {},
): Promise<void> {
  const { config } = model;
  const own: Record<string, string> = config === undefined
    ? {}
    : { [CONFIG]: JSON.stringify(config) };
  const tensors = model.streamState({ adapters: true });
  await streamSafetensors(path, tensors, { signal, metadata: { ...metadata, ...own } });
}

/**
 * Opens a file that {@linkcode saveModel} wrote: makes the network, and loads it value by value.
 *
 * @param source As `openWeights` takes it
 * @throws {TypeError} When the file does not say which network it is of, or does not hold its values
 * @throws {RangeError} When the network is not in the registry
 */
export async function openModel(source: string, options: OpenOptions = {}): Promise<ImageModel> {
  using file = await openWeights(source, options);
  const model = createModel(configOf(file, source));
  try {
    model.loadStateDict(stateDictOf(file), { adapters: true, source: `"${source}"` });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function configOf({ metadata }: Weights, source: string): ModelConfig {
  const json = metadata[CONFIG];
  if (json === undefined) {
    throw new TypeError(
      `Cannot open "${source}": it does not say which network it is of; name it, with loadPretrained(name, { source })`,
    );
  }
  return JSON.parse(json);
}
