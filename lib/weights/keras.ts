/**
 * Reading the weights that Keras wrote: `.h5` of Keras 2 and 3 (a whole model, or its weights),
 * `.weights.h5` and `.keras` of Keras 3.
 *
 * Source: `legacy_h5_format.py` and `saving_lib.py` of keras 3, `hdf5_format.py` of Keras 2.
 *
 * @module
 */

import type { Dataset, Group } from "h5wasm/node";
import { dirname } from "node:path";
import { openHdf5 } from "../hdf5.ts";
import { OpenedFile } from "./_opened_file.ts";
import { readZipEntries, ZipError } from "../zip.ts";
import { arrayTypes, type Dtype, type StoredTensor } from "./dtypes.ts";
import { byteSize } from "./header.ts";
import type { TensorInfo, WeightsFile } from "./weights_file.ts";

/** A tensor larger than its file was never trained: it is all one value, or an attack. */
const MOST_UNSTORED_BYTES = 2 ** 26;

/** The variables of a layer in the order of Keras 3, which numbers them, by how its class begins. */
const variablesOf: readonly [layer: RegExp, variables: readonly string[]][] = [
  [/^batch_normalization/, ["gamma", "beta", "moving_mean", "moving_variance"]],
  [/^layer_normalization/, ["gamma", "beta"]],
  [/^normalization/, ["mean", "variance", "count"]],
  [/^(conv|dense|depthwise_conv)/, ["kernel", "bias"]],
  [/^separable_conv/, ["depthwise_kernel", "pointwise_kernel", "bias"]],
];

/** Weights of Keras; made by `openWeights`. Layouts of the arrays are those of Keras. */
export class KerasFile implements WeightsFile {
  readonly metadata: Readonly<Record<string, string>> = {};
  /** Such as `stem_conv/stem_conv/kernel:0`, as in the file, or `stem_conv/kernel` of Keras 3. */
  readonly names: readonly string[];
  readonly #path: string;
  readonly #tensors: Tensors;
  readonly #root: Group & { close(): unknown };
  #unpacked?: string;
  #closed = false;

