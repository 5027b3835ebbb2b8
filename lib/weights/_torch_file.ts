/**
 * The two containers of PyTorch's checkpoints: a ZIP archive, and before PyTorch 1.6 pickles and
 * storages in a row.
 *
 * Source: `torch/serialization.py` of PyTorch, `_save` and `_legacy_save`.
 *
 * @module
 */

import type { OpenedFile } from "./_opened_file.ts";
import { PickleError, unpickle } from "./_pickle.ts";
import { refusesGlobal, type Storage, storageOf, tensorGlobals } from "./_torch_tensors.ts";
import { readZipEntries, type ZipEntry, ZipError } from "../zip.ts";
import { byteSize } from "./header.ts";
import { foreignFormat, TAR_CHECKPOINT } from "./foreign.ts";
import { PytorchError } from "./pytorch_error.ts";

/** A checkpoint before it is said which of its tensors are meant. */
export type TorchFile = {
  /** What was saved: dictionaries, lists, numbers, tensors. */
  tree: unknown;
  /** Where the storage of a key lies; undefined when it is missing. */
  storage(key: string): { byteOffset: number; byteLength: number } | undefined;
};

/** The longest pickle that is read, in bytes: that of a large network has one million. */
const MOST_PICKLE_BYTES = 2 ** 28;

/** What a checkpoint before PyTorch 1.6 begins with, once unpickled. */
const MAGIC = 0x1950a86a20f9469cfc6cn, PROTOCOL = 1001;

/** Reads the index of a checkpoint, in either container. */
export function readTorchFile(file: OpenedFile): TorchFile {
  const start = file.read(0, Math.min(8, file.size));
  if (start[0] === 0x80) return readRow(file);
  if (start[0] === 0x50 && start[1] === 0x4b) return readArchive(file); // "PK"
  const found = JSON.stringify(new TextDecoder("latin1").decode(start));
  const foreign = foreignFormat(file.path);
  throw new PytorchError(
    foreign === TAR_CHECKPOINT ? "legacy-format" : "not-pytorch",
    file.path,
    foreign ?? `it is no checkpoint of PyTorch: it begins with ${found}`,
  );
}

function readArchive(file: OpenedFile): TorchFile {
  let entries: Map<string, ZipEntry>;
  try {
    entries = readZipEntries(file);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    const { names, message } = error;
    if (names.some((name) => name.endsWith("/constants.pkl"))) throw programIn(file.path);
    const foreign = foreignFormat(file.path, names);
    if (foreign) throw new PytorchError("not-pytorch", file.path, foreign);
    throw new PytorchError("bad-zip", file.path, `as an archive, ${message}`);
  }
  const root = findRoot(entries, file.path);
  const order = entries.get(`${root}byteorder`); // Before PyTorch 2.1 there is none: little-endian
  const found = order && new TextDecoder().decode(file.read(order.byteOffset, order.byteLength));
  if (found !== undefined && found !== "little") {
    throw new PytorchError("big-endian", file.path, `its byte order is ${JSON.stringify(found)}`);
  }
  const { byteOffset, byteLength } = entries.get(`${root}data.pkl`)!;
  const { value } = readPickle(file, { at: byteOffset, most: byteLength, what: "data.pkl" });
  return { tree: value, storage: (key) => entries.get(`${root}data/${key}`) };
}

