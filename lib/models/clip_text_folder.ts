/**
 * CLIP's text encoder in a folder as transformers and diffusers have it: `config.json` and
 * `model.safetensors`.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../files.ts";
import { type OpenOptions, openWeights, stateDictOf, streamSafetensors } from "../weights/mod.ts";
import { type ClipTextConfig, ClipTextModel, clipTextSettings } from "./clip_text.ts";
import { clipTextState } from "./clip_text_keys.ts";

/**
 * Opens a text encoder, such as `text_encoder` in a folder of diffusers.
 *
 * @param options `weights`: the file, where it is not the folder's one, such as
 * `model.fp16.safetensors`
 * @throws {Error} When the folder has no `config.json`
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
  { weights, ...options }: OpenOptions & { weights?: string } = {},
): Promise<ClipTextModel> {
  const config = configOf(folder);
  const source = weights === undefined ? folder : join(folder, weights);
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
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  Deno.mkdirSync(folder, { recursive: true });
  const { with_projection: _, ...config } = model.config;
  const written = {
    architectures: [model.modelName],
    model_type: "clip_text_model",
    ...config,
    // The names of start and padding, which nothing reads
    ...{ bos_token_id: 0, pad_token_id: 1, attention_dropout: 0, dropout: 0 },
    torch_dtype: "float32",
  };
  writeFileAtomic(join(folder, "config.json"), `${JSON.stringify(written, null, 2)}\n`);
  await streamSafetensors(join(folder, "model.safetensors"), model.streamState(), {
    signal,
    metadata: { format: "pt" },
  });
}

/** The settings in a folder's `config.json`, of CLIP's text encoder or of all CLIP. */
function configOf(folder: string): Partial<ClipTextConfig> {
  const path = join(folder, "config.json");
  if (!existsSync(path)) throw new Error(`Cannot open "${folder}": it has no config.json`);
  let json;
  try {
    json = JSON.parse(readFileSync(path, "utf-8"));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
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