  /** @ignore */
  constructor(path: string, root: Group & { close(): unknown }, unpacked?: string) {
    this.#path = path;
    this.#root = root;
    this.#unpacked = unpacked;
    this.#tensors = attempt(path, () => listTensors(root, path));
    this.names = [...this.#tensors.keys()];
  }

  /** Dtype, shape and bytes of a tensor, without reading it. */
  info(name: string): TensorInfo {
    const { dtype, shape, byteLength } = this.#tensor(name);
    return { dtype, shape, byteLength };
  }

  /** Reads one tensor into memory of its own. */
  get(name: string): StoredTensor {
    const { place, dtype, shape } = this.#tensor(name);
    if (dtype === "F16") {
      throw new TypeError(
        `Cannot read "${this.#path}": its tensor "${name}" is F16, which the reader of HDF5 does not know; save the weights as float32 with Keras`,
      );
    }
    const found = attempt(this.#path, () => (this.#root.get(place) as Dataset).value);
    if (dtype === "BF16" && found instanceof Uint8Array) {
      return { dtype, shape, data: new Uint16Array(found.slice().buffer) };
    }
    const data = arrayOf(
      typeof found === "number" || typeof found === "bigint" ? [found] : found,
      dtype,
    );
    return { dtype, shape, data } as StoredTensor;
  }

  /** As {@linkcode get}: HDF5 stores in pieces. */
  view(name: string): StoredTensor {
    return this.get(name);
  }

  /** Closes the file; a second call does nothing. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#root.close();
    if (this.#unpacked !== undefined) Deno.removeSync(this.#unpacked, { recursive: true });
  }

  #tensor(name: string): Described {
    if (this.#closed) {
      throw new TypeError(`Cannot read "${this.#path}": tensor "${name}" asked for after dispose`);
    }
    const found = this.#tensors.get(name);
    if (found) return found;
    throw new RangeError(
      `Cannot read "${this.#path}": no tensor "${name}" among its ${this.names.length} (first "${
        this.names[0]
      }")`,
    );
  }
}

/**
 * Opens weights of Keras.
 *
 * @throws {TypeError} When there are none in the file
 * @throws {Error} When it is damaged
 */
export async function openKeras(path: string): Promise<KerasFile> {
  const unpacked = isHdf5(path) ? undefined : unpackWeights(path);
  try {
    return new KerasFile(path, await openHdf5(unpacked ?? path), unpacked && dirname(unpacked));
  } catch (error) {
    if (unpacked !== undefined) Deno.removeSync(dirname(unpacked), { recursive: true });
    throw error;
  }
}

/** Whether a file is of Keras by its beginning: HDF5, or an archive that holds `model.weights.h5`. */
export function isKeras(path: string): boolean {
  if (isHdf5(path)) return true;
  using file = new OpenedFile(path, (_, reason) => new Error(reason));
  if (file.size < 4 || new TextDecoder().decode(file.read(0, 2)) !== "PK") return false;
  try {
    return readZipEntries(file).has(WEIGHTS);
  } catch (error) {
    if (error instanceof ZipError) return false;
    throw error;
  }
}

const WEIGHTS = "model.weights.h5";

function isHdf5(path: string): boolean {
  using file = Deno.openSync(path);
  const start = new Uint8Array(8);
  file.readSync(start);
  return start.toHex() === "894844460d0a1a0a";
}

/** Copies the weights in a `.keras` archive to a folder of their own. */
function unpackWeights(path: string): string {
  using file = new OpenedFile(path, (_, reason) => new Error(`Cannot read "${path}": ${reason}`));
  const { byteOffset, byteLength } = readZipEntries(file).get(WEIGHTS)!;
  const target = `${Deno.makeTempDirSync({ prefix: "galaxykit-" })}/${WEIGHTS}`;
  using copy = Deno.openSync(target, { write: true, create: true });
  for (let done = 0; done < byteLength;) {
    const length = Math.min(2 ** 24, byteLength - done);
    copy.writeSync(file.read(byteOffset + done, length));
    done += length;
  }
  return target;
}

type Described = TensorInfo & { dtype: Dtype; place: string };
type Tensors = Map<string, Described>;

function listTensors(root: Group, path: string): Tensors {
  const tensors: Tensors = new Map();
  const whole = root.keys().includes("model_weights");
  const legacy = whole ? root.get("model_weights") as Group : root;
  const size = Deno.statSync(path).size;
  const add = (name: string, set: Dataset) => {
    const { shape } = set;
    const known = dtypeOf(set);
    if (known === undefined || shape === null) return; // Texts and the like are no weights
    const byteLength = byteSize(known, shape);
    if (byteLength > Math.max(size, MOST_UNSTORED_BYTES)) {
      throw new Error(`its tensor "${name}" takes ${byteLength} bytes, the file has ${size}`);
    }
    tensors.set(name, { dtype: known, shape: [...shape], byteLength, place: set.path });
  };
  if ("layer_names" in legacy.attrs) {
    walk(legacy, (set, names) => add(names.join("/"), set));
  } else {
    walk(root, (set, names, group) => {
      const at = names.lastIndexOf("vars");
      if (at < 0 || names[0] === "optimizer") return;
      add([...layerNames(root, names.slice(0, at)), variableName(group, names)].join("/"), set);
    });
  }
  if (tensors.size > 0) return tensors;
  const first = root.keys()[0];
  throw new TypeError(
    `Cannot read "${path}": it is an HDF5 file, but holds no weights of Keras (${
      first === undefined ? "it is empty" : `first "${first}"`
    })`,
  );
}

/** Calls `visit` with each data set, the names on the way to it, and its group. */
function walk(
  group: Group,
  visit: (set: Dataset, names: string[], group: Group) => void,
  above: string[] = [],
): void {
  if (above.length > MOST_DEPTH) throw new Error(`its groups lie over ${MOST_DEPTH} deep`);
  for (const name of group.keys()) {
    const found = group.get(name);
    const names = [...above, name];
    if (found === null) continue; // A link to nowhere
    if ("keys" in found) walk(found as Group, visit, names);
    else if ("shape" in found) visit(found as Dataset, names, group);
  }
}

/** No model is built so deep; a group may hold itself. */
const MOST_DEPTH = 64;

/** What the layers on the way were named; Keras 3 keeps that beside their variables. */
function layerNames(root: Group, groups: readonly string[]): string[] {
  return groups.flatMap((group, index) => {
    if (group === "layers") return [];
    const vars = root.get(`${groups.slice(0, index + 1).join("/")}/vars`);
    const name = vars && "attrs" in vars ? vars.attrs.name?.value : undefined;
    return [typeof name === "string" ? name : group];
  });
}

/** Of a variable that Keras 3 numbers: by the class of the layer, which its group begins with. */
function variableName(vars: Group, names: readonly string[]): string {
  const layer = names.at(-3) ?? "";
  const number = Number(names.at(-1));
  const [, all = []] = variablesOf.find(([pattern]) => pattern.test(layer)) ?? [];
  // A normalisation without scale or centre has fewer: which, its numbers do not tell
  const told = layer.startsWith("batch") ? vars.keys().length === all.length : number < all.length;
  return told ? all[number]! : names.at(-1)!;
}

function dtypeOf({ dtype, metadata, attrs }: Dataset): Dtype | undefined {
  // HDF5 has no such number: two bytes each, and what they are beside them
  if (dtype === "unknown" && metadata.size === 2 && attrs.dtype?.value === "bfloat16") {
    return "BF16";
  }
  if (typeof dtype !== "string") return undefined;
  const known: Record<string, Dtype> = {
    ...{ e: "F16", f: "F32", d: "F64", b: "I8", B: "U8", h: "I16", H: "U16" },
    ...{ i: "I32", I: "U32", q: "I64", Q: "U64" },
  };
  return known[dtype.slice(-1)];
}

function arrayOf(values: unknown, dtype: Dtype): StoredTensor["data"] {
  if (ArrayBuffer.isView(values)) return values as StoredTensor["data"];
  const list = values as (number | bigint)[];
  if (dtype === "I64" || dtype === "U64") return new arrayTypes[dtype](list.map(BigInt));
  return new arrayTypes[dtype](list.map(Number));
}

/** Reads something, and says so where it fails. */
function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TypeError && cause.message.startsWith("Cannot read")) throw cause;
    throw new Error(`Cannot read "${path}": it is damaged: ${(cause as Error).message}`, { cause });
  }
}
