/**
 * VOTable (IVOA 1.1 to 1.5): TABLEDATA, BINARY, BINARY2 and FITS.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { SaxesParser } from "saxes";
import { readFitsTable } from "./fits_table.ts";
import type { Decoded, Value, ValueType } from "./series.ts";
import { chosenTable, type ReadOptions, type TableData } from "./table_data.ts";

/** A column as the document declares it. */
type Field = {
  readonly name: string;
  readonly datatype: string;
  /** Items a cell; the last axis may be open. @default {one} */
  readonly arraysize?: string;
  readonly unit?: string;
  /** How a missing value is written. */
  empty?: string;
};

type VoTable = {
  readonly name: string;
  readonly hdu: number;
  readonly fields: Field[];
  /** Texts of the cells, row by row. */
  readonly rows: string[][];
  form?: "TABLEDATA" | "BINARY" | "BINARY2" | "FITS" | "PARQUET";
  stream: string;
  encoding?: string;
  href?: string;
};

/**
 * Reads a table of a VOTable document. Cells are null where the document says so (VALUES null, flags
 * of BINARY2) and where they are empty; 64-bit integers stay exact; arrays are lists.
 *
 * @throws {SyntaxError} When it is no well-formed VOTable, cut, or reports an error of its service
 */
export function readVotable(bytes: Uint8Array, options: ReadOptions): TableData {
  const tables = parse(pieces(bytes));
  if (tables.length === 0) throw new SyntaxError("it is a VOTable without a table");
  const table = chosenTable(tables, options.table);
  const { fields, form, href } = table;
  if (href !== undefined) {
    throw new SyntaxError(`its data are elsewhere (${href}); fetch the table with its data inside`);
  }
  if (form === "PARQUET") throw new SyntaxError("its data are Parquet; read that file instead");
  if (form === "FITS") return readFitsTable(streamOf(table), { ...options, table: undefined });
  if (fields.length === 0) throw new SyntaxError("its table has no FIELD");
  const names = uniqueNames(fields);
  const valuesOf = form === "BINARY" || form === "BINARY2"
    ? binaryColumns(table, streamOf(table))
    : textColumns(table);
  const columns = fields.flatMap((field, i): Decoded[] => {
    const { type, list } = kindOf(field);
    if (!(options.columns?.includes(names[i]) ?? true)) return [];
    return [{ name: names[i], type, list, values: valuesOf(i) }];
  });
  return {
    names,
    columns,
    units: Object.fromEntries(
      fields.flatMap(({ unit }, i) => unit ? [[names[i], unit]] : []),
    ),
  };
}

/** How many bytes are decoded at once: text takes up to twice as much, and cells are cut of it. */
const PIECE = 1 << 20;

/** The text of a document. */
function* pieces(bytes: Uint8Array): Generator<string> {
  const head = new TextDecoder().decode(bytes.subarray(0, 200));
  const named = /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1] ?? "utf-8";
  const label = /^utf-?16/i.test(named) ? "utf-8" : named; // it came as UTF-8
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    for (let at = 0; at < bytes.length; at += PIECE) {
      yield decoder.decode(bytes.subarray(at, at + PIECE), { stream: at + PIECE < bytes.length });
    }
  } catch (cause) {
    throw new SyntaxError(`its text is not in the encoding that it names, "${named}"`, { cause });
  }
}

/** The tables of a document. */
function parse(texts: Iterable<string>): VoTable[] {
  const tables: VoTable[] = [];
  const parser = new SaxesParser();
  let table: VoTable | undefined;
  let row: string[] | undefined;
  let cell: string | undefined; // the text of the element that is open, where it is wanted
  let failed = false; // inside of the INFO of an error
  let field: Field | undefined;
  const attribute = (attributes: Readonly<Record<string, string>>, name: string) =>
    Object.entries(attributes).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  parser.on("error", (error) => {
    throw new SyntaxError(`the XML is damaged or cut (${error.message.replace(/\.$/, "")})`);
  });
  parser.on("opentag", ({ name, attributes }) => {
    const of = (key: string) => attribute(attributes as Record<string, string>, key);
    switch (local(name)) {
      case "TABLE":
        table = {
          ...{ name: of("name") ?? of("ID") ?? "", hdu: tables.length, fields: [], rows: [] },
          ...{ stream: "" },
        };
        tables.push(table);
        break;
      case "FIELD":
        field = {
          name: of("name") ?? of("ID") ?? `col${(table?.fields.length ?? 0) + 1}`,
          datatype: of("datatype") ?? "char",
          arraysize: of("arraysize"),
          unit: of("unit"),
        };
        table?.fields.push(field);
        break;
      case "VALUES":
        if (field) field.empty = of("null")?.trim();
        break;
      case "TABLEDATA":
      case "BINARY":
      case "BINARY2":
      case "FITS":
      case "PARQUET":
        if (table) table.form = local(name) as VoTable["form"];
        break;
      case "STREAM":
        if (!table) break;
        table.encoding = of("encoding");
        table.href = of("href");
        cell = "";
        break;
      case "TR":
        row = [];
        break;
      case "TD":
        cell = "";
        break;
      case "INFO":
        failed = of("name") === "QUERY_STATUS" && of("value") === "ERROR";
        if (failed) cell = "";
        break;
    }
  });
  const add = (text: string) => {
    if (cell !== undefined) cell += text;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", ({ name }) => {
    switch (local(name)) {
      case "TD":
        row?.push(cell ?? "");
        cell = undefined;
        break;
      case "TR":
        if (row) table?.rows.push(row);
        row = undefined;
        break;
      case "STREAM":
        if (table) table.stream = cell ?? "";
        cell = undefined;
        break;
      case "FIELD":
        field = undefined;
        break;
      case "TABLE":
        table = undefined;
        break;
      case "INFO":
        if (failed) {
          throw new SyntaxError(
            `its service reports an error: ${(cell ?? "").trim() || "no reason"}`,
          );
        }
        break;
    }
  });
  for (const text of texts) parser.write(text);
  parser.close();
  return tables;
}

