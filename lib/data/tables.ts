/**
 * Tables in files: read from the formats that astronomers use, written as Parquet or CSV, through
 * polars, without its silent losses: what is written is what was given, and what does not read
 * exactly is refused.
 *
 * @module
 */

import { extname } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { writeFileAtomic } from "../files.ts";
import { isMissing } from "../missing.ts";
import { nearestName } from "../nearest.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import { toDecimals } from "../single_precision.ts";
import { isSingle, singleToDouble, toDoubles } from "./_doubles.ts";
import { sealParquet } from "./_parquet_seal.ts";
import { isIdName, isMissingWord, roundedIds } from "./formats/csv_columns.ts";
import type { MissingValues } from "./formats/missing.ts";
import { readFormat, type ReadFrame } from "./formats/read.ts";

/** A column in JavaScript; null is a missing value. */
export type Column = ArrayLike<number | string | boolean | bigint | null>;

/** A table: a polars DataFrame, or its columns by name. */
export type Table = DataFrame | Readonly<Record<string, Column>>;

/**
 * Writes a table as `.parquet` (zstd, with a checksum that `readTable` compares) or `.csv`, whole or
 * not at all.
 *
 * Typed arrays keep their type; plain arrays of numbers become float64, of bigint int64.
 *
 * @throws {RangeError} When the extension is another one, or a column is longer than another
 * @throws {TypeError} When a column mixes types or holds what a table cannot
 *
 * @example
 * ```ts
 * import { readTable, writeTable } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/votes.parquet`;
 * writeTable(path, { id_str: ["587722981736120347"], smooth: Float32Array.of(0.25) });
 * assert.deepEqual(readTable(path).toRecords(), [{ id_str: "587722981736120347", smooth: 0.25 }]);
 * ```
 */
export function writeTable(path: string, table: Table): void {
  const format = formatOf(path);
  const frame = pl.DataFrame.isDataFrame(table) ? table : frameOf(path, table);
  writeFileAtomic(
    path,
    format === "csv"
      ? csvOf(frame)
      : sealParquet(frame.writeParquet({ compression: "zstd" }) as unknown as Uint8Array),
  );
}

/** How a table is read. */
export type TableOptions = {
  /** Read these columns only, in this order; each must exist. @default {all} */
  columns?: readonly string[];
  /** Columns to keep as text even when they look like numbers. @default {[]} */
  text?: readonly string[];
  /**
   * Values that mean "none", for all columns (`[-99, -9999]`) or by column (`{ z: -9999 }`).
   *
   * @default {none}
   */
  missing?: MissingValues;
  /** Which table, of a FITS file or VOTable with several: its name, or its number. */
  table?: string | number;
};

/** All of {@linkcode TableOptions}. */
const tableOptions: OptionNames<TableOptions> = {
  columns: true,
  text: true,
  missing: true,
  table: true,
};

/**
 * Reads a table: CSV and its relatives (also with tabs, semicolons or blanks, comments, VizieR's
 * lines, UTF-16), Parquet, Arrow, FITS, VOTable and ECSV, all but Parquet and Arrow also in gzip.
 * The format is told by the content; see docs/formats.md.
 *
 * Empty cells, words such as "null" in a text table and declared values are null; "nan" is NaN.
 * Integers that a JavaScript number cannot hold exactly, such as SDSS object ids, come as text: a
 * DataFrame would hand them out rounded. Arrays are columns of lists. Lines of a text file that
 * have more or fewer fields than its header are refused, as are bytes that are not UTF-8, and ids
 * beyond 2^53 that were stored as floating-point numbers.
 *
 * @throws {Error} When there is no such file, or it is no table that can be read, saying what it is
 * @throws {RangeError} When an option is unknown, or a wanted column is missing
 *
 * @example
 * ```ts
 * import { readTable } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/catalogue.csv`;
 * Deno.writeTextFileSync(path, "plate,z\n0266,0.1\n0267,-9999\n");
 * assert.equal(readTable(path).getColumn("plate").toArray()[0], 266);
 * assert.equal(readTable(path, { text: ["plate"] }).getColumn("plate").toArray()[0], "0266");
 * assert.deepEqual(readTable(path, { missing: [-9999] }).getColumn("z").toArray(), [0.1, null]);
 * ```
 */
export function readTable(path: string, options: TableOptions = {}): DataFrame {
  refuseUnknown(options, tableOptions, { what: "read a table" });
  const { columns, text = [], missing } = options;
  let read: ReadFrame;
  try {
    read = readFormat(path, options);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const { NotADirectory, NotFound } = Deno.errors; // the first, of a path through a file
    const reason = cause instanceof NotFound || cause instanceof NotADirectory
      ? "there is no such file"
      : (cause as Error).message.split("\n")[0];
    throw new Error(`Cannot read "${path}": ${reason}`, { cause });
  }
  const own = Array.isArray(missing) ? [] : Object.keys(missing ?? {});
  for (const name of [...columns ?? [], ...text, ...own]) requireColumn(path, read.names, name);
  const frame = columns ? read.frame.select(...columns) : read.frame;
  const exact = exactIds(path, frame);
  const texts = text.filter((name) => exact.columns.includes(name));
  const typed = texts.length > 0
    ? exact.withColumns(...texts.map((name) => pl.col(name).cast(pl.Utf8)))
    : exact;
  unitsOf.set(typed, read.units);
  return typed;
}

