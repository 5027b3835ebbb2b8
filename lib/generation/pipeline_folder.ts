/**
 * Pipelines in folders as diffusers has them: `model_index.json`, and a folder for each part.
 *
 * @module
 */

import { join } from "node:path";
import {
  configOf,
  readSchedulerConfig,
  type Sampler,
  writeSchedulerConfig,
} from "../diffusion/mod.ts";
import { isFile, isFolder, writeJson } from "../files.ts";
import {
  AutoencoderKL,
  openClipText,
  openDiffusionModel,
  PatchCodec,
  pipelineFiles,
  saveClipText,
  saveDiffusionModel,
  UNet2DConditionModel,
} from "../models/mod.ts";
import type { OnProgress } from "../progress.ts";
import { openTokenizer, saveTokenizer } from "../prompts/mod.ts";
import { fetchFolder, type FetchOptions } from "../weights/mod.ts";
import { AutoencoderCodec, type LatentCodec } from "./latent_codec.ts";
import { checkPipeline, latentSampler, type Pipeline } from "./pipeline.ts";

/** Options of {@linkcode openPipeline}, and those of `fetchWeights`. */
export type OpenPipelineOptions = FetchOptions & {
  /** Which of several files of weights: `"fp16"`. @default {the ones without} */
  variant?: string;
  /** In place of the folder's autoencoder. */
  codec?: LatentCodec;
  /** In place of the folder's scheduler. */
  sampler?: Sampler;
};

/** Parts that diffusers' folders may name and that are not run here. */
const IGNORED = ["safety_checker", "feature_extractor", "image_encoder", "requires_safety_checker"];

/** Parts that are. */
const PARTS = {
  unet: "UNet2DConditionModel",
  vae: "AutoencoderKL", // or the kit's own PatchCodec
  text_encoder: "CLIPTextModel",
  tokenizer: "CLIPTokenizer",
  scheduler: undefined,
} as const;

type Part = keyof typeof PARTS;

/** The class of the kit's own codec. */
const PATCHES = "PatchCodec";

/**
 * Opens a pipeline of diffusers: Stable Diffusion 1 and 2, and what else has its parts. A scheduler that
 * would cut latents off at ±1 as if they were pixels does not, as in diffusers.
 *
 * @param source A folder with `model_index.json`, or `hf:organisation/name[@revision]`: then the files are
 * fetched, in one form, unless the cache has them
 * @throws {RangeError} When the folder is no such pipeline, lacks a part or weights of the variant; for a
 * scheduler that there is not here (give a sampler)
 * @throws {TypeError} When parts do not fit each other, or weights their configuration
 * @throws {SyntaxError} When a file is not JSON
 * @throws {HubError} When it cannot be fetched
 *
 * @example
 * ```ts
 * import { AutoencoderCodec, openPipeline, savePipeline } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { dpmSolver } from "galaxykit/diffusion";
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/pipeline`;
 * await savePipeline(folder, {
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel(clipTextConfigs.tiny, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: dpmSolver({ timestepSpacing: "trailing" }),
 * });
 * const pipeline = await openPipeline(folder);
 * assert.equal(pipeline.sampler.settings.timestepSpacing, "trailing");
 * ```
 */
export async function openPipeline(
  source: string,
  { variant, codec, sampler, ...options }: OpenPipelineOptions = {},
): Promise<Pipeline> {
  const folder = source.startsWith("hf:")
    ? (await fetchFolder(source, {
      ...options,
      choose: (files) => pipelineFiles(files, { variant }),
    })).folder
    : source;
  const parts = partsOf(folder);
  const has = (part: Part) => parts.has(part);
  const refuse = (reason: string): never => {
    throw new RangeError(`Cannot open the pipeline "${source}": ${reason}`);
  };
  if (!has("unet")) refuse("it has no unet");
  if (codec === undefined && !has("vae")) refuse("it has no vae; give a codec");
  if (sampler === undefined && !has("scheduler")) refuse("it has no scheduler; give a sampler");
  const at = (part: Part) => join(folder, part);
  const opened: { dispose(): void }[] = [];
  const kept = <M extends { dispose(): void }>(model: M): M => {
    opened.push(model);
    return model;
  };
  try {
    const chosen = sampler ??
      latentSampler(readSchedulerConfig(join(at("scheduler"), "scheduler_config.json")));
    const tokenizer = has("tokenizer") ? openTokenizer(at("tokenizer")) : undefined;
    const textEncoder = has("text_encoder")
      ? kept(await openClipText(at("text_encoder"), { ...options, variant }))
      : undefined;
    const unet = kept(
      await openDiffusionModel(UNet2DConditionModel, at("unet"), { ...options, variant }),
    );
    const pipeline = {
      ...{ unet, sampler: chosen },
      codec: codec ??
        (parts.get("vae") === PATCHES
          ? kept(await openDiffusionModel(PatchCodec, at("vae"), { ...options, variant }))
          : new AutoencoderCodec(
            kept(await openDiffusionModel(AutoencoderKL, at("vae"), { ...options, variant })),
          )),
      ...textEncoder && { textEncoder },
      ...tokenizer && { tokenizer },
    };
    checkPipeline(pipeline);
    return pipeline;
  } catch (error) {
    for (const model of opened) model.dispose();
    throw error;
  }
}

