/**
 * Tables in Parquet and CSV files, through polars, without its silent losses: what is written is
 * what was given, and what does not read exactly is refused.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { extname } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { isFile, writeFileAtomic } from "../files.ts";
import { isMissing } from "../missing.ts";
import { nearestName } from "../nearest.ts";
import { toDecimals } from "../single_precision.ts";
import { checkCsv } from "./_csv_shape.ts";
import { isSingle, singleToDouble, toDoubles } from "./_doubles.ts";
import { checkParquetSeal, sealParquet } from "./_parquet_seal.ts";

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
  const format = formatOf(path, "write");
  const frame = pl.DataFrame.isDataFrame(table) ? table : frameOf(path, table);
  writeFileAtomic(
    path,
    format === "csv"
      ? frame.writeCSV() as string | Uint8Array
      : sealParquet(frame.writeParquet({ compression: "zstd" }) as unknown as Uint8Array),
  );
}

/**
 * Reads a `.parquet` or `.csv` file.
 *
 * Integers that a JavaScript number cannot hold exactly, such as SDSS object ids, come as text: a
 * DataFrame would hand them out rounded. Lines of a CSV file that have more or fewer fields than
 * its header are refused, as are bytes that are not UTF-8.
 *
 * @throws {Error} When there is no such file, or its content is not what the extension says
 * @throws {RangeError} When the extension is another one, or a wanted column is missing
 *
 * @example
 * ```ts
 * import { readTable } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/catalogue.csv`;
 * Deno.writeTextFileSync(path, "plate,name\n0266,smooth\n");
 * assert.equal(readTable(path).getColumn("plate").toArray()[0], 266);
 * assert.equal(readTable(path, { text: ["plate"] }).getColumn("plate").toArray()[0], "0266");
 * ```
 */
export function readTable(path: string, options: {
  /** Read these columns only, in this order; each must exist. @default {all} */
  columns?: readonly string[];
  /** Columns to keep as text even when they look like numbers. @default {[]} */
  text?: readonly string[];
} = {}): DataFrame {
  const format = formatOf(path, "read");
  const { columns, text = [] } = options;
  let frame: DataFrame;
  try {
    if (format === "parquet") checkParquetSeal(path);
    frame = format === "csv" ? readCsv(path, text) : pl.readParquet(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound || !isFile(path)
      ? "there is no such file"
      : (cause as Error).message.split("\n")[0];
    throw new Error(`Cannot read "${path}": ${reason}`, { cause });
  }
  for (const name of [...columns ?? [], ...text]) requireColumn(path, frame.columns, name);
  if (columns) frame = frame.select(...columns);
  const unsafe = frame.columns.filter((name) => text.includes(name) || exceedsDouble(frame, name));
  return unsafe.length > 0
    ? frame.withColumns(...unsafe.map((name) => pl.col(name).cast(pl.Utf8)))
    : frame;
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
  if (pl.DataFrame.isDataFrame(table) && /Int|Float/.test(`${table.getColumn(name).dtype}`)) {
    const filled = table.select(toDoubles(table, name).cast(pl.Float64).fillNull(pl.lit(NaN)));
    return (filled.getColumn(name).toTypedArray() as Float64Array).slice();
  }
  const values = columnValues(table, name) as ArrayLike<unknown>;
  return Float64Array.from(values, (value, row) => {
    const number = isMissing(value) ? NaN : Number(value);
    if (!Number.isNaN(number) || isMissing(value)) return number;
    throw new RangeError(`Cannot use column "${name}" as numbers: row ${row} holds "${value}"`);
  });
}

/** The names of a table's columns, in order. */
export function columnNames(table: Table): string[] {
  return pl.DataFrame.isDataFrame(table) ? table.columns : Object.keys(table);
}

function formatOf(path: string, verb: string): "csv" | "parquet" {
  const extension = extname(path).toLowerCase();
  if (extension === ".csv") return "csv";
  if (extension === ".parquet") return "parquet";
  throw new RangeError(`Cannot ${verb} "${path}": the extension must be .parquet or .csv`);
}

function frameOf(path: string, columns: Readonly<Record<string, Column>>): DataFrame {
  const names = Object.keys(columns);
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

function readCsv(path: string, text: readonly string[]): DataFrame {
  const body = checkCsv(Deno.readFileSync(path));
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const frame = pl.readCSV(buffer, {
    inferSchemaLength: 1e9, // the type of a column comes from all of it
    dtypes: Object.fromEntries(text.map((name) => [name, pl.Utf8])),
  });
  const repeated = frame.columns.find((name) => /_duplicated_\d+$/.test(name));
  if (repeated) {
    const name = repeated.replace(/_duplicated_\d+$/, "");
    throw new SyntaxError(`the header names column "${name}" twice`);
  }
  return frame;
}

/** Whether a column has an integer that is not exact as a JavaScript number. */
function exceedsDouble(frame: DataFrame, name: string): boolean {
  if (!/Int(64|128)/.test(typeName(frame, name))) return false;
  const column = pl.col(name);
  const beyond = column.gt(pl.lit(Number.MAX_SAFE_INTEGER))
    .or(column.lt(pl.lit(Number.MIN_SAFE_INTEGER)));
  return frame.select(beyond.any().alias("beyond")).getColumn("beyond").toArray()[0] === true;
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
  const place = where === "the table" ? where : `"${where}"`;
  const nearest = nearestName(name, found);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  const some = found.slice(0, 12).join(", ") + (found.length > 12 ? ", …" : "");
  throw new RangeError(`Cannot read ${place}: no column "${name}" among ${some}${hint}`);
}