const unitsOf = new WeakMap<DataFrame, Readonly<Record<string, string>>>();

/**
 * The units of a table's columns as its file names them, by column: FITS (TUNIT), VOTable, ECSV,
 * VizieR's TSV. A frame that is made of the table (select, filter) does not know them.
 *
 * @param table What {@linkcode readTable} gave
 *
 * @example
 * ```ts
 * import { columnUnits, readTable } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/vizier.tsv`;
 * Deno.writeTextFileSync(path, "#Table\nra\tz\ndeg\t \n---\t---\n10.5\t0.1\n");
 * assert.deepEqual(columnUnits(readTable(path)), { ra: "deg" });
 * ```
 */
export function columnUnits(table: DataFrame): Readonly<Record<string, string>> {
  return unitsOf.get(table) ?? {};
}

/** The table with text for whole numbers beyond 2^53; ids that are floats there are refused. */
function exactIds(path: string, frame: DataFrame): DataFrame {
  const dtypes = frame.columns.map((name) => typeName(frame, name));
  for (const [i, name] of frame.columns.entries()) {
    if (!/^DataType\(Float/.test(dtypes[i]) || !isIdName(name)) continue;
    const most = frame.select(pl.col(name).abs().max().alias("most")).getColumn("most");
    const value = most.toArray()[0] as number | null;
    if (value === null || value <= Number.MAX_SAFE_INTEGER || value >= 2 ** 70) continue;
    throw new Error(`Cannot read "${path}": ${roundedIds(name, `${value}`).message}`);
  }
  const wide = frame.columns.filter((name) => exceedsDouble(frame, name));
  if (wide.length === 0) return frame;
  return frame.withColumns(...wide.map((name) => {
    const depth = listDepth(dtypes[frame.columns.indexOf(name)]);
    const texts = Array(depth).fill(0).reduce((type) => pl.List(type), pl.Utf8);
    return pl.col(name).cast(texts);
  }));
}

/**
 * The values of one column of a table. Integers that a JavaScript number cannot hold exactly come as
 * text, as `readTable` has them; a float32 comes as its shortest decimal, 0.715 and not
 * 0.7149999737739563. For ids take {@linkcode idValues}.
 *
 * @throws {RangeError} When the table has no such column
 */
export function columnValues(table: Table, name: string): Column {
  requireColumn("the table", columnNames(table), name);
  if (!pl.DataFrame.isDataFrame(table)) return toDecimals(table[name]);
  if (exceedsDouble(table, name)) table = table.select(pl.col(name).cast(pl.Utf8));
  else if (isSingle(table, name)) table = table.select(singleToDouble(pl.col(name)));
  return table.getColumn(name).toArray();
}

/**
 * The values of one column as numbers, of a DataFrame without a detour; NaN where there is none, as
 * where a text is blank. A float32 comes as its shortest decimal.
 *
 * @throws {RangeError} When the table has no such column, or a text in it is no number
 */
export function numberColumn(table: Table, name: string): Float64Array {
  requireColumn("the table", columnNames(table), name);
  if (
    pl.DataFrame.isDataFrame(table) &&
    /^DataType\((U?Int|Float)/.test(`${table.getColumn(name).dtype}`)
  ) {
    const filled = table.select(toDoubles(table, name).cast(pl.Float64).fillNull(pl.lit(NaN)));
    return (filled.getColumn(name).toTypedArray() as Float64Array).slice();
  }
  const values = columnValues(table, name) as ArrayLike<unknown>;
  return Float64Array.from(values, (value, row) => {
    const isList = typeof value === "object" && !(value instanceof Date); // [5] would be 5
    const number = isMissing(value) || isList ? NaN : Number(value);
    if (!Number.isNaN(number) || isMissing(value)) return number;
    throw new RangeError(`Cannot use column "${name}" as numbers: row ${row} holds "${value}"`);
  });
}

/** The names of a table's columns, in order. */
export function columnNames(table: Table): string[] {
  return pl.DataFrame.isDataFrame(table) ? table.columns : Object.keys(table);
}

function formatOf(path: string): "csv" | "parquet" {
  const extension = extname(path).toLowerCase();
  if (extension === ".csv") return "csv";
  if (extension === ".parquet") return "parquet";
  throw new RangeError(`Cannot write "${path}": the extension must be .parquet or .csv`);
}

/** The table as CSV; texts that would be read as "no value" stand in quotes. */
function csvOf(frame: DataFrame): string | Uint8Array {
  const names = frame.columns.filter((_, i) => /Utf8|String\)$/.test(`${frame.dtypes[i]}`));
  const marked = names.flatMap((name) => {
    const values = frame.getColumn(name).toArray() as (string | null)[];
    if (!values.some((value) => value !== null && isMissingWord(value))) return [];
    const mark = (value: string | null) =>
      value !== null && isMissingWord(value) ? quoteMark + value + quoteMark : value;
    return [pl.Series(name, values.map(mark), pl.Utf8)];
  });
  if (marked.length === 0) return frame.writeCSV() as string | Uint8Array;
  const written: string | Uint8Array = frame.withColumns(...marked).writeCSV();
  const text = typeof written === "string" ? written : new TextDecoder().decode(written);
  return text.replaceAll(quoteMark, '"');
}

/** A character of no meaning that stands for a quote while polars writes. */
const quoteMark = "\uF8FF\uE0F1\uF8FE";

function frameOf(path: string, columns: Readonly<Record<string, Column>>): DataFrame {
  const names = Object.keys(columns);
  if (names.some((name) => typeof columns[name] !== "object")) {
    throw new TypeError(
      `Cannot write "${path}": a table is lists by name, such as { ra: [1, 2] }, found ${
        Array.isArray(columns) ? "a list" : typeof columns
      }`,
    );
  }
  if (names.length === 0) throw new RangeError(`Cannot write "${path}": the table has no columns`);
  const length = columns[names[0]].length;
  for (const name of names) {
    if (columns[name].length === length) continue;
    throw new RangeError(
      `Cannot write "${path}": columns must have one length: ` +
        `"${names[0]}" has ${length} rows, "${name}" has ${columns[name].length}`,
    );
  }
  return pl.DataFrame(
    Object.fromEntries(names.map((name) => [name, checkedColumn(path, name, columns[name])])),
  );
}

/** The column as polars takes it unharmed: it would null what is not of the first value's type. */
function checkedColumn(path: string, name: string, column: Column): Column {
  if (ArrayBuffer.isView(column)) return column;
  const values = Array.from(column);
  const type = typeof values.find((value) => value !== null);
  for (const [row, value] of values.entries()) {
    const one = value === null || typeof value === type && value !== undefined;
    if (one && type !== "object" && type !== "function") continue;
    throw new TypeError(
      `Cannot write "${path}": column "${name}" must hold numbers, texts, booleans or bigints, ` +
        `one type and null: row ${row} holds ${typeof value} ${String(value)}`,
    );
  }
  return type === "bigint" ? bigintColumn(path, name, values as (bigint | null)[]) : values;
}

/** polars reads a plain array of bigint as unsigned, which turns −1 into 1. */
function bigintColumn(path: string, name: string, values: (bigint | null)[]): Column {
  for (const [row, value] of values.entries()) {
    if (value !== null && BigInt.asIntN(64, value) === value) continue;
    throw new TypeError(
      `Cannot write "${path}": column "${name}" of bigint must hold 64-bit integers and no null: ` +
        `row ${row} holds ${value}`,
    );
  }
  return BigInt64Array.from(values as bigint[]) as unknown as Column;
}

/** Whether a column has an integer that is not exact as a JavaScript number. */
function exceedsDouble(frame: DataFrame, name: string): boolean {
  if (!/Int(64|128)/.test(typeName(frame, name))) return false;
  const lists = Array(listDepth(typeName(frame, name))).fill(0);
  const column = lists.reduce((items) => items.explode(), pl.col(name));
  const beyond = column.gt(pl.lit(Number.MAX_SAFE_INTEGER))
    .or(column.lt(pl.lit(Number.MIN_SAFE_INTEGER)));
  return frame.select(beyond.any().alias("beyond")).getColumn("beyond").toArray()[0] === true;
}

/** How many lists stand in each other, in a type of polars. */
function listDepth(type: string): number {
  return type.match(/List\(/g)?.length ?? 0;
}

/** The type of a column; polars has no name in JavaScript for integers of 128 bits. */
function typeName(frame: DataFrame, name: string): string {
  try {
    return String(frame.getColumn(name).dtype);
  } catch (error) {
    if (/Int128/.test(String(error))) return "Int128";
    throw error;
  }
}

function requireColumn(where: string, found: readonly string[], name: string): void {
  if (found.includes(name)) return;
  if (found.length === 0 || found.every((one) => /^\d+$/.test(one))) {
    throw new TypeError(
      `Cannot read ${
        where === "the table" ? where : `"${where}"`
      }: no column "${name}" in it: a table is a DataFrame, or lists by name, such as { ra: [1, 2] }`,
    );
  }
  const place = where === "the table" ? where : `"${where}"`;
  const nearest = nearestName(name, found);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  const some = found.slice(0, 12).join(", ") + (found.length > 12 ? ", …" : "");
  throw new RangeError(`Cannot read ${place}: no column "${name}" among ${some}${hint}`);
}
