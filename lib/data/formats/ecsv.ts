/**
 * ECSV (Astropy's enhanced CSV): a YAML header in comments, then the table.
 *
 * @module
 */

import { parseDocument } from "yaml";
import type { DataFrame } from "nodejs-polars";
import { checkCsv, csvHeader, utf8 } from "../_csv_shape.ts";
import { readCsvText } from "./csv.ts";
import { plainCsv } from "./delimited.ts";
import type { Decoded, Value, ValueType } from "./series.ts";
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
  const { declared, delimiter } = header(utf8(bytes));
  if (columns?.length === 0) {
    return { names: declared.map(({ name }) => name), columns: [], units: {} };
  }
  const { bytes: csv } = plainCsv(bytes, { separator: delimiter });
  const { names, end } = csvHeader(checkCsv(csv));
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

function header(text: string): { declared: Declared[]; delimiter: " " | "," } {
  const lines: string[] = [];
  for (const line of text.split("\n", 1 << 16)) {
    if (!line.startsWith("#")) break;
    lines.push(line.slice(2).trimEnd());
  }
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
  return { declared, delimiter };
}

function columnOf({ name, datatype, subtype }: Declared, frame: DataFrame | undefined): Decoded {
  const type = TYPES[datatype];
  if (type === undefined) {
    throw new SyntaxError(`column "${name}" has the datatype "${datatype}", which cannot be read`);
  }
  const cells = (frame?.getColumn(name).toArray() ?? []) as (string | null)[];
  const array = /^(\w+)\[.*\]$/.exec(subtype ?? "")?.[1];
  const inner = array === undefined ? undefined : TYPES[array];
  if (inner === undefined) {
    return { name, type, values: cells.map((cell, row) => valueOf(cell, { name, row, type })) };
  }
  const values = cells.map((cell, row) =>
    cell === null || cell === "" ? null : items(cell, { name, row, type: inner })
  );
  return { name, type: inner, values: values as Value[], list: true };
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
  if (/int64/.test(type) && /^[+-]?\d{1,20}$/.test(text)) return BigInt(text);
  if (/int/.test(type) && /^[+-]?\d+$/.test(text)) return Number(text);
  if (/float/.test(type)) {
    if (/^[+-]?nan$/i.test(text)) return NaN;
    if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  }
  throw new SyntaxError(`row ${row + 1} of column "${name}" must hold ${type}, "${cell}" found`);
}
