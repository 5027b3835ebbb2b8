/**
 * CLIP's text encoder in a folder as transformers and diffusers have it: `config.json` and
 * `model.safetensors`; and in a single file.
 *
 * @module
 */

import { join } from "node:path";
import { isFolder } from "../files.ts";
import { type OpenOptions, openWeights, stateDictOf } from "../weights/mod.ts";
import {
  readConfig,
  type WeightsFolderOptions,
  weightsPath,
  writeWeightsFolder,
} from "./_weights_folder.ts";
import { type ClipTextConfig, ClipTextModel, clipTextSettings } from "./clip_text.ts";
import { clipTextState, knownClipText, type NamedWeights } from "./clip_text_keys.ts";

/**
 * Opens a text encoder, such as `text_encoder` in a folder of diffusers. A single file of weights, such as
 * a checkpoint of whole Stable Diffusion, has no configuration: what is not of Stable Diffusion 1 or 2
 * needs one given. {@linkcode clipTextState} tells which names it may have.
 *
 * @param source A folder, or what `openWeights` takes
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
  source: string,
  { config, variant, ema, ...options }: OpenClipTextOptions = {},
): Promise<ClipTextModel> {
  const folder = isFolder(source);
  const said = config ?? (folder ? configOf(source) : undefined);
  const names = { safetensors: "model", bin: "pytorch_model" };
  const path = folder ? weightsPath(source, { names, variant }) : source;
  using file = await openWeights(path, options);
  return loadClipText(stateDictOf(file), { source: path, config: said, ema, cut: !folder });
}

/** Options of {@linkcode openClipText}, and those of `openWeights`. */
export type OpenClipTextOptions = OpenOptions & {
  /**
   * What the model is made of.
   *
   * @default {the folder's `config.json`; of a file of Stable Diffusion 1 or 2, what its shapes say}
   */
  config?: Partial<ClipTextConfig>;
  /** Which of several files of a folder: `"fp16"`. @default {the one without} */
  variant?: string;
  /** Take the averaged weights of HCP-Diffusion. @default {false} */
  ema?: boolean;
};

/** A text encoder of weights under whichever names; without a configuration, as their shapes say. */
export function loadClipText(
  weights: NamedWeights,
  { source, ema, ...given }: {
    source: string;
    config?: Partial<ClipTextConfig>;
    ema?: boolean;
    /** Whether blocks beyond those of the configuration are left out, as Stable Diffusion 2 does. */
    cut: boolean;
  },
): ClipTextModel {
  const config = given.config ?? knownClipText(clipTextState(weights, { ema }));
  if (config === undefined) {
    throw new TypeError(
      `Cannot open "${source}" as CLIPTextModel: it is one file of weights, and not of Stable Diffusion 1 or 2 by its shapes; give its config, such as clipTextConfigs.sd15`,
    );
  }
  const model = new ClipTextModel(config);
  try {
    const { num_hidden_layers, with_projection: projection } = model.config;
    const depth = given.cut ? num_hidden_layers : undefined;
    const state = clipTextState(weights, { projection, depth, ema });
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
