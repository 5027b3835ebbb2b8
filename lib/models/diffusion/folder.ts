/**
 * Diffusion models in folders as diffusers writes them: `config.json` and
 * `diffusion_pytorch_model.safetensors`, or several files with an index; and in single files.
 *
 * @module
 */

import { isFolder } from "../../files.ts";
import type { LoadableTensor } from "../../nn/mod.ts";
import { type OpenOptions, openWeights, stateDictOf } from "../../weights/mod.ts";
import {
  readConfig,
  type WeightsFolderOptions,
  weightsPath,
  writeWeightsFolder,
} from "../_weights_folder.ts";
import { knownAutoencoder, knownUNet, type NamedShapes } from "./_known_checkpoints.ts";
import type { AutoencoderConfig, AutoencoderKL } from "./autoencoder.ts";
import { diffusionState } from "./names.ts";
import { PatchCodec, type PatchCodecConfig } from "./patch_codec.ts";
import type { UNet2DConditionModel } from "./unet.ts";
import type { UNetConfig } from "./unet_config.ts";

/** A class of model that lies in such folders. */
export type DiffusionModelClass<C, M> = { new (config?: Partial<C>): M; readonly name: string };

/** A model that lies in such folders. */
export type DiffusionModel = UNet2DConditionModel | AutoencoderKL | PatchCodec;

/** What the files of weights are called. */
const NAME = "diffusion_pytorch_model";

/** What tells the configuration of weights that have none beside them. */
const KNOWN: Readonly<Record<string, (weights: NamedShapes) => object | undefined>> = {
  UNet2DConditionModel: knownUNet,
  AutoencoderKL: knownAutoencoder,
};

/**
 * Opens a U-Net or an autoencoder: makes the model that a folder's `config.json` describes, and loads it
 * value by value. A single file of weights, such as a checkpoint of whole Stable Diffusion, has no
 * configuration: what is not of Stable Diffusion 1 or 2 needs one given. {@linkcode diffusionState} tells
 * which names it may have.
 *
 * @param kind `UNet2DConditionModel`, `AutoencoderKL` or `PatchCodec`
 * @param source A folder (`stable-diffusion-v1-5/unet`), or what `openWeights` takes
 * @throws {TypeError} When the folder is of another class, or weights do not fit
 * @throws {RangeError} When there are no such weights in the folder, or a setting or a name of a weight
 * is not known
 *
 * @example
 * ```ts
 * import { openDiffusionModel, saveDiffusionModel, UNet2DConditionModel } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = new UNet2DConditionModel({
 *   block_out_channels: [4],
 *   norm_num_groups: 2,
 *   down_block_types: ["DownBlock2D"],
 *   mid_block_type: null,
 *   up_block_types: ["UpBlock2D"],
 * }, { key: key(1) });
 * const folder = `${Deno.makeTempDirSync()}/unet`;
 * await saveDiffusionModel(folder, model);
 * const again = await openDiffusionModel(UNet2DConditionModel, folder);
 * assert.deepEqual(again.config, model.config);
 * assert.deepEqual(again.stateDict(), model.stateDict());
 * ```
 */
export async function openDiffusionModel(
  kind: DiffusionModelClass<UNetConfig, UNet2DConditionModel>,
  source: string,
  options?: OpenDiffusionOptions<UNetConfig>,
): Promise<UNet2DConditionModel>;
export async function openDiffusionModel(
  kind: DiffusionModelClass<AutoencoderConfig, AutoencoderKL>,
  source: string,
  options?: OpenDiffusionOptions<AutoencoderConfig>,
): Promise<AutoencoderKL>;
export async function openDiffusionModel(
  kind: DiffusionModelClass<PatchCodecConfig, PatchCodec>,
  source: string,
  options?: OpenDiffusionOptions<PatchCodecConfig>,
): Promise<PatchCodec>;
export async function openDiffusionModel<C>(
  kind: DiffusionModelClass<C, DiffusionModel>,
  source: string,
  { config, variant, ema, ...options }: OpenDiffusionOptions<C> = {},
): Promise<DiffusionModel> {
  const folder = isFolder(source);
  const said = config ?? (folder ? configOf<C>(source, kind.name) : undefined);
  const names = { safetensors: NAME, bin: NAME };
  using file = await openWeights(
    folder ? weightsPath(source, { names, variant }) : source,
    options,
  );
  const weights = stateDictOf(file);
  const told = said ?? KNOWN[kind.name]?.(weights);
  if (told === undefined) {
    throw new TypeError(
      `Cannot open "${source}" as ${kind.name}: it is one file of weights, and not of Stable Diffusion 1 or 2 by its shapes; give its config, such as unetConfigs.sd15`,
    );
  }
  return loadDiffusionModel(new kind(told as Partial<C>), { weights, source, ema });
}

/** Loads a new model, or disposes of it. */
export function loadDiffusionModel<M extends DiffusionModel>(
  model: M,
  { weights, source, ema }: {
    weights: Readonly<Record<string, LoadableTensor>>;
    source: string;
    ema?: boolean;
  },
): M {
  try {
    const state = model instanceof PatchCodec ? weights : diffusionState(model, weights, { ema });
    model.loadStateDict(state, { source: `"${source}"` });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Options of {@linkcode openDiffusionModel}, and those of `openWeights`. */
export type OpenDiffusionOptions<C> = OpenOptions & {
  /**
   * What the model is made of.
   *
   * @default {the folder's `config.json`; of a file of Stable Diffusion 1 or 2, what its shapes say}
   */
  config?: Partial<C>;
  /** Which of several files of a folder: `"fp16"`. @default {the one without} */
  variant?: string;
  /** Take the averaged weights of a checkpoint that has both. @default {false} */
  ema?: boolean;
};

/**
 * Writes a model as a folder, a U-Net or `AutoencoderKL` as one that diffusers opens
 * (`from_pretrained`; a `PatchCodec` it does not know). Each file is
 * whole or absent; what an earlier model left in the folder goes at the end.
 *
 * @throws {RangeError} When a value is beyond what half precision holds
 * @throws {DOMException} When the signal aborts
 */
export async function saveDiffusionModel(
  folder: string,
  model: DiffusionModel,
  options: WeightsFolderOptions = {},
): Promise<void> {
  const config = { _class_name: model.modelName, ...model.config };
  await writeWeightsFolder(folder, { name: NAME, config, tensors: model.streamState() }, options);
}

function configOf<C>(folder: string, name: string): Partial<C> {
  const config = readConfig(folder);
  if (config._class_name === name) return config as Partial<C>;
  throw new TypeError(
    `Cannot open "${folder}" as ${name}: its config.json is of ${
      JSON.stringify(config._class_name)
    }`,
  );
}
