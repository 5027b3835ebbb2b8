/**
 * Tables of FITS files (FITS standard 4.0, section 7): binary and ASCII extensions.
 *
 * @module
 */

import { fitsHdus, fitsInteger } from "../images/fits_hdu.ts";
import { type FitsHeader, parseHeader } from "../images/fits_header.ts";
import { identifyTable, readHead } from "./identify.ts";
import { arrayOf, type Decoded, type Value, type ValueType } from "./series.ts";
import type { ReadOptions, TableData } from "./table_data.ts";
import { chosenTable } from "./table_data.ts";

/** One table extension, unread. */
type Extension = {
  readonly name: string;
  readonly hdu: number;
  readonly header: FitsHeader;
  readonly data: Uint8Array;
};

/**
 * Reads a table of a FITS file: logicals, bits, integers (unsigned ones by TZERO), floats, complex
 * numbers (real and imaginary part), text, vectors and variable-length arrays (both lists), scaled
 * columns, and null by TNULL. Blank text and blank fields of ASCII tables are null.
 *
 * @throws {SyntaxError} When it is truncated, its header does not fit its data, or it has no table
 */
export function readFitsTable(bytes: Uint8Array, options: ReadOptions): TableData {
  const extension = chosenTable(extensions(bytes), options.table);
  const { header, hdu } = extension;
  if (header.ZTABLE === true) {
    throw new SyntaxError("its table is compressed (ZTABLE); unpack it with funpack first");
  }
  const width = fitsInteger(header, "NAXIS1", hdu);
  const rows = fitsInteger(header, "NAXIS2", hdu);
  const fields = fitsInteger(header, "TFIELDS", hdu);
  if (fields > 999) {
    throw new SyntaxError(`TFIELDS of HDU ${hdu} must be 999 at most, ${fields} found`);
  }
  const names = Array.from({ length: fields }, (_, i) => {
    const name = header[`TTYPE${i + 1}`];
    return name === undefined || name === "" ? `col${i + 1}` : String(name).trim();
  });
  const wanted = (name: string) => options.columns === undefined || options.columns.includes(name);
  const shape = { ...extension, width, rows, names, wanted };
  const columns = header.XTENSION === "TABLE" ? asciiColumns(shape) : binaryColumns(shape);
  return {
    names,
    columns,
    units: Object.fromEntries(names.flatMap((name, i) => {
      const unit = header[`TUNIT${i + 1}`];
      return typeof unit === "string" && unit !== "" ? [[name, unit.trim()]] : [];
    })),
  };
}

/**
 * Whether a file is FITS whose first data is a table, told by its first bytes; what is compressed as
 * a whole is unpacked first.
 */