/** An element's name without its namespace. */
function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function uniqueNames(fields: readonly Field[]): string[] {
  const repeated = fields.find(({ name }, i) => fields.findIndex((f) => f.name === name) !== i);
  if (repeated === undefined) return fields.map(({ name }) => name);
  throw new SyntaxError(`the header names column "${repeated.name}" twice`);
}

const TYPES: Readonly<Record<string, { type: ValueType; size: number }>> = {
  boolean: { type: "boolean", size: 1 },
  bit: { type: "boolean", size: 1 },
  unsignedByte: { type: "uint8", size: 1 },
  short: { type: "int16", size: 2 },
  int: { type: "int32", size: 4 },
  long: { type: "int64", size: 8 },
  char: { type: "text", size: 1 },
  unicodeChar: { type: "text", size: 2 },
  float: { type: "float32", size: 4 },
  double: { type: "float64", size: 8 },
  floatComplex: { type: "float32", size: 4 },
  doubleComplex: { type: "float64", size: 8 },
};

/** What a field holds; complex numbers and arrays are lists, but one axis of characters is a text. */
function kindOf({ name, datatype, arraysize }: Field): {
  type: ValueType;
  size: number;
  list: boolean;
  /** Items a cell, or undefined where each cell has its own number. */
  items: number | undefined;
  /** Characters of each text in a list of texts. */
  width?: number;
} {
  const known = TYPES[datatype];
  if (known === undefined) {
    throw new SyntaxError(`column "${name}" has the unknown datatype "${datatype}"`);
  }
  const axes = (arraysize ?? "1").trim().toLowerCase().split("x");
  if (axes.some((axis) => !/^(\d{1,9}\*?|\*)$/.test(axis))) {
    throw new SyntaxError(`column "${name}" has the arraysize "${arraysize}", which is none`);
  }
  const open = axes.at(-1)!.endsWith("*");
  const product = (some: readonly string[]) =>
    some.reduce((count, axis) => count * Number.parseInt(axis), 1);
  const pairs = /Complex$/.test(datatype) ? 2 : 1;
  if (known.type === "text") {
    const width = axes.length > 1 ? Number.parseInt(axes[0]) : undefined;
    return { ...known, list: axes.length > 1, items: open ? undefined : product(axes), width };
  }
  const list = pairs === 2 || open || axes.length > 1 || product(axes) !== 1;
  return { ...known, list, items: open ? undefined : pairs * product(axes) };
}

type Cell = Value | Value[];

/** Gives the cells of a column of TABLEDATA. */
function textColumns({ fields, rows }: VoTable): (column: number) => Cell[] {
  const uneven = rows.findIndex((cells) => cells.length !== fields.length);
  if (uneven >= 0) {
    throw new SyntaxError(
      `row ${uneven + 1} must have as many cells as there are FIELDs, ${fields.length}: ` +
        `${rows[uneven].length}`,
    );
  }
  return (column) => {
    const { name, datatype, empty } = fields[column];
    const { type, list, width } = kindOf(fields[column]);
    return rows.map((cells, row): Cell => {
      const cell = cells[column];
      const where = { name, row, type, empty };
      if (type === "text" && !list) return textCell(cell, empty);
      if (type === "text") {
        return cell.trim() === ""
          ? null
          : slices(cell, width!).map((text) => textCell(text, empty));
      }
      const bare = cell.trim();
      if (bare === "" || bare === empty) return null;
      if (!list) return valueOf(bare, where);
      const words = datatype === "bit" && !/\s/.test(bare) ? [...bare] : bare.split(/[\s,]+/);
      return words.map((word) => word === empty ? null : valueOf(word, where));
    });
  };
}

function textCell(text: string, empty: string | undefined): string | null {
  const end = text.indexOf("\0");
  const bare = (end < 0 ? text : text.slice(0, end)).trimEnd();
  return bare === "" || bare === empty ? null : bare;
}

function slices(text: string, width: number): string[] {
  if (!(width > 0)) return [text];
  return Array.from(
    { length: Math.ceil(text.length / width) },
    (_, i) => text.slice(i * width, (i + 1) * width),
  );
}

