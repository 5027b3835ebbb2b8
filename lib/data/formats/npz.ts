/**
 * Arrays of NumPy in an archive (`np.savez`, `np.savez_compressed`).
 *
 * Source: NumPy's `numpy/lib/format.py`, versions 1 to 3 of the format.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import { readZipEntries, type ZipEntry, ZipError } from "../../zip.ts";

/** An array: its values row by row, the last axis fastest. Truth values are 0 and 1. */
export type NumpyArray = {
  shape: number[];
  values:
    | Float32Array
    | Float64Array
    | Int8Array
    | Int16Array
    | Int32Array
    | BigInt64Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | BigUint64Array
    | string[];
};

/** An archive of arrays. */
export type NumpyArchive = {
  /** Of the arrays, in the order of the file. */
  readonly names: readonly string[];
  /**
   * Reads one array.
   *
   * @throws {RangeError} When there is none of that name
   * @throws {SyntaxError} When it is damaged, or holds something else than numbers and text
   */
  get(name: string): NumpyArray;
};

/**
 * Opens an archive of NumPy's arrays. Each is read when it is asked for. Objects, which NumPy pickles,
 * are refused: a pickle can run code.
 *
 * @throws {Error} When there is no such file, or it is no such archive
 *
 * @example
 * ```ts
 * import { openNpz } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { names, get } = openNpz("tests/reference/arrays.npz");
 * assert.deepEqual(names.slice(0, 2), ["predictions", "objids"]);
 * assert.deepEqual(get("predictions"), {
 *   shape: [2, 3],
 *   values: Float32Array.of(0, 0.5, 1, 0.25, 0.75, -1),
 * });
 * assert.deepEqual(get("objids").values, ["587732591714893851", "é中"]);
 * ```
 */
export function openNpz(path: string): NumpyArchive {
  let entries: Map<string, ZipEntry>;
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    entries = readZipEntries({ size, read: (at, length) => readAt(file, at, length) }, {
      deflated: true,
    });
  } catch (cause) {
    if (!(cause instanceof ZipError || cause instanceof Deno.errors.NotFound)) throw cause;
    const reason = cause instanceof ZipError
      ? `it is no archive of NumPy (npz): ${cause.message}`
      : "there is no such file";
    throw new Error(`Cannot read "${path}": ${reason}`, { cause });
  }
  const names = [...entries.keys()].filter((name) => name.endsWith(".npy"))
    .map((name) => name.slice(0, -".npy".length));
  if (names.length === 0) throw new Error(`Cannot read "${path}": it holds no array of NumPy`);
  return {
    names,
    get(name) {
      const entry = entries.get(`${name}.npy`);
      if (entry === undefined) {
        throw new RangeError(
          `Cannot read "${path}": there is no array "${name}" among ${names.join(", ")}`,
        );
      }
      try {
        return parse(unpacked(path, entry));
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw new SyntaxError(`Cannot read "${name}" of "${path}": ${cause.message}`, { cause });
      }
    },
  };
}

function readAt(file: Deno.FsFile, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) throw new ZipError("it is cut");
    done += count;
  }
  return bytes;
}

function unpacked(path: string, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const { byteOffset, byteLength, packedLength, crc } = entry;
  using file = Deno.openSync(path);
  const bytes = readAt(file, byteOffset, packedLength ?? byteLength);
  let whole = bytes;
  if (packedLength !== undefined) {
    try {
      whole = new Uint8Array(inflateRawSync(bytes, { maxOutputLength: Math.max(1, byteLength) }));
    } catch (cause) {
      throw new SyntaxError("it does not unpack: the file is damaged, fetch it again", { cause });
    }
  }
  if (whole.length === byteLength && crc32(whole) === crc) return whole;
  throw new SyntaxError("its checksum is another one: the file is damaged, fetch it again");
}

const readers: Readonly<Record<string, (bytes: ArrayBuffer) => NumpyArray["values"]>> = {
  f4: (bytes) => new Float32Array(bytes),
  f8: (bytes) => new Float64Array(bytes),
  i1: (bytes) => new Int8Array(bytes),
  i2: (bytes) => new Int16Array(bytes),
  i4: (bytes) => new Int32Array(bytes),
  i8: (bytes) => new BigInt64Array(bytes),
  u1: (bytes) => new Uint8Array(bytes),
  b1: (bytes) => new Uint8Array(bytes),
  u2: (bytes) => new Uint16Array(bytes),
  u4: (bytes) => new Uint32Array(bytes),
  u8: (bytes) => new BigUint64Array(bytes),
  f2: (bytes) => Float32Array.from(new Float16Array(bytes)),
};

function parse(bytes: Uint8Array<ArrayBuffer>): NumpyArray {
  if (bytes.subarray(0, 6).toHex() !== "934e554d5059") { // \x93NUMPY
    throw new SyntaxError("it is no array of NumPy");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLong = bytes[6]! > 1;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const type = /'descr':\s*'([<>|=])([a-zA-Z])(\d*)'/.exec(header);
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  if (type?.[2] === "O") {
    throw new SyntaxError(
      "it holds objects, which are pickled and could run code; save it as numbers or as text (array.astype(str))",
    );
  }
  if (type === null || shapeText === null || order === null) {
    const found = /'descr':\s*(\[.*?\]|.{0,40})/.exec(header)?.[1] ?? header.slice(0, 60);
    throw new SyntaxError(`it holds neither numbers nor text, but ${found.trim()}`);
  }
  const [, endian, letter, digits] = type as unknown as [string, string, string, string];
  const shape = shapeText[1]!.split(",").filter((part) => part.trim() !== "").map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  const isText = letter === "U" || letter === "S";
  const width = letter === "U" ? 4 * Number(digits) : Number(digits);
  const reader = readers[`${letter}${digits}`];
  if (!isText && reader === undefined) {
    throw new SyntaxError(`it holds ${letter}${digits}, which is neither real numbers nor text`);
  }
  const data = bytes.slice(end);
  if (data.length !== count * width) {
    throw new SyntaxError(
      `it has ${data.length} bytes of data, [${shape.join(", ")}] of ${letter}${digits} are ${
        count * width
      }`,
    );
  }
  const word = letter === "U" ? 4 : letter === "S" ? 1 : width;
  if (endian === ">" && word > 1) swapBytes(data, word);
  const values = isText ? texts(data, { letter, width, count }) : reader!(data.buffer);
  return { shape, values: order[1] === "True" ? byRows(values, shape) : values };
}

function swapBytes(data: Uint8Array, word: number): void {
  for (let at = 0; at < data.length; at += word) data.subarray(at, at + word).reverse();
}

/** Texts of a fixed width, filled up with zeros: UTF-32, or bytes. */
function texts(
  data: Uint8Array<ArrayBuffer>,
  { letter, width, count }: { letter: string; width: number; count: number },
): string[] {
  const decoder = new TextDecoder();
  return Array.from({ length: count }, (_, at) => {
    const own = data.slice(at * width, (at + 1) * width);
    if (letter === "S") return decoder.decode(own).replace(/\0+$/, "");
    return String.fromCodePoint(...new Uint32Array(own.buffer)).replace(/\0+$/, "");
  });
}

/** Values of an array whose first axis is the fastest, with the last one the fastest. */
function byRows(values: NumpyArray["values"], shape: readonly number[]): NumpyArray["values"] {
  const result = values.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const place = shape.map(() => 0);
  for (let at = 0; at < values.length; at++) {
    result[at] = values[place.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
  return result;
}