export function holdsFitsTable(path: string): boolean {
  try {
    const head = /\.gz$/i.test(path) ? identifyTable(path).head : readHead(path, 1 << 15);
    const { header, end } = parseHeader(head, 0, 0);
    if (header.NAXIS !== 0) return false;
    const next = parseHeader(head, end, 1).header;
    return /^(BINTABLE|TABLE)$/.test(String(next.XTENSION)) && next.ZIMAGE !== true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

type Shape = Extension & {
  /** Bytes of a row. */
  readonly width: number;
  readonly rows: number;
  readonly names: readonly string[];
  readonly wanted: (name: string) => boolean;
};

function extensions(bytes: Uint8Array): Extension[] {
  const tables: Extension[] = [];
  let images = false;
  for (const { hdu, header, bitpix, axes, count, data } of fitsHdus(bytes)) {
    const isTable = header.XTENSION === "BINTABLE" || header.XTENSION === "TABLE";
    if (!isTable || header.ZIMAGE === true) images ||= count > 0;
    else if (axes.length !== 2 || bitpix !== 8) {
      throw new SyntaxError(`the table of HDU ${hdu} must have two axes of bytes`);
    } else {
      const name = typeof header.EXTNAME === "string" ? header.EXTNAME.trim() : "";
      tables.push({ name, hdu, header, data });
    }
  }
  if (tables.length > 0) return tables;
  throw new SyntaxError(
    images
      ? "it is a FITS image and holds no table; read it with readFits or loadImages"
      : "it holds no table",
  );
}

function ascii(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** How the items of a binary column are stored: bytes of one, how it is read, its type. */
type Item = {
  readonly size: number;
  readonly type: ValueType;
  readonly read: (view: DataView, at: number) => Value;
};

const ITEMS: Readonly<Record<string, Item>> = {
  L: { size: 1, type: "boolean", read: (view, at) => logical(view.getUint8(at)) },
  B: { size: 1, type: "uint8", read: (view, at) => view.getUint8(at) },
  I: { size: 2, type: "int16", read: (view, at) => view.getInt16(at) },
  J: { size: 4, type: "int32", read: (view, at) => view.getInt32(at) },
  K: { size: 8, type: "int64", read: (view, at) => view.getBigInt64(at) },
  E: { size: 4, type: "float32", read: (view, at) => view.getFloat32(at) },
  D: { size: 8, type: "float64", read: (view, at) => view.getFloat64(at) },
};

/** Complex numbers are two items. */
const COMPLEX: Readonly<Record<string, string>> = { C: "E", M: "D" };

function logical(byte: number): boolean | null {
  return byte === 0x54 ? true : byte === 0x46 ? false : null; // T, F, else no value
}

/** The bytes of `n` items of a kind, which is bits, text or a number. */
function bytesOf(kind: string, n: number): number {
  if (kind === "X") return Math.ceil(n / 8);
  if (kind === "A") return n;
  return kind in COMPLEX ? 2 * n * ITEMS[COMPLEX[kind]].size : n * ITEMS[kind].size;
}

type Format = {
  readonly repeat: number;
  readonly kind: string;
  /** Of a variable-length array the size of its descriptor's numbers. */
  readonly descriptor?: 4 | 8;
};

function formatOf(text: unknown, name: string): Format {
  const match = /^(\d{0,9})([LXBIJKAEDCM]|[PQ]([LXBIJKAEDCM])(\(\d*\))?)/.exec(
    String(text ?? "").trim().toUpperCase(),
  );
  if (!match) {
    throw new SyntaxError(
      `TFORM of column "${name}" must be a count and one of L, X, B, I, J, K, A, E, D, C, M, P, Q: ` +
        `${text === undefined ? "nothing" : `"${text}"`} found`,
    );
  }
  const [, repeat, letter, item] = match;
  if (item === undefined) return { repeat: repeat === "" ? 1 : Number(repeat), kind: letter };
  return {
    repeat: repeat === "" ? 1 : Number(repeat),
    kind: item,
    descriptor: letter[0] === "P" ? 4 : 8,
  };
}

function binaryColumns(shape: Shape): Decoded[] {
  const { header, names, width, hdu, wanted } = shape;
  const formats = names.map((name, i) => formatOf(header[`TFORM${i + 1}`], name));
  const sizes = formats.map(({ repeat, kind, descriptor }) =>
    descriptor ? Math.min(1, repeat) * 2 * descriptor : bytesOf(kind, repeat)
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== width) {
    throw new SyntaxError(
      `NAXIS1 of HDU ${hdu} must be the bytes of its columns, ${total}: ${width} found`,
    );
  }
  let offset = 0;
  return names.flatMap((name, i) => {
    const start = offset;
    offset += sizes[i];
    return wanted(name) ? [binaryColumn(shape, { index: i, start, format: formats[i] })] : [];
  });
}

/** From stored to physical values: the type, and what becomes of an item where it changes. */
type Scaling = { readonly type: ValueType; readonly of: ((value: Value) => Value) | undefined };

function scalingOf(
  header: FitsHeader,
  { index, type, name }: { index: number; type: ValueType; name: string },
): Scaling {
  const [scale, zero] = [header[`TSCAL${index + 1}`] ?? 1, header[`TZERO${index + 1}`] ?? 0];
  const empty = header[`TNULL${index + 1}`];
  if (typeof scale !== "number" || typeof zero !== "number") {
    throw new SyntaxError(
      `TSCAL and TZERO of column "${name}" must be numbers, ${scale} and ${zero} found`,
    );
  }
  const isInteger = /int/.test(type);
  if (!isInteger && !/float/.test(type)) return { type, of: undefined };
  const isNull = (value: Value) => isInteger && empty !== undefined && Number(value) === empty;
  if (scale === 1 && zero === 0) {
    const nullable = isInteger && empty !== undefined;
    return { type, of: nullable ? (value) => isNull(value) ? null : value : undefined };
  }
  const other = scale === 1 ? shifted(type, zero) : undefined;
  if (other === "uint64" || (type === "int64" && scale === 1 && Number.isSafeInteger(zero))) {
    const shift = BigInt(zero);
    const of = (value: Value) => isNull(value) ? null : value as bigint + shift;
    return { type: other ?? "int64", of };
  }
  return {
    type: other ?? "float64",
    of: (value) => isNull(value) ? null : zero + scale * Number(value),
  };
}

/** The type that a shift by half of a type's range makes. */
function shifted(type: ValueType, zero: number): ValueType | undefined {
  if (type === "uint8") return zero === -128 ? "int8" : undefined;
  const bits = Number(/^int(\d+)$/.exec(type)?.[1]);
  return zero === 2 ** (bits - 1) ? `u${type}` as ValueType : undefined;
}

function binaryColumn(
  { header, names, data, width, rows }: Shape,
  { index, start, format }: { index: number; start: number; format: Format },
): Decoded {
  const { repeat, kind, descriptor } = format;
  const name = names[index];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const dims = /^\s*\(([\d,\s]+)\)/.exec(String(header[`TDIM${index + 1}`] ?? ""))?.[1]
    .split(",").map(Number);
  if (kind === "A") {
    if (descriptor) {
      const parts = variable({ header, data, width, rows }, { start, format, name });
      return { name, type: "text", values: parts.map((bytes) => textOf(bytes)) };
    }
    const cells = Array.from(
      { length: rows },
      (_, row) => data.subarray(row * width + start, row * width + start + repeat),
    );
    const length = dims && dims.length > 1 ? dims[0] : repeat;
    if (length < repeat && length > 0 && repeat % length === 0) { // several texts a cell
      const values = cells.map((cell) =>
        Array.from(
          { length: repeat / length },
          (_, i) => textOf(cell.subarray(i * length, (i + 1) * length)),
        )
      );
      return { name, type: "text", values, list: true };
    }
    return { name, type: "text", values: cells.map((cell) => textOf(cell)) };
  }
  const item = ITEMS[kind === "X" ? "L" : COMPLEX[kind] ?? kind];
  const { type, of } = kind === "X"
    ? { type: "boolean" as const, of: undefined }
    : scalingOf(header, { index, type: item.type, name });
  const physical = of ?? ((value: Value) => value);
  const items = (from: DataView, at: number, n: number): Value[] =>
    kind === "X"
      ? Array.from(
        { length: n },
        (_, bit) => (from.getUint8(at + (bit >> 3)) >> (7 - bit % 8) & 1) > 0,
      )
      : Array.from(
        { length: kind in COMPLEX ? 2 * n : n },
        (_, i) => physical(item.read(from, at + i * item.size)),
      );
  if (descriptor) {
    const parts = variable({ header, data, width, rows }, { start, format, name });
    const values = parts.map((bytes) => {
      const part = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return items(part, 0, itemsIn(bytes, kind));
    });
    return { name, type, values, list: true };
  }
  if (repeat === 1 && !(kind in COMPLEX)) {
    const plain = of === undefined ? arrayOf(type, rows) : undefined;
    if (plain) {
      for (let row = 0; row < rows; row++) {
        plain[row] = item.read(view, row * width + start) as never;
      }
      return { name, type, values: plain };
    }
    const values = Array.from(
      { length: rows },
      (_, row) => items(view, row * width + start, 1)[0],
    );
    return { name, type, values };
  }
  const values = Array.from({ length: rows }, (_, row) => items(view, row * width + start, repeat));
  return { name, type, values, list: true };
}

function itemsIn(bytes: Uint8Array & { items?: number }, kind: string): number {
  return bytes.items ?? bytes.length / bytesOf(kind, 1);
}

/** The parts of the heap that a column's descriptors name. */
function variable(
  { header, data, width, rows }: Pick<Shape, "header" | "data" | "width" | "rows">,
  { start, format, name }: { start: number; format: Format; name: string },
): (Uint8Array & { items?: number })[] {
  const { kind, descriptor, repeat } = format;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const heap = typeof header.THEAP === "number" ? header.THEAP : width * rows;
  let total = 0;
  return Array.from({ length: rows }, (_, row) => {
    if (repeat === 0) return new Uint8Array();
    const at = row * width + start;
    const [length, offset] = descriptor === 4
      ? [view.getInt32(at), view.getInt32(at + 4)]
      : [Number(view.getBigInt64(at)), Number(view.getBigInt64(at + 8))];
    const size = length >= 0 ? bytesOf(kind, length) : -1;
    total += size;
    const begin = heap + offset;
    if (
      size < 0 || (size > 0 && (offset < 0 || begin < width * rows || begin + size > data.length))
    ) {
      throw new SyntaxError(
        `row ${row + 1} of column "${name}" names ${length} items at ${offset}, ` +
          `beyond the ${data.length - heap} bytes of its heap; the file is damaged`,
      );
    }
    if (total > 16 * data.length) { // the same bytes again and again
      throw new SyntaxError(`the lengths in column "${name}" do not fit its heap; it is damaged`);
    }
    return Object.assign(data.subarray(begin, begin + size), { items: length });
  });
}

const utf8 = new TextDecoder();

/** Text up to its first NUL, without blanks at its end; null where nothing is left. */
function textOf(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = utf8.decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
  return text === "" ? null : text;
}

function asciiColumns(shape: Shape): Decoded[] {
  const { header, names, width, data, rows, wanted } = shape;
  return names.flatMap((name, index): Decoded[] => {
    const text = String(header[`TFORM${index + 1}`] ?? "").trim().toUpperCase();
    const match = /^([AIFED])(\d{1,6})(?:\.\d+)?$/.exec(text);
    const start = header[`TBCOL${index + 1}`];
    const length = Number(match?.[2]);
    if (!match || typeof start !== "number" || start < 1 || start - 1 + length > width) {
      throw new SyntaxError(
        `TFORM and TBCOL of column "${name}" must lie in a row of ${width} characters: ` +
          `"${text}" at ${start ?? "none"} found`,
      );
    }
    if (!wanted(name)) return [];
    const cells = Array.from({ length: rows }, (_, row) => {
      const at = row * width + start - 1;
      return ascii(data.subarray(at, at + length));
    });
    const kind = match[1];
    if (kind === "A") {
      return [{ name, type: "text", values: cells.map((cell) => cell.trimEnd() || null) }];
    }
    const empty = header[`TNULL${index + 1}`];
    const present = cells.map((cell) => cell.trim()).map((cell) =>
      cell === "" || cell === String(empty ?? "").trim() ? null : cell
    );
    const stored = kind === "I" ? integers(present, name) : present.map((cell) => real(cell, name));
    const { type, of } = scalingOf({ ...header, [`TNULL${index + 1}`]: undefined } as FitsHeader, {
      ...{ index, name },
      type: kind === "I" ? "int64" : "float64",
    });
    const values = of ? stored.map((value) => value === null ? null : of(value)) : stored;
    return [{ name, type, values }];
  });
}

function integers(cells: readonly (string | null)[], name: string): (bigint | null)[] {
  return cells.map((cell) => {
    if (cell === null) return null;
    if (/^[+-]?\d{1,19}$/.test(cell)) return BigInt(cell.replace("+", ""));
    throw new SyntaxError(`column "${name}" must hold whole numbers, "${cell}" found`);
  });
}

function real(cell: string | null, name: string): number | null {
  if (cell === null) return null;
  if (/^[+-]?nan$/i.test(cell)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(cell)) return cell.startsWith("-") ? -Infinity : Infinity;
  const value = Number(cell.replace(/d/i, "E"));
  if (/^[+-]?[\d.]/.test(cell) && !Number.isNaN(value)) return value;
  throw new SyntaxError(`column "${name}" must hold numbers, "${cell}" found`);
}
