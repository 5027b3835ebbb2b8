/**
 * Diffusion models in folders as diffusers writes them: `config.json` and
 * `diffusion_pytorch_model.safetensors`, or several files with an index.
 *
 * @module
 */

import { join } from "node:path";
import { isFile, isFolder, writeFileAtomic } from "../../files.ts";
import { writeFloat16 } from "../../half_floats.ts";
import type { StreamedTensor } from "../../nn/mod.ts";
import type { OnProgress } from "../../progress.ts";
import {
  type OpenOptions,
  openWeights,
  stateDictOf,
  streamSafetensors,
} from "../../weights/mod.ts";
import type { AutoencoderConfig, AutoencoderKL } from "./autoencoder.ts";
import { diffusionState } from "./names.ts";
import type { UNet2DConditionModel, UNetConfig } from "./unet.ts";

/** A class of model that lies in such folders. */
export type DiffusionModelClass<C, M> = { new (config?: Partial<C>): M; readonly name: string };

/** What the files of weights begin with. */
const NAME = "diffusion_pytorch_model";

/** What diffusers puts into a file, in bytes, before it begins another. */
const SHARD_BYTES = 10e9;

/**
 * Opens a U-Net or an autoencoder: makes the model that a folder's `config.json` describes, and loads it
 * value by value. A single file of weights, such as a checkpoint of whole Stable Diffusion, does not say
 * what it is of: give its configuration. {@linkcode diffusionState} tells which names it may have.
 *
 * @param kind `UNet2DConditionModel` or `AutoencoderKL`
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
export async function openDiffusionModel<C>(
  kind: DiffusionModelClass<C, UNet2DConditionModel | AutoencoderKL>,
  source: string,
  { config, variant, ema, ...options }: OpenDiffusionOptions<C> = {},
): Promise<UNet2DConditionModel | AutoencoderKL> {
  const folder = isFolder(source);
  if (!folder && config === undefined) {
    throw new TypeError(
      `Cannot open "${source}": it is one file of weights; give its config, such as SD15_UNET`,
    );
  }
  const model = new kind(config ?? readConfig<C>(source, kind.name));
  try {
    const path = folder ? join(source, weightsIn(source, variant)) : source;
    using file = await openWeights(path, options);
    const state = diffusionState(model, stateDictOf(file), { ema });
    model.loadStateDict(state, { source: `"${source}"` });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Options of {@linkcode openDiffusionModel}, and those of `openWeights`. */
export type OpenDiffusionOptions<C> = OpenOptions & {
  /** What the model is made of. @default {the folder's `config.json`} */
  config?: Partial<C>;
  /** Which of several files of a folder: `"fp16"`. @default {the one without} */
  variant?: string;
  /** Take the averaged weights of a checkpoint that has both. @default {false} */
  ema?: boolean;
};

/**
 * Writes a U-Net or an autoencoder as a folder that diffusers opens (`from_pretrained`). Each file is
 * whole or absent; what an earlier model left in the folder goes at the end.
 *
 * @throws {RangeError} When a value is beyond what half precision holds
 * @throws {DOMException} When the signal aborts
 */
