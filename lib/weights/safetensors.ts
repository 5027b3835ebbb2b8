/**
 * Reading and writing safetensors files, the format in which published weights come: named tensors,
 * no code. Works on plain typed arrays, without the engine.
 *
 * @module
 */

import { basename } from "node:path";
import { AtomicFile, writeFileAtomic } from "../files.ts";
import type { StreamedTensor } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import { OpenedFile } from "./_opened_file.ts";
import {
  arrayTypes,
  bitsOf,
  isForeign,
  type ReadOptions,
  refusalOf,
  type StoredTensor,
  tensorOf,
  tensorOn,
} from "./dtypes.ts";
import { SafetensorsError, type SafetensorsErrorCode } from "./error.ts";
import { foreignFormat } from "./foreign.ts";
import {
  byteSize,
  isCounts,
  isDtype,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  readHeader,
  type TensorEntry,
} from "./header.ts";
import type { TensorInfo, WeightsFile } from "./weights_file.ts";

/** What a file holds, in plain memory. */
export type SafetensorsContent = {
  tensors: Record<string, StoredTensor>;
  /** Free text pairs; empty when the file has none. */
  metadata: Record<string, string>;
};

/** How a file of another format fails first. */
const noSafetensors: readonly SafetensorsErrorCode[] = [
  ...["file-too-short", "header-too-large", "header-past-end"] as const,
  ...["header-not-utf8", "header-not-object"] as const,
];

/** An open safetensors file; made by {@linkcode openSafetensors}. */
export class SafetensorsFile implements WeightsFile {
  /** Free text pairs; empty when the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensor names, in the order of their data. */
  readonly names: readonly string[];

  readonly #file: OpenedFile;
  readonly #tensors: ReadonlyMap<string, TensorEntry>;

  constructor(path: string) {
    const file = new OpenedFile(
      path,
      (...reason) => new SafetensorsError(reason[0], path, reason[1]),
    );
    this.#file = file;
    try {
      const { metadata, tensors } = readHeader((...range) => file.read(...range), {
        path,
        fileSize: file.size,
      });
      this.metadata = metadata;
      this.#tensors = tensors;
      this.names = [...tensors.keys()];
    } catch (error) {
      file[Symbol.dispose]();
      if (!(error instanceof SafetensorsError) || !noSafetensors.includes(error.code)) throw error;
      const foreign = foreignFormat(path);
      if (foreign === undefined) throw error;
      throw new SafetensorsError(error.code, path, foreign, { cause: error });
    }
  }

  /** Dtype, shape and bytes of a tensor, without reading it. */
  info(name: string): TensorInfo {
    const { dtype, shape, byteLength } = this.#entry(name);
    return { dtype, shape, byteLength };
  }

