/**
 * Opening weights wherever they are and whatever their format.
 *
 * @module
 */

import { inspect, someOf } from "../inspect.ts";
import type { OptionNames } from "../options.ts";
import { count, megabytes } from "../text.ts";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ReadOptions, StoredTensor } from "./dtypes.ts";
import { type FetchedWeights, type FetchOptions, fetchWeights } from "./hub/fetch.ts";
import { isHubSource } from "./hub/reference.ts";
import { foreignFolder, foreignFormat, TAR_CHECKPOINT } from "./foreign.ts";
import { isKeras, openKeras } from "./keras.ts";
import { findKitWeights, isKitSource } from "./kit.ts";
import { fetchPypiWeights, findPypiWeights, isPypiSource } from "./pypi.ts";
import { openPytorch } from "./pytorch.ts";
import { recordOf, type WeightsRecord } from "./record.ts";
import { openSafetensors } from "./safetensors.ts";
import { isShardIndex, listShards, ShardedFile } from "./shards.ts";
import type { TensorInfo, WeightsFile } from "./weights_file.ts";

/** Options of {@linkcode openWeights}. */
export type OpenOptions = FetchOptions & {
  /** Which dictionary of a PyTorch checkpoint. @default {see openPytorch} */
  part?: string;
  /**
   * Take only names that begin so, and without it: "encoder." of a model in a larger one.
   *
   * @default {"module." and "_orig_mod.", which PyTorch's wrappers add, when all names begin so}
   */
  prefix?: string;
};

/** All of {@linkcode OpenOptions}. */
export const openOptions: OptionNames<OpenOptions> = {
  ...{ onProgress: true, signal: true, env: true, timeout: true, retryDelay: true },
  part: true,
  prefix: true,
};

/** Names that `DistributedDataParallel` and `torch.compile` put before all of a model's. */
const wrapperPrefixes = ["module.", "_orig_mod."];

