/**
 * Weights in several files: an index (`model.safetensors.index.json`) says which tensor is where.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ReadOptions, StoredTensor } from "./dtypes.ts";
import type { TensorInfo, WeightsFile } from "./weights_file.ts";

/** Whether a path is that of an index, by its name. */
export function isShardIndex(path: string): boolean {
  return /\.index(\.\w+)?\.json$/.test(path); // diffusers' variants: .index.fp16.json
}

/**
 * The files that an index names, in order.
 *
 * @returns An empty list when the path is not that of an index
 * @throws {SyntaxError} When the index is malformed
 */
export function listShards(path: string): string[] {
  if (!isShardIndex(path)) return [];
  return [...new Set(Object.values(readIndex(path)))].sort();
}

/** Several files as one; made by `openWeights`. */
export class ShardedFile implements WeightsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly #path: string;
  readonly #shards = new Map<string, WeightsFile>();
  readonly #index: ReadonlyMap<string, string>;

  /**
   * @param path The index
   * @param open Opens a shard
   * @throws {Error} When a shard is missing, or is without a tensor that the index promises
   */
  constructor(path: string, open: (path: string) => WeightsFile) {
    this.#path = path;
    const index = new Map(Object.entries(readIndex(path)));
    this.#index = index;
    this.names = [...index.keys()];
    try {
      for (const shard of new Set(index.values())) {
        const place = join(dirname(path), shard);
        if (!existsSync(place)) {
          throw new Deno.errors.NotFound(
            `Cannot read "${path}": ${shard}, which it names, must lie beside it, and does not`,
          );
        }
        this.#shards.set(shard, open(place));
      }
      for (const [name, shard] of index) {
        if (this.#shards.get(shard)!.names.includes(name)) continue;
        throw new Error(`Cannot read "${path}": its tensor "${name}" is not in ${shard}`);
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.metadata = Object.assign({}, ...this.#files().map((file) => file.metadata));
  }

  info(name: string): TensorInfo {
    return this.#shard(name).info(name);
  }

  get(name: string, options?: ReadOptions): StoredTensor {
    return this.#shard(name).get(name, options);
  }

  view(name: string): StoredTensor {
    return this.#shard(name).view(name);
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    for (const file of this.#files()) file[Symbol.dispose]();
  }

  #files(): WeightsFile[] {
    return [...this.#shards.values()];
  }

  #shard(name: string): WeightsFile {
    const shard = this.#index.get(name);
    if (shard !== undefined) return this.#shards.get(shard)!;
    throw new RangeError(
      `Cannot read "${this.#path}": no tensor "${name}" among its ${this.names.length} (first "${
        this.names[0]
      }")`,
    );
  }
}

/** File by tensor name. */
function readIndex(path: string): Record<string, string> {
  let content;
  try {
    content = JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot read "${path}": it is not JSON: ${cause.message}`, { cause });
  }
  const map = content?.weight_map;
  const entries = typeof map === "object" && map !== null ? Object.entries(map) : [];
  if (entries.length === 0) {
    throw new SyntaxError(`Cannot read "${path}": it has no weight_map, which names the shards`);
  }
  for (const [name, shard] of entries) {
    const plain = typeof shard === "string" && basename(shard) === shard && /^[^.\\:]/.test(shard);
    if (plain) continue;
    throw new SyntaxError(
      `Cannot read "${path}": its tensor "${name}" is in ${
        JSON.stringify(shard)
      }, wanted a file beside it`,
    );
  }
  return map;
}
