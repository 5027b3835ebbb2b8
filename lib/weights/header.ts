/**
 * The header of a safetensors file: 8 bytes of length, then JSON that says where each tensor lies.
 * Nothing in it is believed before it is checked, so that a damaged file gives an error and not
 * wrong numbers.
 *
 * Source: https://github.com/huggingface/safetensors, "Format" in README.md, and the checks of
 * `Metadata::validate` in safetensors/src/tensor.rs.
 *
 * @module
 */

import { arrayTypes, bitsOf, type Dtype, type ForeignDtype, foreignDtypes } from "./dtypes.ts";
import { SafetensorsError, type SafetensorsErrorCode } from "./error.ts";

/** Bytes of the little-endian length before the header. */
export const LENGTH_BYTES = 8;

/** The longest header the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where a tensor lies; `byteOffset` counts from the start of the file. */
export type TensorEntry = {
  readonly dtype: Dtype | ForeignDtype;
  readonly shape: readonly number[];
  readonly byteOffset: number;
  readonly byteLength: number;
};

/** A checked header; `tensors` in the order of their data. */
export type Header = {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
};

/** Makes the error for one file. */
type Refuse = (
  code: SafetensorsErrorCode,
  reason: string,
  options?: ErrorOptions,
) => SafetensorsError;

