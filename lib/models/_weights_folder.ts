/**
 * Folders as transformers and diffusers write them: a `config.json`, and weights in one file or, with an
 * index, in several.
 *
 * @module
 */

import { join } from "node:path";
import { isFile, writeJson } from "../files.ts";
import { writeFloat16 } from "../half_floats.ts";
import type { StreamedTensor } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import { streamSafetensors } from "../weights/mod.ts";

/** What the files of weights are called, without their endings. */
export type WeightsNames = {
  /** Of safetensors: `model` or `diffusion_pytorch_model`. */
  safetensors: string;
  /** Of PyTorch's own format. */
  bin: string;
};

/** How a folder of weights is written. */
export type WeightsFolderOptions = {
  /** `"fp16"`: in half precision, and with that in the names. @default {float32} */
  variant?: "fp16";
  /** Bytes of a file before another is begun. @default {10^10, as in diffusers} */
  shardBytes?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/**
 * What a folder's `config.json` holds.
 *
 * @throws {RangeError} When there is none
 * @throws {SyntaxError} When it is not JSON
 */
export function readConfig(folder: string): Record<string, unknown> {
  const path = join(folder, "config.json");
  if (!isFile(path)) throw new RangeError(`Cannot open "${folder}": it has no config.json`);
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is not JSON`, { cause });
  }
}

/** Names that weights of a variant may have, the best first. */
export function weightsNames(
  { names, variant }: { names: WeightsNames; variant?: string },
): string[] {
  const dot = variant === undefined ? "" : `.${variant}`;
  return Object.entries(names).flatMap(([ending, name]) => [
    `${name}${dot}.${ending}`,
    `${name}.${ending}.index${dot}.json`,
  ]);
}

/**
 * The file of a folder's weights, or the index of several.
 *
 * @param settings `variant`: which of several, such as `fp16`. @default {the one without}
 * @throws {RangeError} When there is none, naming those of other variants
 */
export function weightsPath(
  folder: string,
  { names, variant }: { names: WeightsNames; variant?: string },
): string {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const wanted = weightsNames({ names, variant });
  const found = wanted.find((name) => files.includes(name));
  if (found !== undefined) return join(folder, found);
  const others = files.filter((name) =>
    Object.values(names).some((start) => name.startsWith(start))
  );
  throw new RangeError(
    `Cannot open "${folder}": it has no ${wanted[0]}${
      others.length === 0 ? "" : `, but ${others.join(", ")}; give the variant, such as "fp16"`
    }`,
  );
}

/**
 * Writes a folder. Each file is whole or absent; what an earlier model of the same variant left goes at
 * the end.
 *
 * @throws {RangeError} When a value is beyond what half precision holds
 * @throws {DOMException} When the signal aborts
 */
export async function writeWeightsFolder(
  folder: string,
  { name, config, tensors: given }: {
    /** Of the files of weights, without their ending. */
    name: string;
    config: Readonly<Record<string, unknown>>;
    tensors: Readonly<Record<string, StreamedTensor>>;
  },
  { variant, shardBytes = 10e9, signal, onProgress }: WeightsFolderOptions = {},
): Promise<void> {
  const tensors = Object.entries(given).map(([name, tensor]): [string, StreamedTensor] => [
    name,
    variant === undefined ? tensor : halved(name, tensor),
  ]);
  const shards = shardsOf(tensors, shardBytes);
  const [dot, last] = [variant === undefined ? "" : `.${variant}`, shards.length];
  const digits = (number: number) => String(number).padStart(5, "0");
  const files = shards.map((_, at) =>
    `${name}${dot}${last === 1 ? "" : `-${digits(at + 1)}-of-${digits(last)}`}.safetensors`
  );
  const index = `${name}.safetensors.index${dot}.json`;
  Deno.mkdirSync(folder, { recursive: true });
  for (const [at, shard] of shards.entries()) {
    const options = { metadata: { format: "pt" }, signal, onProgress };
    await streamSafetensors(join(folder, files[at]!), Object.fromEntries(shard), options);
  }
  if (last > 1) {
    const places = shards.flatMap((shard, at) => shard.map(([key]) => [key, files[at]]));
    writeJson(join(folder, index), {
      metadata: { total_size: tensors.reduce((sum, [, tensor]) => sum + bytesOf(tensor), 0) },
      weight_map: Object.fromEntries(places),
    });
  }
  writeJson(join(folder, "config.json"), config);
  const kept = new Set([...files, ...last > 1 ? [index] : []]);
  const ofVariant = new RegExp(
    `^${name}(${dot}(-\\d+-of-\\d+)?\\.safetensors|\\.safetensors\\.index${dot}\\.json)$`,
  );
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (ofVariant.test(name) && !kept.has(name)) Deno.removeSync(join(folder, name));
  }
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
  return shape.reduce((product, side) => product * side, { F16: 2, F32: 4, I64: 8 }[dtype]);
}

/** The same tensor in half precision; whole numbers stay what they are. */
function halved(name: string, tensor: StreamedTensor): StreamedTensor {
  if (tensor.dtype !== "F32") return tensor;
  const { shape, lend } = tensor;
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