/** The parts that a folder's `model_index.json` names, with their classes. */
function partsOf(folder: string): ReadonlyMap<string, string> {
  const path = join(folder, "model_index.json");
  if (!isFolder(folder) || !isFile(path)) {
    throw new RangeError(
      `Cannot open the pipeline "${folder}": there must be a folder with model_index.json, found ${
        isFolder(folder) ? "a folder without" : isFile(folder) ? "a file" : "nothing"
      }`,
    );
  }
  const index = (() => {
    try {
      return JSON.parse(Deno.readTextFileSync(path)) as Record<string, unknown>;
    } catch (cause) {
      throw new SyntaxError(`Cannot read "${path}": it is not JSON`, { cause });
    }
  })();
  const parts = Object.entries(index).flatMap(([name, value]) =>
    Array.isArray(value) && typeof value[1] === "string" ? [[name, value[1]] as const] : []
  );
  for (const [name, className] of parts) {
    if (IGNORED.includes(name)) continue;
    const wanted = PARTS[name as Part];
    const isKnown = Object.hasOwn(PARTS, name) &&
      (wanted === undefined || className.replace(/Fast$/, "") === wanted ||
        className === `${wanted}WithProjection` || name === "vae" && className === PATCHES);
    if (isKnown) continue;
    throw new RangeError(
      `Cannot open the pipeline "${folder}": its ${name} must be ${
        wanted ?? "one of Stable Diffusion 1 or 2"
      }, found ${className}`,
    );
  }
  return new Map(parts);
}

/**
 * Writes a pipeline, which diffusers opens (`StableDiffusionPipeline.from_pretrained`; of one with a
 * `PatchCodec` it opens the other parts). A codec that is neither that nor an
 * {@linkcode AutoencoderCodec} is not written: give it to {@linkcode openPipeline} again.
 *
 * @param options `variant`: `"fp16"`, in half precision
 * @throws {RangeError} When a value is beyond what half precision holds
 * @throws {TypeError} When parts do not fit each other; for learned tokens, which have a file of their
 * own
 * @throws {DOMException} When the signal aborts
 */
export async function savePipeline(
  folder: string,
  pipeline: Pipeline,
  options: { variant?: "fp16"; signal?: AbortSignal; onProgress?: OnProgress } = {},
): Promise<void> {
  checkPipeline(pipeline);
  const { unet, codec, textEncoder, tokenizer, sampler, learned } = pipeline;
  if (learned !== undefined) {
    throw new TypeError(
      `Cannot save the pipeline: its text encoder does not hold the ${
        learned.shape[0]
      } vectors of learned tokens; write them with saveTextualInversion, and save the pipeline without`,
    );
  }
  const coder = codec instanceof AutoencoderCodec
    ? codec.model
    : codec instanceof PatchCodec
    ? codec
    : undefined;
  const at = (part: Part) => join(folder, part);
  await saveDiffusionModel(at("unet"), unet, options);
  if (coder) await saveDiffusionModel(at("vae"), coder, options);
  if (textEncoder) await saveClipText(at("text_encoder"), textEncoder, options);
  if (tokenizer) saveTokenizer(at("tokenizer"), tokenizer);
  writeSchedulerConfig(join(at("scheduler"), "scheduler_config.json"), sampler);
  const none = [null, null];
  const index = {
    _class_name: "StableDiffusionPipeline",
    _diffusers_version: "0.42.1", // Whose folders these are like
    ...{ feature_extractor: none, image_encoder: none, requires_safety_checker: false },
    ...{ safety_checker: none, scheduler: ["diffusers", configOf(sampler)["_class_name"]] },
    text_encoder: textEncoder ? ["transformers", textEncoder.modelName] : none,
    tokenizer: tokenizer ? ["transformers", PARTS.tokenizer] : none,
    unet: ["diffusers", PARTS.unet],
    vae: coder instanceof PatchCodec
      ? ["galaxykit", PATCHES]
      : coder
      ? ["diffusers", PARTS.vae]
      : none,
  };
  // Last, so that a folder with it is whole
  writeJson(join(folder, "model_index.json"), index);
}