/** Reads and checks a header, given a way to fetch bytes of the file and the file's length. */
export function readHeader(
  read: (position: number, byteLength: number) => Uint8Array<ArrayBuffer>,
  { path, fileSize }: { path: string; fileSize: number },
): Header {
  const refuse: Refuse = (...reason) => new SafetensorsError(reason[0], path, reason[1], reason[2]);
  if (fileSize < LENGTH_BYTES) {
    throw refuse("file-too-short", `it has ${fileSize} bytes, a safetensors file at least 8`);
  }
  const length = new DataView(read(0, LENGTH_BYTES).buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw refuse(
      "header-too-large",
      `its first 8 bytes give a header of ${length} bytes, over the limit of ${MAX_HEADER_BYTES}: it is not a safetensors file`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > fileSize) {
    throw refuse(
      "header-past-end",
      `its header ends at byte ${dataStart}, the file at ${fileSize}: the file is cut`,
    );
  }
  const { __metadata__, ...entries } = parseJson(read(LENGTH_BYTES, Number(length)), refuse);
  return {
    metadata: checkMetadata(__metadata__, refuse),
    tensors: checkTensors(entries, { dataStart, dataSize: fileSize - dataStart, refuse }),
  };
}

function parseJson(bytes: Uint8Array<ArrayBuffer>, refuse: Refuse): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse("header-not-utf8", "its header is not UTF-8 text", { cause });
  }
  if (!text.startsWith("{")) {
    throw refuse(
      "header-not-object",
      `its header begins with ${show(text.slice(0, 8))}, wanted "{": it is not a safetensors file`,
    );
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw refuse("header-not-json", `its header is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const twice = findDuplicateKey(text);
  if (twice !== undefined) {
    throw refuse("duplicate-key", `its header has the key ${show(twice)} twice`);
  }
  return header;
}

/** Looks through valid JSON for a key that an object has twice, which `JSON.parse` hides. */
function findDuplicateKey(json: string): string | undefined {
  const keys: Set<string>[] = []; // One set an open object, innermost last
  for (let i = 0; i < json.length; i++) {
    if (json[i] === "{") keys.push(new Set());
    else if (json[i] === "}") keys.pop();
    else if (json[i] === '"') {
      const start = i;
      while (json[++i] !== '"') if (json[i] === "\\") i++;
      let next = i + 1;
      while (" \t\n\r".includes(json[next])) next++;
      if (json[next] !== ":") continue;
      const key: string = JSON.parse(json.slice(start, i + 1));
      const seen = keys[keys.length - 1];
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
}

function checkMetadata(metadata: unknown, refuse: Refuse): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isObject(metadata)) {
    throw refuse("bad-metadata", `its __metadata__ is ${show(metadata)}, wanted an object`);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw refuse("bad-metadata", `its metadata ${show(key)} is ${show(value)}, wanted a string`);
    }
  }
  return metadata as Record<string, string>;
}

function checkTensors(
  entries: Record<string, unknown>,
  { dataStart, dataSize, refuse }: { dataStart: number; dataSize: number; refuse: Refuse },
): Map<string, TensorEntry> {
  const tensors = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...checkEntry(name, entry, refuse) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let previous = "";
  for (const { name, begin, end } of tensors) {
    if (begin < covered) {
      throw refuse("overlap", `its tensors ${show(previous)} and ${show(name)} overlap`);
    }
    if (begin > covered) {
      throw refuse(
        "hole",
        `${begin - covered} bytes of data before its tensor ${show(name)} belong to no tensor`,
      );
    }
    covered = end;
    previous = name;
  }
  if (covered > dataSize) {
    throw refuse(
      "truncated",
      `its tensors take ${covered} bytes, ${dataSize} are there: the file is cut`,
    );
  }
  if (covered < dataSize) {
    throw refuse("trailing-bytes", `${dataSize - covered} bytes follow its last tensor`);
  }
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype, shape, byteOffset: dataStart + begin, byteLength: end - begin },
    ]),
  );
}

function checkEntry(name: string, entry: unknown, refuse: Refuse) {
  if (!name.isWellFormed()) {
    throw refuse("bad-entry", `its tensor name ${show(name)} is not well-formed Unicode`);
  }
  if (!isObject(entry)) {
    throw refuse("bad-entry", `its tensor ${show(name)} is ${show(entry)}, wanted an object`);
  }
  for (const field of ["dtype", "shape", "data_offsets"]) {
    if (!Object.hasOwn(entry, field)) {
      throw refuse("bad-entry", `its tensor ${show(name)} has no ${field}`);
    }
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype) && !isOneOf(foreignDtypes, dtype)) {
    throw refuse(
      "unknown-dtype",
      `its tensor ${show(name)} has dtype ${show(dtype)}, known are ${
        Object.keys({ ...arrayTypes, ...foreignDtypes }).join(" ")
      }`,
    );
  }
  if (!isCounts(shape)) {
    throw refuse(
      "bad-shape",
      `its tensor ${show(name)} has shape ${show(shape)}, wanted whole numbers from 0`,
    );
  }
  const wanted = byteSize(dtype, shape);
  if (wanted === Infinity) {
    throw refuse("bad-shape", `its tensor ${show(name)} has shape ${show(shape)}, too large`);
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw refuse(
      "bad-offsets",
      `its tensor ${show(name)} has data_offsets ${show(offsets)}, wanted 0 <= begin <= end`,
    );
  }
  const [begin, end] = offsets;
  if (end - begin !== wanted) {
    throw refuse(
      "wrong-size",
      `its tensor ${show(name)} has ${end - begin} bytes, ${dtype} of shape ${
        show(shape)
      } takes ${wanted}`,
    );
  }
  return { dtype, shape, begin, end };
}

/**
 * Bytes of a tensor, with a fraction where elements of 4 or 6 bits fill none; infinite as soon as a
 * partial product of the shape is no safe integer.
 */
export function byteSize(dtype: Dtype | ForeignDtype, shape: readonly number[]): number {
  const bits = bitsOf(dtype);
  const bytes = bits % 8 === 0;
  let size = 1;
  for (const length of [...shape, bytes ? bits / 8 : bits]) {
    size *= length;
    if (!Number.isSafeInteger(size)) return Infinity;
  }
  return bytes ? size : size / 8;
}

export function isDtype(value: unknown): value is Dtype {
  return isOneOf(arrayTypes, value);
}

function isOneOf<K extends string>(all: Record<K, unknown>, value: unknown): value is K {
  return typeof value === "string" && Object.hasOwn(all, value);
}

/** Whether the value is an array of whole numbers from 0. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as an error shows it: short, whatever a hostile header holds. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  return Deno.inspect(value, { depth: 1, iterableLimit: 8, strAbbreviateSize: 80, compact: true })
    .slice(0, 120);
}
