/**
 * Reading checkpoints that `torch.save` wrote (`.pt`, `.pth`, `.bin`), without Python and without
 * running what is in them: their pickle is read as data, by a machine that knows tensors,
 * dictionaries, lists and numbers only.
 *
 * @module
 */

import { someOf } from "../inspect.ts";
import { OpenedFile } from "./_opened_file.ts";
import { type PickleDict, Unread } from "./_pickle.ts";
import { readTorchFile, type TorchFile } from "./_torch_file.ts";
import { pack, TorchTensor } from "./_torch_tensors.ts";
import {
  isForeign,
  type ReadOptions,
  refusalOf,
  type StoredTensor,
  tensorOf,
  tensorOn,
} from "./dtypes.ts";
import { PytorchError } from "./pytorch_error.ts";
import type { TensorInfo, WeightsFile } from "./weights_file.ts";

/** A tensor larger than its file is a view that repeats elements; beyond this it is an attack. */
const MAX_REPEATED_BYTES = 2 ** 26;

/** Parts that hold the weights when a checkpoint has several, by custom; the first one counts. */
const customaryParts = ["state_dict", "model_state_dict", "model"];

/** An open checkpoint; made by {@linkcode openPytorch}. */
export class PytorchFile implements WeightsFile {
  /** Always empty: a checkpoint has no text pairs. */
  readonly metadata: Readonly<Record<string, string>> = {};
  /** Tensor names, in the order of the dictionary. */
  readonly names: readonly string[];
  /** The part that was opened, "" for the whole. */
  readonly part: string;

  readonly #file: OpenedFile;
  readonly #content: TorchFile;
  readonly #tensors: ReadonlyMap<string, TorchTensor>;

