/**
 * CLIP's text encoder in a folder as transformers and diffusers have it: `config.json` and
 * `model.safetensors`.
 *
 * @module
 */

import { join } from "node:path";
import { type OpenOptions, openWeights, stateDictOf } from "../weights/mod.ts";
import {
  readConfig,
  type WeightsFolderOptions,
  weightsPath,
  writeWeightsFolder,
} from "./_weights_folder.ts";
import { type ClipTextConfig, ClipTextModel, clipTextSettings } from "./clip_text.ts";
import { clipTextState } from "./clip_text_keys.ts";

/**
 * Opens a text encoder, such as `text_encoder` in a folder of diffusers.
 *
 * @param options `variant`: which of several files, such as `fp16`. @default {the one without}
 * @throws {RangeError} When the folder has no `config.json`, or no such weights
 * @throws {SyntaxError} When that is no configuration of CLIP's text encoder
 * @throws {TypeError} When the weights do not fit
 *
 * @example
 * ```ts
 * import { clipTextConfigs, ClipTextModel, openClipText, saveClipText } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * const model = new ClipTextModel(clipTextConfigs.tiny, { key: key(1) });
 * await saveClipText(folder, model);
 * const again = await openClipText(folder);
 * assert.deepEqual(again.config, model.config);
 * assert.deepEqual(again.stateDict(), model.stateDict());
 * ```
 */
export async function openClipText(
  folder: string,
  { variant, ...options }: OpenOptions & { variant?: string } = {},
): Promise<ClipTextModel> {
  const config = configOf(folder);
  const names = { safetensors: "model", bin: "pytorch_model" };
  const source = weightsPath(folder, { names, variant });
  using file = await openWeights(source, options);
  const model = new ClipTextModel(config);
  try {
    const state = clipTextState(stateDictOf(file), { projection: config.with_projection });
    model.loadStateDict(state, { source: `"${source}"` });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Writes a text encoder, which transformers and diffusers open. */
export async function saveClipText(
  folder: string,
  model: ClipTextModel,
  options: WeightsFolderOptions = {},
): Promise<void> {
  const { with_projection: _, ...config } = model.config;
  const written = {
    architectures: [model.modelName],
    model_type: "clip_text_model",
    ...config,
    // The names of start and padding, which nothing reads
    ...{ bos_token_id: 0, pad_token_id: 1, attention_dropout: 0, dropout: 0 },
    torch_dtype: options.variant === undefined ? "float32" : "float16",
  };
  const tensors = model.streamState();
  await writeWeightsFolder(folder, { name: "model", config: written, tensors }, options);
}

/** The settings in a folder's `config.json`, of CLIP's text encoder or of all CLIP. */
function configOf(folder: string): Partial<ClipTextConfig> {
  const path = join(folder, "config.json");
  // deno-lint-ignore no-explicit-any
  const json: any = readConfig(folder);
  if (json?.model_type !== "clip_text_model" && json?.model_type !== "clip") {
    throw new SyntaxError(
      `Cannot read "${path}": its model_type is ${
        JSON.stringify(json?.model_type)
      }, wanted "clip_text_model"`,
    );
  }
  // Files of the whole of CLIP have both encoders' settings, and transformers' defaults left out
  const own = json.model_type === "clip" ? { ...json.text_config } : json;
  const architecture = String(json.architectures?.[0] ?? "");
  const known = clipTextSettings.filter((name) => own[name] !== undefined && own[name] !== null);
  return {
    ...Object.fromEntries(known.map((name) => [name, own[name]])),
    with_projection: architecture !== "CLIPTextModel" && architecture !== "",
  };
}