  /**
   * Reads one tensor into memory of its own. Safe whatever happens to the file: when another
   * program shortened or rewrote it since it was opened, this is an error.
   *
   * @throws {SafetensorsError} `unknown-tensor`, `changed`, `closed`; `foreign-dtype`, for an element
   * type that no array holds
   */
  get(name: string, options: ReadOptions = {}): StoredTensor {
    const entry = this.#entry(name);
    const refusal = refusalOf({ ...entry, name }, options);
    if (refusal) throw new SafetensorsError("foreign-dtype", this.#file.path, refusal);
    const { buffer } = this.#file.read(entry.byteOffset, entry.byteLength);
    this.#file.checkUnchanged();
    return tensorOf(buffer, entry);
  }

  /**
   * A tensor on the mapped file: no bytes are copied, and pages are read when they are touched
   * (a tensor that the file does not align, which the reference library never writes, is copied).
   *
   * The array is empty after dispose, so copy what must outlive the file and do not dispose while
   * native code still reads it. Writes to it stay private to this process. Only for files that are
   * replaced by rename, as this kit, pip and the Hugging Face cache do: a program that shortens the
   * file in place while a view is read ends this process. {@linkcode get} has no such condition.
   *
   * @throws {SafetensorsError} `unknown-tensor`, `changed`, `closed`, `foreign-dtype`
   * @throws {Error} When the system cannot map files (Windows)
   */
  view(name: string): StoredTensor {
    const { dtype, ...place } = this.#entry(name);
    if (isForeign(dtype) || place.byteOffset * 8 % bitsOf(dtype) !== 0) return this.get(name);
    return tensorOn(this.#file.map(), { dtype, ...place });
  }

  /** Closes the file and empties the views on it; a second call does nothing. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #entry(name: string): TensorEntry {
    const { path, closed } = this.#file;
    if (closed) {
      throw new SafetensorsError("closed", path, `tensor "${name}" asked for after dispose`);
    }
    const entry = this.#tensors.get(name);
    if (entry) return entry;
    throw new SafetensorsError(
      "unknown-tensor",
      path,
      `no tensor "${name}" among its ${this.names.length} (first "${this.names[0]}")`,
    );
  }
}

/**
 * Opens a safetensors file and reads its header only: tensors are read one at a time by
 * {@linkcode SafetensorsFile.get}, or mapped by {@linkcode SafetensorsFile.view}, so that a file
 * of many gigabytes costs no more memory than what is used of it.
 *
 * @throws {SafetensorsError} When the file is damaged or of another format
 * @throws {Deno.errors.NotFound} When there is no such file
 *
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * writeSafetensors(path, {
 *   "fc.bias": { dtype: "F32", shape: [3], data: Float32Array.of(0.5, 1, 2) },
 * });
 * using file = openSafetensors(path);
 * assert.deepEqual(file.names, ["fc.bias"]);
 * assert.deepEqual(file.info("fc.bias"), { dtype: "F32", shape: [3], byteLength: 12 });
 * assert.deepEqual(file.get("fc.bias").data, Float32Array.of(0.5, 1, 2));
 * ```
 */
export function openSafetensors(path: string): SafetensorsFile {
  return new SafetensorsFile(path);
}

/**
 * Reads a whole safetensors file into memory.
 *
 * @throws {SafetensorsError} When the file is damaged or of another format
 * @throws {Deno.errors.NotFound} When there is no such file
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * const steps = { dtype: "I64", shape: [], data: BigInt64Array.of(7n) } as const;
 * writeSafetensors(path, { steps }, { metadata: { epoch: "2" } });
 * assert.deepEqual(readSafetensors(path), { tensors: { steps }, metadata: { epoch: "2" } });
 * ```
 */
export function readSafetensors(path: string): SafetensorsContent {
  using file = openSafetensors(path);
  return {
    tensors: Object.fromEntries(file.names.map((name) => [name, file.get(name)])),
    metadata: { ...file.metadata },
  };
}

/**
 * Writes tensors as a safetensors file, atomically: a reader sees the whole file or none. The bytes
 * are those of the reference library: tensors by dtype, widest first, then by name; the data begins
 * at a multiple of 8.
 *
 * @param path Where the file ends up
 * @param tensors The tensors by name
 * @param options `metadata`: text pairs to store beside them. @default {{}}
 * @throws {TypeError} When an array is not that of its dtype and shape, a name cannot be stored, or
 *   metadata is not text; nothing is written then
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * const weight = { dtype: "F32", shape: [2, 3], data: new Float32Array(6) } as const;
 * writeSafetensors(path, { weight }, { metadata: { format: "pt" } });
 * assert.equal(Deno.statSync(path).size % 8, 0);
 * ```
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  options: { metadata?: Readonly<Record<string, string>> } = {},
): void {
  const { header, sorted } = layOut(path, tensors, options.metadata);
  writeFileAtomic(path, [header, ...sorted.map(([, { data }]) => bytesOf(data))]);
}

/**
 * As {@linkcode writeSafetensors}, reading each tensor when its turn comes: needs memory for one. The
 * variables must not be assigned meanwhile.
 *
 * @param tensors In memory, or streamed, as `Module.streamState` and `streamVariables` give them
 * @param options `metadata`, `signal`, and `onProgress`, in bytes
 * @throws {TypeError} As {@linkcode writeSafetensors}; when a tensor lends other bytes than its
 *   dtype and shape want
 * @throws {DOMException} When the signal aborts; the file is then what it was
 *
 * @example
 * ```ts
 * import { Linear } from "galaxykit/nn";
 * import { openSafetensors, stateDictOf, streamSafetensors } from "galaxykit/weights";
 * import { key } from "galaxykit/tensorflow";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * await streamSafetensors(path, new Linear(3, 2, { key: key(1) }).streamState());
 * using file = openSafetensors(path);
 * new Linear(3, 2, {}).loadStateDict(stateDictOf(file));
 * ```
 */
export async function streamSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor | StreamedTensor>>,
  { metadata, signal, onProgress }: {
    metadata?: Readonly<Record<string, string>>;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  } = {},
): Promise<void> {
  const { header, sorted, total } = layOut(path, tensors, metadata);
  using file = new AtomicFile(path);
  file.write(header);
  let done = 0;
  for (const [name, tensor] of sorted) {
    signal?.throwIfAborted();
    const wanted = byteSize(tensor.dtype, tensor.shape);
    const write = (bytes: Uint8Array) => {
      if (bytes.byteLength !== wanted) {
        throw refusal(path, name, `lends ${bytes.byteLength} bytes, its shape wants ${wanted}`);
      }
      file.write(bytes);
    };
    if ("lend" in tensor) await tensor.lend(write);
    else write(bytesOf(tensor.data));
    done += wanted;
    onProgress?.({ what: `Writing ${basename(path)}`, done, total, unit: "bytes" });
  }
  file.commit();
}

/** The tensors in the order of their data, and the header that says so. */
function layOut<T extends StoredTensor | StreamedTensor>(
  path: string,
  tensors: Readonly<Record<string, T>>,
  metadata: Readonly<Record<string, string>> = {},
): { header: Uint8Array; sorted: [string, T][]; total: number } {
  const sorted = Object.entries(tensors).sort(([a, { dtype: x }], [b, { dtype: y }]) =>
    dtypeOrder.indexOf(y) - dtypeOrder.indexOf(x) || compareUtf8(a, b)
  );
  const fields: [string, unknown][] = [];
  const texts = Object.entries(metadata);
  for (const [key, value] of texts) checkText(path, key, value);
  if (texts.length) fields.push(["__metadata__", Object.fromEntries(texts)]);
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(path, name, tensor);
    const { dtype, shape } = tensor;
    fields.push([name, { dtype, shape, data_offsets: [end, end += byteSize(dtype, shape)] }]);
  }
  return { header: headerBytes(path, fields), sorted, total: end };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const dtypeOrder = Object.keys(arrayTypes);

/** The header with its length before it, padded by spaces to a multiple of 8. */
function headerBytes(path: string, fields: [string, unknown][]): Uint8Array {
  // Written field by field: an object would move names like "0" to the front
  const json = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${json.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write "${path}": its header takes ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(" ".charCodeAt(0));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

function refusal(path: string, name: string, reason: string): TypeError {
  return new TypeError(`Cannot write "${path}": tensor "${name}" ${reason}`);
}

function checkTensor(path: string, name: string, tensor: StoredTensor | StreamedTensor): void {
  const { dtype, shape } = tensor;
  const fail = (reason: string) => refusal(path, name, reason);
  if (name === "__metadata__" || !name.isWellFormed()) throw fail("has a name that cannot be used");
  if (!isDtype(dtype)) throw fail(`has dtype ${dtype}, known are ${dtypeOrder.join(" ")}`);
  if ("lend" in tensor) {
    if (!isCounts(shape)) throw fail(`has the shape [${shape}]`);
    return;
  }
  const { data } = tensor;
  if (!(data instanceof arrayTypes[dtype])) {
    const found = Object.prototype.toString.call(data).slice(8, -1);
    throw fail(`holds ${found}, ${dtype} wants ${arrayTypes[dtype].name}`);
  }
  if (!isCounts(shape) || byteSize(dtype, shape) !== data.byteLength) {
    throw fail(`holds ${data.length} values, its shape is [${shape}]`);
  }
}

function checkText(path: string, key: string, value: unknown): void {
  if (typeof value !== "string" || !value.isWellFormed() || !key.isWellFormed()) {
    throw new TypeError(`Cannot write "${path}": metadata "${key}" is not well-formed text`);
  }
}

/** Order of the UTF-8 bytes, which differs from JavaScript's beyond U+FFFF. */
function compareUtf8(a: string, b: string): number {
  const encoder = new TextEncoder();
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}