/** What comes before each name in the archive, such as "archive/". */
function findRoot(entries: ReadonlyMap<string, ZipEntry>, path: string): string {
  const names = [...entries.keys()];
  const roots = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1) {
    throw new PytorchError(
      "not-pytorch",
      path,
      foreignFormat(path, names) ??
        (names.length === 0
          ? "it is an empty archive"
          : `it is an archive without the data.pkl of a checkpoint (first "${names[0]}")`),
    );
  }
  const root = roots[0].slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`)) throw programIn(path);
  return root;
}

function programIn(path: string): PytorchError {
  return new PytorchError(
    "torchscript",
    path,
    "it is a TorchScript program, not weights; save its state_dict() with Python",
  );
}

/**
 * Pickles of a magic number, a version, the machine, what was saved, and the keys of storages; then
 * each storage, its number of elements before it.
 */
function readRow(file: OpenedFile): TorchFile {
  let at = 0;
  const known = new Map<string, Storage>();
  const next = (what: string) => {
    const { value, byteLength } = readPickle(file, {
      at,
      most: file.size - at,
      what,
      persistent(id) {
        // A class with its program, of a whole model
        if (Array.isArray(id) && id[0] === "module") return id[1];
        const storage = storageOf(id);
        if (!known.has(storage.key)) known.set(storage.key, storage);
        return storage;
      },
    });
    at += byteLength;
    return value;
  };
  if (isNoMagic(() => next("its first pickle"))) {
    throw new PytorchError(
      "not-pytorch",
      file.path,
      "it is a Python pickle, but none that torch.save wrote; save its arrays with Python, as " +
        "safetensors",
    );
  }
  const version = next("its version");
  if (version !== PROTOCOL) {
    throw new PytorchError(
      "bad-pickle",
      file.path,
      `its version is ${version}, wanted ${PROTOCOL}`,
    );
  }
  next("what it says of the machine");
  const tree = next("its pickle");
  const keys = next("its list of storages");
  return { tree, storage: storagesInRow(file, { at, keys, known }) };
}

/** Whether a first pickle is of something else, or names what no tensor needs. */
function isNoMagic(first: () => unknown): boolean {
  try {
    return first() !== MAGIC;
  } catch (error) {
    if (error instanceof PytorchError && error.code === "refused-name") return true;
    throw error;
  }
}

function storagesInRow(
  file: OpenedFile,
  { at, keys, known }: { at: number; keys: unknown; known: Map<string, Storage> },
): TorchFile["storage"] {
  const refuse = (reason: string) => new PytorchError("bad-tensor", file.path, reason);
  const places = new Map<string, { byteOffset: number; byteLength: number }>();
  if (!Array.isArray(keys)) throw refuse("its list of storages is none");
  for (const key of keys) {
    const storage = known.get(key);
    if (!storage || places.has(key)) {
      throw refuse(`its list of storages has ${storage ? "one twice" : "one that no tensor has"}`);
    }
    if (at + 8 > file.size) {
      throw refuse(`it ends at byte ${file.size}, before a storage: it is cut`);
    }
    const count = Number(new DataView(file.read(at, 8).buffer).getBigUint64(0, true));
    if (count !== storage.length) {
      throw refuse(`its storage of ${storage.length} ${storage.dtype} has ${count} in the file`);
    }
    const byteLength = byteSize(storage.dtype, [count]);
    if (at + 8 + byteLength > file.size) {
      throw refuse(
        `it ends at byte ${file.size}, a storage of it at ${at + 8 + byteLength}: it is cut`,
      );
    }
    places.set(key, { byteOffset: at + 8, byteLength });
    at += 8 + byteLength;
  }
  return (key) => places.get(key);
}

/** Reads a pickle of which the length is not known: what follows it is left. */
function readPickle(
  file: OpenedFile,
  { at, most, what, persistent = storageOf }: {
    at: number;
    most: number;
    /** For messages. */
    what: string;
    persistent?: (id: unknown) => unknown;
  },
): { value: unknown; byteLength: number } {
  const limit = Math.min(most, MOST_PICKLE_BYTES);
  for (let length = Math.min(limit, 2 ** 16);; length = Math.min(limit, 4 * length)) {
    try {
      return unpickle(file.read(at, length), {
        globals: tensorGlobals,
        refuses: refusesGlobal,
        persistent,
      });
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      if (error.cut && length < limit) continue;
      throw refusalOf(error, { path: file.path, what });
    }
  }
}

function refusalOf(
  { refused, message }: PickleError,
  { path, what }: { path: string; what: string },
): PytorchError {
  if (refused === undefined) return new PytorchError("bad-pickle", path, `${what}, ${message}`);
  return new PytorchError(
    "refused-name",
    path,
    `it names "${refused.slice(0, 80)}", which tensors do not need; nothing of it was run. ` +
      "If you trust it, save its tensors alone with Python",
  );
}
