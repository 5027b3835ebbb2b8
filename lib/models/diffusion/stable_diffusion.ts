/**
 * The whole of Stable Diffusion in one file, as its authors and web interfaces have it.
 *
 * @module
 */

import { isFolder } from "../../files.ts";
import { type OpenOptions, openWeights, stateDictOf } from "../../weights/mod.ts";
import type { ClipTextConfig, ClipTextModel } from "../clip_text.ts";
import { clipTextConfigs } from "../clip_text.ts";
import { loadClipText } from "../clip_text_folder.ts";
import {
  knownUNet,
  type StableDiffusionName,
  stableDiffusionOf,
  whatElse,
} from "./_known_checkpoints.ts";
import { type AutoencoderConfig, AutoencoderKL } from "./autoencoder.ts";
import { autoencoderConfigs } from "./configs.ts";
import { loadDiffusionModel } from "./folder.ts";
import { UNet2DConditionModel } from "./unet.ts";
import type { UNetConfig } from "./unet_config.ts";

export type { StableDiffusionName };

/** The three models of a checkpoint. */
export type StableDiffusion = {
  /** Of which architecture it is; none where configurations were given. */
  name?: StableDiffusionName;
  unet: UNet2DConditionModel;
  autoencoder: AutoencoderKL;
  textEncoder: ClipTextModel;
};

/** Options of {@linkcode openStableDiffusion}, and those of `openWeights`. */
export type OpenStableDiffusionOptions = OpenOptions & {
  /** Take the averaged weights of the U-Net, where the file has both. @default {false} */
  ema?: boolean;
  /** What the models are made of. @default {Stable Diffusion 1 or 2, as the shapes say} */
  configs?: {
    unet: Partial<UNetConfig>;
    autoencoder: Partial<AutoencoderConfig>;
    textEncoder: Partial<ClipTextConfig>;
  };
};

/** What the names of each model begin with, and what messages call it. */
const PARTS: readonly [start: string, what: string][] = [
  ["model.diffusion_model.", "U-Net"],
  ["first_stage_model.", "autoencoder"],
  ["cond_stage_model.", "text encoder"],
];

/**
 * Opens a checkpoint of whole Stable Diffusion (`v1-5-pruned.safetensors`, `.ckpt`): its U-Net, its
 * autoencoder and its text encoder. Whether it is Stable Diffusion 1 or 2 is told by the shapes of the
 * weights; that of 2 may predict noise (`-base`) or velocity, which no file says. One tensor at a time
 * is in memory beside the models.
 *
 * @param source A file, or what else `openWeights` takes
 * @throws {RangeError} When it is of another architecture, or without one of the three
 * @throws {TypeError} When the weights do not fit
 *
 * @example
 * ```ts
 * import {
 *   AutoencoderKL,
 *   autoencoderConfigs,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   ldmNames,
 *   openStableDiffusion,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import { writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * // Published ones: await openStableDiffusion("v1-5-pruned.safetensors", { ema: true })
 * const configs = {
 *   unet: unetConfigs.tiny,
 *   autoencoder: autoencoderConfigs.tiny,
 *   textEncoder: clipTextConfigs.tiny,
 * };
 * const unet = new UNet2DConditionModel(configs.unet, { key: key(1) });
 * const autoencoder = new AutoencoderKL(configs.autoencoder, { key: key(2) });
 * const textEncoder = new ClipTextModel(configs.textEncoder, { key: key(3) });
 * const tensors = [
 *   ...Array.from(ldmNames(unet), ([name, own]) =>
 *     [`model.diffusion_model.${name}`, unet.stateDict()[own]] as const),
 *   ...Array.from(ldmNames(autoencoder), ([name, own]) =>
 *     [`first_stage_model.${name}`, autoencoder.stateDict()[own]] as const),
 *   ...Object.entries(textEncoder.stateDict())
 *     .map(([name, tensor]) => [`cond_stage_model.transformer.${name}`, tensor] as const),
 * ];
 * const path = `${Deno.makeTempDirSync()}/tiny.safetensors`;
 * writeSafetensors(path, Object.fromEntries(tensors));
 * const opened = await openStableDiffusion(path, { configs });
 * assert.deepEqual(opened.unet.stateDict(), unet.stateDict());
 * ```
 */
export async function openStableDiffusion(
  source: string,
  { ema, configs, ...options }: OpenStableDiffusionOptions = {},
): Promise<StableDiffusion> {
  if (isFolder(source)) {
    throw new RangeError(
      `Cannot open "${source}" as one checkpoint: it is a folder; openDiffusionModel and openClipText open those in it`,
    );
  }
  using file = await openWeights(source, options);
  const weights = stateDictOf(file);
  const refuse = (reason: string): never => {
    throw new RangeError(`Cannot open "${source}" as Stable Diffusion: ${reason}`);
  };
  const name = configs === undefined ? stableDiffusionOf(weights) : undefined;
  if (configs === undefined && name === undefined) refuse(whatElse(weights));
  const missing = PARTS.find(([start]) => !file.names.some((name) => name.startsWith(start)));
  if (missing) {
    refuse(
      `it has no ${missing[1]} ("${
        missing[0]
      }…"); open what it has with openDiffusionModel or openClipText`,
    );
  }
  const made = configs ?? {
    unet: knownUNet(weights)!,
    autoencoder: autoencoderConfigs.sd,
    textEncoder: clipTextConfigs[name!],
  };
  const unet = loadDiffusionModel(new UNet2DConditionModel(made.unet), { weights, source, ema });
  const opened: { dispose(): void }[] = [unet];
  try {
    const autoencoder = loadDiffusionModel(new AutoencoderKL(made.autoencoder), {
      weights,
      source,
    });
    opened.push(autoencoder);
    const textEncoder = loadClipText(weights, { source, config: made.textEncoder, cut: true });
    return { ...name === undefined ? {} : { name }, unet, autoencoder, textEncoder };
  } catch (error) {
    for (const one of opened) one.dispose();
    throw error;
  }
}
