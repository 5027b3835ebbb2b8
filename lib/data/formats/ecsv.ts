/**
 * ECSV (Astropy's enhanced CSV): a YAML header in comments, then the table.
 *
 * @module
 */

import { parseDocument } from "yaml";
import pl, { type DataFrame, type Series } from "nodejs-polars";
import { checkCsv, csvHeader, utf8 } from "../_csv_shape.ts";
import { readCsvText } from "./csv.ts";
import { exchanged, plainCsv } from "./delimited.ts";
import { type Decoded, polarsTypes, type Value, type ValueType } from "./series.ts";
import type { ReadOptions, TableData } from "./table_data.ts";

/** A column as the header declares it. */
type Declared = {
  name: string;
  datatype: string;
  subtype?: string;
  unit?: unknown;
};

const TYPES: Readonly<Record<string, ValueType>> = {
  bool: "boolean",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
  float128: "float64",
  string: "text",
};

/**
 * Reads an ECSV table with the types that its header declares; arrays are lists, empty cells null.
 *
 * @throws {SyntaxError} When its header cannot be read, or a cell is not of its column's type
 */
export function readEcsv(bytes: Uint8Array, { columns }: ReadOptions = {}): TableData {
  const { declared, delimiter, start } = header(bytes);
  if (columns?.length === 0) {
    return { names: declared.map(({ name }) => name), columns: [], units: {} };
  }
  const csv = tableBelow(bytes, { start, delimiter });
  const { names, end } = csvHeader(csv);
  const wrong = names.find((name, i) => declared[i]?.name !== name);
  if (wrong !== undefined || names.length !== declared.length) {
    throw new SyntaxError(
      `its header declares the columns ${declared.map(({ name }) => name).join(", ")}, ` +
        `the table has ${names.join(", ")}`,
    );
  }
  const frame = end < csv.length ? readCsvText(csv, names) : undefined;
  return {
    names,
    columns: declared.filter(({ name }) => columns?.includes(name) ?? true)
      .map((column) => columnOf(column, frame)),
    units: Object.fromEntries(declared.flatMap(({ name, unit }) => {
      const text = typeof unit === "object" && unit !== null && "unit" in unit ? unit.unit : unit;
      return typeof text === "string" && text !== "" ? [[name, text]] : [];
    })),
  };
}

/** The table as plain CSV; who reads all of the file names uneven lines by their numbers in it. */
function tableBelow(
  bytes: Uint8Array,
  { start, delimiter }: { start: number; delimiter: " " | "," },
): Uint8Array {
  const quick = exchanged(bytes.subarray(start), delimiter);
  try {
    if (quick) return checkCsv(quick);
  } catch {
    // told below
  }
  return checkCsv(plainCsv(bytes, { separator: delimiter }).bytes);
}

/** What the comments declare, and where the table begins. */
function header(
  bytes: Uint8Array,
): { declared: Declared[]; delimiter: " " | ","; start: number } {
  let start = 0;
  while (bytes[start] === 0x23) start = (bytes.indexOf(0x0a, start) + 1) || bytes.length;
  const lines = utf8(bytes.subarray(0, start)).split("\n").map((line) => line.slice(2).trimEnd());
  const document = parseDocument(lines.slice(1).join("\n"), { logLevel: "silent" });
  const value = document.toJS({ maxAliasCount: 100 }) as
    | { datatype?: Declared[]; delimiter?: string }
    | null;
  const { datatype, delimiter = " " } = value ?? {};
  if (document.errors.length > 0 || !Array.isArray(datatype)) {
    throw new SyntaxError("its YAML header declares no columns (datatype)");
  }
  if (delimiter !== " " && delimiter !== ",") {
    throw new SyntaxError(`its delimiter must be a blank or a comma, "${delimiter}" found`);
  }
  const declared = datatype.map((column) => ({ ...column, name: String(column?.name) }));
  return { declared, delimiter, start };
}

function columnOf({ name, datatype, subtype }: Declared, frame: DataFrame | undefined): Decoded {
  const type = TYPES[datatype];
  if (type === undefined) {
    throw new SyntaxError(`column "${name}" has the datatype "${datatype}", which cannot be read`);
  }
  const array = /^(\w+)\[.*\]$/.exec(subtype ?? "")?.[1];
  const inner = array === undefined ? undefined : TYPES[array];
  const quick = inner === undefined && frame ? castTo(type, { name, frame }) : undefined;
  if (quick) return { name, type, values: quick };
  const cells = (frame?.getColumn(name).toArray() ?? []) as (string | null)[];
  if (inner === undefined) {
    return { name, type, values: cells.map((cell, row) => valueOf(cell, { name, row, type })) };
  }
  const values = cells.map((cell, row) =>
    cell === null || cell === "" ? null : items(cell, { name, row, type: inner })
  );
  return { name, type: inner, values: values as Value[], list: true };
}

/** The column as polars reads its cells; undefined where a cell wants a closer look. */
function castTo(
  type: ValueType,
  { name, frame }: { name: string; frame: DataFrame },
): Series | undefined {
  if (type === "boolean") return undefined;
  const cell = pl.col(name).str.strip();
  const filled = type === "text" ? pl.col(name) : cell;
  const there = pl.when(filled.eq(pl.lit(""))).then(pl.lit(null)).otherwise(filled);
  const wide = type === "float32" ? there.cast(pl.Float64, true) : there; // rounds as JavaScript does
  try {
    return frame.select(wide.cast(polarsTypes[type], true).alias(name)).getColumn(name);
  } catch {
    return undefined;
  }
}

type Where = { name: string; row: number; type: ValueType };

/** The items of a JSON array, nested ones in one row; whole numbers stay exact. */
function items(cell: string, where: Where): Value[] {
  const words = cell.replaceAll(/[[\]]/g, " ").match(/"(?:[^"\\]|\\.)*"|[^\s,]+/g) ?? [];
  return words.map((word) => {
    if (word === "null") return null;
    return valueOf(word.startsWith('"') ? String(JSON.parse(word)) : word, where);
  });
}

function valueOf(cell: string | null, { name, row, type }: Where): Value {
  if (cell === null || cell === "") return null;
  if (type === "text") return cell;
  const text = cell.trim();
  if (text === "") return null;
  if (type === "boolean" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if (/int/.test(type) && /^[+-]?\d{1,40}$/.test(text)) {
    const value = BigInt(text.replace("+", ""));
    const bits = Number(/\d+/.exec(type)![0]);
    const fits = type.startsWith("u") ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
    if (value === fits) return bits === 64 ? value : Number(value);
  }
  if (/float/.test(type)) {
    if (/^[+-]?nan$/i.test(text)) return NaN;
    if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  }
  throw new SyntaxError(`row ${row + 1} of column "${name}" must hold ${type}, "${cell}" found`);
}