/** Opened weights; made by {@linkcode openWeights}. */
export class Weights implements WeightsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  /** What was taken from the beginning of each name. */
  readonly prefix: string;
  readonly #file: WeightsFile;
  readonly #source: string;
  readonly #origin: Parameters<typeof recordOf>[0];

  /** @ignore */
  constructor(
    file: WeightsFile,
    { prefix, origin, source }: {
      prefix?: string;
      origin: Parameters<typeof recordOf>[0];
      source: string;
    },
  ) {
    this.#file = file;
    this.#source = source;
    this.#origin = origin;
    this.metadata = file.metadata;
    const taken = prefix ?? wrapperPrefix(file.names);
    this.prefix = taken;
    this.names = file.names.filter((name) => name.startsWith(taken))
      .map((name) => name.slice(taken.length));
    if (this.names.length === 0 && file.names.length > 0) {
      throw new RangeError(
        `Cannot open "${source}": none of its ${file.names.length} names begins with "${taken}" ` +
          `(first "${file.names[0]}")`,
      );
    }
  }

  /** Dtype, shape and bytes of a tensor, without reading it. */
  info(name: string): TensorInfo {
    return this.#file.info(this.prefix + name);
  }

  /** Reads one tensor into memory of its own. */
  get(name: string, options?: ReadOptions): StoredTensor {
    return this.#file.get(this.prefix + name, options);
  }

  /** A tensor on the mapped file, where the file allows it; empty after dispose. */
  view(name: string): StoredTensor {
    return this.#file.view(this.prefix + name);
  }

  /**
   * Source, licence, revision and hashes, for what is written down with results. The files are
   * read for their hashes: about a second for each 500 MB.
   */
  record(options: { signal?: AbortSignal } = {}): Promise<WeightsRecord> {
    return recordOf({ ...this.#origin, ...options });
  }

  /** What a console and a notebook show: where they are from, and how much there is. */
  [inspect](): string {
    const bytes = this.names.reduce((sum, name) => sum + this.info(name).byteLength, 0);
    return `Weights of "${this.#source}": ${count(this.names.length)} tensors, ${
      megabytes(bytes)
    }\n  ${someOf(this.names)}`;
  }

  /** Closes the files and empties the views on them; a second call does nothing. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * Opens weights: a safetensors file, a PyTorch checkpoint, a file of Keras (.h5, .weights.h5,
 * .keras), the index of several shards, a folder that holds one of them, a model on the Hugging Face
 * hub or in a package of the Python index, which is fetched when the cache does not have it, or one of
 * the kit's own. The format is told by the content. A file of Keras has Keras' names and layouts: see `efficientnetFromKeras`.
 *
 * @param source A path, `hf:organisation/name[@revision][/file]`, `kit:NAME`, or
 * `pypi:PACKAGE@VERSION`
 * @throws {SafetensorsError | PytorchError | HubError} By the format and the place
 * @throws {RangeError} When no name begins with the prefix, a folder holds no weights, or the kit
 *   has none of that name, and knows no such package
 * @throws {Error} When a package cannot be fetched: see {@linkcode fetchPypiWeights}
 *
 * @example
 * ```ts
 * import { openWeights, stateDictOf, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * const bias = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * writeSafetensors(path, { "encoder.bias": bias, "head.bias": bias });
 * using weights = await openWeights(path, { prefix: "encoder." });
 * assert.deepEqual(weights.names, ["bias"]);
 * assert.deepEqual(stateDictOf(weights).bias.shape, [2]); // What loadStateDict() takes
 * const { files: [file] } = await weights.record();
 * assert.match(file.hash, /^sha256:/);
 * ```
 */
export async function openWeights(source: string, options: OpenOptions = {}): Promise<Weights> {
  const { part, prefix } = options;
  const fetched = isHubSource(source) ? await fetchWeights(source, options) : undefined;
  const kit = isKitSource(source) ? findKitWeights(source) : undefined;
  const packaged = isPypiSource(source) ? await fetchPypiWeights(source, options) : undefined;
  const path = packaged ?? kit?.path ?? fetched?.path ?? weightsIn(source);
  const file = isKeras(path) ? await openKeras(path) : openFile(path, part);
  try {
    const known = kit ?? (packaged === undefined ? undefined : findPypiWeights(source));
    return new Weights(file, { prefix, source, origin: { ...originOf(path, fetched), known } });
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function openFile(path: string, part: string | undefined): WeightsFile {
  if (isShardIndex(path)) return new ShardedFile(path, (shard) => openFile(shard, part));
  return isPytorch(path) ? openPytorch(path, { part }) : openSafetensors(path);
}

/** By the first bytes: a ZIP archive, a bare pickle, or the archive of PyTorch's first format. */
function isPytorch(path: string): boolean {
  if (!Deno.statSync(path).isFile) return false;
  using file = Deno.openSync(path);
  const start = new Uint8Array(9);
  const length = file.readSync(start) ?? 0;
  // A safetensors file begins with the length of its header, and may begin so, too
  if (length === 9 && start[8] === "{".charCodeAt(0)) return false;
  if (start[0] === 0x80 || start[0] === 0x50 && start[1] === 0x4b) return true;
  return foreignFormat(path) === TAR_CHECKPOINT;
}

/** The weights that a path means: a file, or the ones in a folder. */
function weightsIn(path: string): string {
  if (!existsSync(path) || !Deno.statSync(path).isDirectory) return path;
  const files = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  const indices = files.filter(isShardIndex);
  const shards = new Set(indices.flatMap((index) => listShards(join(path, index))));
  const found = [
    ...indices,
    ...files.filter((name) =>
      /\.(safetensors|bin|pt|pth|h5|keras)$/.test(name) && !/shard\d+of\d+/.test(name) && // tfjs
      !shards.has(name)
    ),
  ];
  if (found.length === 1) return join(path, found[0]);
  const reason = found.length === 0
    ? foreignFolder(files) ??
      "the folder has no .safetensors, .bin, .pt, .pth, .h5 or .keras file"
    : `the folder has several files of weights, name one of them: ${found.join(", ")}`;
  throw new RangeError(`Cannot open "${path}": ${reason}`);
}

function originOf(path: string, fetched?: FetchedWeights): Parameters<typeof recordOf>[0] {
  if (!fetched) {
    const shards = listShards(path);
    return { folder: dirname(path), files: shards.length > 0 ? shards : [basename(path)] };
  }
  const { reference, files, upToDate } = fetched;
  const depth = reference.file.split("/").length;
  const folder = join(path, ...new Array<string>(depth).fill(".."));
  return { folder, files, reference, upToDate };
}

/** The longest chain of wrappers that all names have. */
function wrapperPrefix(names: readonly string[]): string {
  const start = names[0] ?? "";
  let prefix = "";
  for (let next: string | undefined = prefix; next !== undefined;) {
    prefix = next;
    next = wrapperPrefixes.map((wrapper) => prefix + wrapper)
      .find((longer) => start.startsWith(longer) && names.every((name) => name.startsWith(longer)));
  }
  return prefix;
}