  constructor(path: string, { part }: { part?: string } = {}) {
    const file = new OpenedFile(path, (...reason) => new PytorchError(reason[0], path, reason[1]));
    this.#file = file;
    try {
      this.#content = readTorchFile(file);
      const chosen = choosePart(this.#content.tree, { path, part });
      this.part = chosen.part;
      this.#tensors = chosen.tensors;
      for (const [name, tensor] of chosen.tensors) this.#check(name, tensor);
      this.names = [...chosen.tensors.keys()];
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** Dtype, shape and bytes of a tensor, without reading it. */
  info(name: string): TensorInfo {
    const { dtype, shape, byteLength } = this.#tensor(name);
    return { dtype, shape, byteLength };
  }

  /**
   * Reads one tensor into memory of its own, packed row by row whatever its strides were.
   *
   * @throws {PytorchError} `unknown-tensor`, `changed`, `closed`; `foreign-dtype`, for an element type
   * that no array holds
   */
  get(name: string, options: ReadOptions = {}): StoredTensor {
    const tensor = this.#tensor(name);
    const refusal = refusalOf({ dtype: tensor.dtype, name }, options);
    if (refusal) throw new PytorchError("foreign-dtype", this.#file.path, refusal);
    const span = this.#file.read(this.#start(tensor), tensor.span * tensor.width);
    this.#file.checkUnchanged();
    return tensorOf(tensor.isPacked ? span.buffer : pack(tensor, span), tensor);
  }

  /**
   * A tensor on the mapped file, under the conditions of a safetensors file's `view`; one that is
   * not packed or not aligned is copied.
   *
   * @throws {PytorchError} `unknown-tensor`, `changed`, `closed`, `foreign-dtype`
   */
  view(name: string): StoredTensor {
    const tensor = this.#tensor(name);
    const { shape, byteLength, dtype, width } = tensor;
    const byteOffset = this.#start(tensor);
    const aligned = byteOffset % width === 0;
    if (isForeign(dtype) || !tensor.isPacked || !aligned || byteLength === 0) return this.get(name);
    return tensorOn(this.#file.map(), { dtype, shape, byteOffset, byteLength });
  }

  /** Closes the file and empties the views on it; a second call does nothing. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #tensor(name: string): TorchTensor {
    const { path, closed } = this.#file;
    if (closed) {
      throw new PytorchError("closed", path, `tensor "${name}" asked for after dispose`);
    }
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    throw new PytorchError(
      "unknown-tensor",
      path,
      `no tensor "${name}" among its ${this.names.length} (first "${this.names[0]}")`,
    );
  }

  /** Where the first element lies in the file. */
  #start({ storage, offset, width }: TorchTensor): number {
    return this.#content.storage(storage.key)!.byteOffset + offset * width;
  }

  #check(name: string, tensor: TorchTensor): void {
    const { storage, offset, shape, strides, width } = tensor;
    const refuse = (reason: string) =>
      new PytorchError("bad-tensor", this.#file.path, `its tensor "${name}" ${reason}`);
    const stored = this.#content.storage(storage.key);
    if (!stored) throw refuse(`lies on storage ${storage.key}, which is missing`);
    if (stored.byteLength !== storage.byteLength) {
      throw refuse(
        `lies on storage ${storage.key} of ${storage.length} ${storage.dtype}, ${stored.byteLength} bytes are there`,
      );
    }
    if (!((offset + tensor.span) * width <= stored.byteLength)) {
      throw refuse(
        `of shape [${shape}], offset ${offset} and strides [${strides}] reaches beyond its ` +
          `storage of ${storage.length}`,
      );
    }
    if (!(tensor.byteLength <= Math.max(stored.byteLength, MAX_REPEATED_BYTES))) {
      throw refuse(`of shape [${shape}] repeats ${storage.length} stored elements`);
    }
  }
}

/**
 * Opens a checkpoint and reads its index only. The names are those of the state dict, whichever way
 * the checkpoint holds it: in the part "state_dict", "model_state_dict" or "model", or as the whole,
 * or in the only part that holds tensors.
 *
 * Both containers are read: the ZIP archive, and the row of pickles and storages of PyTorch before
 * 1.6. Only the names that tensors need are followed in its pickle: `collections.OrderedDict`,
 * `torch._utils._rebuild_tensor_v2` and its relatives, `torch.Size`, the storage classes and element
 * types. Objects of other classes, such as the settings of a training (`argparse.Namespace`,
 * Lightning's callbacks, arrays of NumPy), are passed over; names that run commands or load code,
 * which no honest checkpoint has, are refused. No code of the file runs.
 *
 * @param path The file
 * @param options.part Which dictionary in it, such as "model_ema" or "generator.weights", "" for
 * the whole. @default {as told above}
 * @throws {PytorchError} When the file is damaged, of another format, or names anything else
 * @throws {Deno.errors.NotFound} When there is no such file
 *
 * @example
 * ```ts
 * import { openPytorch } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.pt`;
 * Deno.writeTextFileSync(path, "no checkpoint");
 * assert.throws(() => openPytorch(path), {
 *   name: "PytorchError",
 *   code: "not-pytorch",
 *   message: `Cannot read "${path}": it is no checkpoint of PyTorch: it begins with "no check"`,
 * });
 * ```
 */
export function openPytorch(path: string, options: { part?: string } = {}): PytorchFile {
  return new PytorchFile(path, options);
}

type Part = { part: string; tensors: Map<string, TorchTensor> };

/** The dictionary that is meant, by name or by custom. */
function choosePart(
  tree: unknown,
  { path, part }: { path: string; part?: string },
): Part {
  const parts = listParts(tree, path);
  const known = () => someOf(parts.map((found) => `"${found.part}"`));
  if (parts.length === 0) throw new PytorchError("no-tensors", path, whyNoTensors(tree));
  if (part !== undefined) {
    const found = parts.find((candidate) => candidate.part === part);
    if (found) return found;
    throw new PytorchError("unknown-part", path, `no part "${part}" among ${known()}`);
  }
  for (const name of customaryParts) {
    const found = parts.find((candidate) => candidate.part === name);
    if (found) return found;
  }
  if (parts.length === 1 || parts[0].part === "") return parts[0];
  throw new PytorchError(
    "several-parts",
    path,
    `several parts hold tensors, say which one is meant: ${known()}`,
  );
}

function whyNoTensors(tree: unknown): string {
  if (tree instanceof Unread) {
    return `it is an object of the class "${
      tree.className.slice(0, 80)
    }", such as a whole model, ` +
      "of which nothing is read; save its state_dict() with Python";
  }
  const items = tree instanceof Map ? [...tree.values()] : Array.isArray(tree) ? tree : [];
  if (items.some((item) => item instanceof TorchTensor)) {
    return "its tensors have no names; save them in a dictionary with Python";
  }
  const object = items.find((item) => item instanceof Unread);
  if (!object) return "there is no tensor in it";
  return `there is no tensor in it beside objects such as one of the class ` +
    `"${
      object.className.slice(0, 80)
    }", of which nothing is read; save their state_dict() with Python`;
}

/** The dictionaries that hold tensors, outermost first. */
function listParts(tree: unknown, path: string): Part[] {
  const parts: Part[] = [];
  const seen = new Set<unknown>(); // A dictionary may hold itself
  const queue: [string, unknown][] = [["", tree]];
  for (const [part, value] of queue) {
    if (value instanceof TorchTensor) {
      throw new PytorchError("no-tensors", path, "it is one tensor without a name");
    }
    if (!(value instanceof Map) || seen.has(value)) continue;
    seen.add(value);
    const tensors = new Map<string, TorchTensor>();
    for (const [key, item] of value as PickleDict) {
      if (typeof key !== "string") continue;
      if (item instanceof TorchTensor) tensors.set(key, item);
      else queue.push([part === "" ? key : `${part}.${key}`, item]);
    }
    if (tensors.size > 0) parts.push({ part, tensors });
  }
  return parts;
}