const INTEGERS: Partial<Record<ValueType, readonly [low: bigint, high: bigint]>> = {
  uint8: [0n, 255n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};

function valueOf(
  text: string,
  { name, row, type }: { name: string; row: number; type: ValueType },
): Value {
  const refuse = (wanted: string) =>
    new SyntaxError(`row ${row + 1} of column "${name}" must hold ${wanted}, "${text}" found`);
  if (type === "boolean") {
    if (/^(t|true|1)$/i.test(text)) return true;
    if (/^(f|false|0)$/i.test(text)) return false;
    if (text === "?") return null;
    throw refuse("true or false");
  }
  const bounds = INTEGERS[type];
  if (bounds) {
    const hex = /^0x[\da-f]{1,16}$/i.test(text);
    if (!hex && !/^[+-]?\d{1,20}$/.test(text)) throw refuse("a whole number");
    const small = !hex && text.length < 16 ? Number(text) : undefined;
    if (small !== undefined && type !== "int64" && small >= bounds[0] && small <= bounds[1]) {
      return small;
    }
    const value = BigInt(text.replace(/^\+/, ""));
    if (value < bounds[0] || value > bounds[1]) throw refuse(`a number of ${type}`);
    return type === "int64" ? value : Number(value);
  }
  if (/^[+-]?nan$/i.test(text)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw refuse("a number");
  return Number(text);
}

function streamOf({ stream, encoding = "base64" }: VoTable): Uint8Array {
  if (!/^(base64|gzip|none)$/.test(encoding)) {
    throw new SyntaxError(`its data have the unknown encoding "${encoding}"`);
  }
  const bytes = Buffer.from(stream, "base64");
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return packed ? gunzipSync(bytes) : new Uint8Array(bytes);
}

/** Gives the cells of a column of BINARY or BINARY2. */
function binaryColumns(table: VoTable, bytes: Uint8Array): (column: number) => Cell[] {
  const rows = binaryRows(table, bytes);
  return (column) => rows.map((row) => row[column]);
}

function binaryRows({ fields, form }: VoTable, bytes: Uint8Array): Cell[][] {
  const kinds = fields.map(kindOf);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: Cell[][] = [];
  let at = 0;
  const take = (size: number) => {
    if (size < 0 || at + size > bytes.length) {
      throw new SyntaxError(
        `its data end within row ${rows.length + 1}; the file is cut or damaged`,
      );
    }
    at += size;
    return at - size;
  };
  while (at < bytes.length) {
    const flags = form === "BINARY2" ? take(Math.ceil(fields.length / 8)) : undefined;
    const start = at;
    const row = fields.map((field, i): Cell => {
      const { type, size, list, items, width } = kinds[i];
      const absent = flags !== undefined &&
        (view.getUint8(flags + (i >> 3)) >> (7 - i % 8) & 1) === 1;
      let count = items ?? view.getUint32(take(4));
      if (items === undefined) {
        // Of several axes the last one is counted
        const axes = type === "text" ? [] : (field.arraysize ?? "").split("x").slice(0, -1);
        count = axes.reduce((product, axis) => product * Number.parseInt(axis), count);
        if (/Complex$/.test(field.datatype)) count *= 2;
      }
      if (field.datatype === "bit") {
        const from = take(Math.ceil(count / 8));
        if (absent) return null;
        if (!list) return view.getUint8(from) !== 0; // programs set different bits of the byte
        const bits = Array.from(
          { length: count },
          (_, bit) => (view.getUint8(from + (bit >> 3)) >> (7 - bit % 8) & 1) === 1,
        );
        return bits;
      }
      const from = take(count * size);
      if (absent) return null;
      if (type === "text") {
        const text = new TextDecoder(size === 2 ? "utf-16be" : "utf-8")
          .decode(bytes.subarray(from, from + count * size));
        if (!list) return textCell(text, field.empty);
        return slices(text, width!).map((part) => textCell(part, field.empty));
      }
      const values = Array.from(
        { length: count },
        (_, item) => binaryValue(view, from + item * size, { type, empty: field.empty }),
      );
      return list ? values : values[0];
    });
    if (at === start) throw new SyntaxError("its rows have no bytes");
    rows.push(row);
  }
  return rows;
}

function binaryValue(
  view: DataView,
  at: number,
  { type, empty }: { type: ValueType; empty?: string },
): Value {
  if (type === "boolean") {
    const letter = String.fromCharCode(view.getUint8(at));
    return /[tT1]/.test(letter) ? true : /[fF0]/.test(letter) ? false : null;
  }
  const value = type === "uint8"
    ? view.getUint8(at)
    : type === "int16"
    ? view.getInt16(at)
    : type === "int32"
    ? view.getInt32(at)
    : type === "int64"
    ? view.getBigInt64(at)
    : type === "float32"
    ? view.getFloat32(at)
    : view.getFloat64(at);
  return empty !== undefined && `${value}` === empty.replace(/^\+/, "") ? null : value;
}