export async function saveDiffusionModel(
  folder: string,
  model: UNet2DConditionModel | AutoencoderKL,
  { variant, shardBytes = SHARD_BYTES, signal, onProgress }: {
    /** `"fp16"`: in half precision, and with that in the names. @default {float32} */
    variant?: "fp16";
    /** Bytes of a file before another is begun. @default {10^10} */
    shardBytes?: number;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  } = {},
): Promise<void> {
  const tensors = Object.entries(model.streamState())
    .map(([name, tensor]): [string, StreamedTensor] => [
      name,
      variant === undefined ? tensor : halved(name, tensor),
    ]);
  const shards = shardsOf(tensors, shardBytes);
  const [dot, last] = [variant === undefined ? "" : `.${variant}`, shards.length];
  const files = shards.map((_, at) => {
    const part = (number: number) => String(number).padStart(5, "0");
    return last === 1
      ? `${NAME}${dot}.safetensors`
      : `${NAME}${dot}-${part(at + 1)}-of-${part(last)}.safetensors`;
  });
  const index = `${NAME}.safetensors.index${dot}.json`;
  Deno.mkdirSync(folder, { recursive: true });
  for (const [at, shard] of shards.entries()) {
    const options = { metadata: { format: "pt" }, signal, onProgress };
    await streamSafetensors(join(folder, files[at]!), Object.fromEntries(shard), options);
  }
  if (last > 1) {
    const places = shards.flatMap((shard, at) => shard.map(([name]) => [name, files[at]]));
    const content = {
      metadata: { total_size: tensors.reduce((sum, [, tensor]) => sum + bytesOf(tensor), 0) },
      weight_map: Object.fromEntries(places),
    };
    writeFileAtomic(join(folder, index), JSON.stringify(content, null, 2));
  }
  const config = { _class_name: model.modelName, ...model.config };
  writeFileAtomic(join(folder, "config.json"), JSON.stringify(config, null, 2));
  const kept = new Set([...files, ...last > 1 ? [index] : []]);
  const ofVariant = new RegExp(
    `^${NAME}(${dot}(-\\d+-of-\\d+)?\\.(safetensors|bin)|\\.(safetensors|bin)\\.index${dot}\\.json)$`,
  );
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (ofVariant.test(name) && !kept.has(name)) Deno.removeSync(join(folder, name));
  }
}

function readConfig<C>(folder: string, name: string): Partial<C> {
  const path = join(folder, "config.json");
  if (!isFile(path)) {
    throw new RangeError(`Cannot open "${folder}": it has no config.json; give its config`);
  }
  let config;
  try {
    config = JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is not JSON`, { cause });
  }
  const found = config?._class_name;
  if (found === name) return config;
  throw new TypeError(
    `Cannot open "${folder}" as ${name}: its config.json is of ${JSON.stringify(found)}`,
  );
}

/** The file of weights, or the index of several, in a folder. */
function weightsIn(folder: string, variant: string | undefined): string {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const dot = variant === undefined ? "" : `.${variant}`;
  const names = ["safetensors", "bin"]
    .flatMap((ending) => [`${NAME}${dot}.${ending}`, `${NAME}.${ending}.index${dot}.json`]);
  const found = names.find((name) => files.includes(name));
  if (found !== undefined) return found;
  const others = files.filter((name) => name.startsWith(NAME));
  throw new RangeError(
    `Cannot open "${folder}": it has no ${names[0]}${
      others.length === 0 ? "" : `, but ${others.join(", ")}; give the variant, such as "fp16"`
    }`,
  );
}

/** Tensors in groups of at most so many bytes, at least one in each. */
function shardsOf(
  tensors: readonly [string, StreamedTensor][],
  limit: number,
): [string, StreamedTensor][][] {
  const shards: [string, StreamedTensor][][] = [[]];
  let filled = 0;
  for (const entry of tensors) {
    const bytes = bytesOf(entry[1]);
    if (filled > 0 && filled + bytes > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(entry);
    filled += bytes;
  }
  return shards;
}

function bytesOf({ dtype, shape }: StreamedTensor): number {
  return shape.reduce((product, side) => product * side, dtype === "F16" ? 2 : 4);
}

/** The same tensor in half precision. */
function halved(name: string, { shape, lend }: StreamedTensor): StreamedTensor {
  return {
    dtype: "F16",
    shape,
    lend: (use) =>
      lend(({ buffer, byteOffset, byteLength }) => {
        const values = new Float32Array(buffer, byteOffset, byteLength / 4);
        const large = values.find((value) => Math.abs(value) >= 65520);
        if (large !== undefined) {
          throw new RangeError(
            `Cannot write "${name}" in half precision: it must be below 65520, found ${large}`,
          );
        }
        use(new Uint8Array(writeFloat16(values).buffer));
      }),
  };
}
