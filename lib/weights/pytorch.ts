/**
 * Reading checkpoints that `torch.save` wrote (`.pt`, `.pth`, `.bin`), without Python and without
 * running what is in them: their pickle is read as data, by a machine that knows tensors,
 * dictionaries, lists and numbers only.
 *
 * @module
 */

import { OpenedFile } from "./_opened_file.ts";
import { type PickleDict, PickleError, unpickle } from "./_pickle.ts";
import { pack, storageOf, tensorGlobals, TorchTensor } from "./_torch_tensors.ts";
import { readZipEntries, type ZipEntry, ZipError } from "./_zip.ts";
import { arrayTypes, type StoredTensor, tensorOn } from "./dtypes.ts";
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
  readonly #entries: ReadonlyMap<string, ZipEntry>;
  readonly #tensors: ReadonlyMap<string, TorchTensor>;
  /** What comes before each name in the archive, such as "archive/". */
  readonly #root: string;

  constructor(path: string, { part }: { part?: string } = {}) {
    const file = new OpenedFile(path, (...reason) => new PytorchError(reason[0], path, reason[1]));
    this.#file = file;
    try {
      this.#entries = openArchive(file);
      this.#root = findRoot(this.#entries, path);
      this.#checkByteOrder();
      const tree = readPickle(file, this.#entries.get(`${this.#root}data.pkl`)!);
      const chosen = choosePart(tree, { path, part });
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
    const { storage, shape, byteLength } = this.#tensor(name);
    return { dtype: storage.dtype, shape, byteLength };
  }

  /**
   * Reads one tensor into memory of its own, packed row by row whatever its strides were.
   *
   * @throws {PytorchError} `unknown-tensor`, `changed`, `closed`
   */
  get(name: string): StoredTensor {
    const tensor = this.#tensor(name);
    const { dtype } = tensor.storage;
    const width = arrayTypes[dtype].BYTES_PER_ELEMENT;
    const span = this.#file.read(this.#start(tensor), tensor.span * width);
    this.#file.checkUnchanged();
    const buffer = tensor.isPacked ? span.buffer : pack(tensor, span);
    const { shape, byteLength } = tensor;
    return tensorOn(buffer, { dtype, shape, byteOffset: 0, byteLength });
  }

  /**
   * A tensor on the mapped file, under the conditions of a safetensors file's `view`; one that is
   * not packed or not aligned is copied.
   *
   * @throws {PytorchError} `unknown-tensor`, `changed`, `closed`
   */
  view(name: string): StoredTensor {
    const tensor = this.#tensor(name);
    const { shape, byteLength, storage: { dtype } } = tensor;
    const byteOffset = this.#start(tensor);
    const aligned = byteOffset % arrayTypes[dtype].BYTES_PER_ELEMENT === 0;
    if (!tensor.isPacked || !aligned || byteLength === 0) return this.get(name);
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
  #start({ storage, offset }: TorchTensor): number {
    const { byteOffset } = this.#entries.get(`${this.#root}data/${storage.key}`)!;
    return byteOffset + offset * arrayTypes[storage.dtype].BYTES_PER_ELEMENT;
  }

  #checkByteOrder(): void {
    const entry = this.#entries.get(`${this.#root}byteorder`);
    if (!entry) return; // Before PyTorch 2.1: little-endian
    const order = new TextDecoder().decode(this.#file.read(entry.byteOffset, entry.byteLength));
    if (order !== "little") {
      throw new PytorchError("big-endian", this.#file.path, `its byte order is "${order}"`);
    }
  }

  #check(name: string, tensor: TorchTensor): void {
    const { storage, offset, shape, strides } = tensor;
    const refuse = (reason: string) =>
      new PytorchError("bad-tensor", this.#file.path, `its tensor "${name}" ${reason}`);
    const width = arrayTypes[storage.dtype].BYTES_PER_ELEMENT;
    const stored = this.#entries.get(`${this.#root}data/${storage.key}`);
    if (!stored) throw refuse(`lies on storage ${storage.key}, which is missing`);
    if (stored.byteLength !== storage.length * width) {
      throw refuse(
        `lies on storage ${storage.key} of ${storage.length} ${storage.dtype}, ${stored.byteLength} bytes are there`,
      );
    }
    if (!(offset + tensor.span <= storage.length)) {
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
 * Only the names that tensors need are accepted in its pickle: `collections.OrderedDict`,
 * `torch._utils._rebuild_tensor_v2`, `torch._utils._rebuild_parameter`, `torch.Size` and the
 * storage classes. No code of the file runs.
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

/** The archive's entries, or why it is none. */
function openArchive(file: OpenedFile): Map<string, ZipEntry> {
  const start = file.read(0, Math.min(8, file.size));
  if (start[0] === 0x80) {
    throw new PytorchError(
      "legacy-format",
      file.path,
      "it is in PyTorch's format before 1.6, a bare pickle; write it anew with Python: " +
        "torch.save(torch.load(path, weights_only=True), new_path)",
    );
  }
  if (start[0] !== 0x50 || start[1] !== 0x4b) { // "PK"
    const found = JSON.stringify(new TextDecoder("latin1").decode(start));
    throw new PytorchError(
      "not-pytorch",
      file.path,
      `it is no checkpoint of PyTorch: it begins with ${found}`,
    );
  }
  try {
    return readZipEntries(file);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new PytorchError("bad-zip", file.path, `as an archive, ${error.message}`);
  }
}

function findRoot(entries: ReadonlyMap<string, ZipEntry>, path: string): string {
  const names = [...entries.keys()];
  const roots = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1) {
    throw new PytorchError(
      "not-pytorch",
      path,
      `it is an archive without the data.pkl of a checkpoint (first "${names[0]}")`,
    );
  }
  const root = roots[0].slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`)) {
    throw new PytorchError(
      "torchscript",
      path,
      "it is a TorchScript program, not weights; save its state_dict() with Python",
    );
  }
  return root;
}

function readPickle(file: OpenedFile, entry: ZipEntry): unknown {
  try {
    return unpickle(file.read(entry.byteOffset, entry.byteLength), {
      globals: tensorGlobals,
      persistent: storageOf,
    });
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    const { refused, message } = error;
    if (refused === undefined) {
      throw new PytorchError("bad-pickle", file.path, `data.pkl, ${message}`);
    }
    throw new PytorchError(
      "refused-name",
      file.path,
      `it names "${refused.slice(0, 80)}", which tensors do not need; nothing of it was run. ` +
        "If you trust it, save its tensors alone with Python",
    );
  }
}

type Part = { part: string; tensors: Map<string, TorchTensor> };

/** The dictionary that is meant, by name or by custom. */
function choosePart(
  tree: unknown,
  { path, part }: { path: string; part?: string },
): Part {
  const parts = listParts(tree, path);
  const known = () => parts.map((found) => `"${found.part}"`).join(", ");
  if (parts.length === 0) throw new PytorchError("no-tensors", path, "there is no tensor in it");
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
