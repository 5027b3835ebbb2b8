/**
 * Plain CSV to a DataFrame, through polars, with types that come from all cells.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import pl, { type DataFrame, type DataType, type Series } from "nodejs-polars";
import { checkCsv, csvHeader, notUtf8, placeName } from "../_csv_shape.ts";
import {
  type CellOptions,
  type CsvColumn,
  csvColumns,
  fortran,
  isDatum,
  isIdName,
  isMissingNumber,
  isMissingWord,
  keptNames,
  roundedIds,
  wholeNumber,
} from "./csv_columns.ts";
import type { CsvFile } from "./csv_file.ts";
import { readSampled } from "./csv_sample.ts";

const polarsTypes: Readonly<Record<CsvColumn["type"], DataType>> = {
  integer: pl.Int64,
  number: pl.Float64,
  boolean: pl.Bool,
  text: pl.Utf8,
};

/**
 * Reads plain CSV.
 *
 * A column is of whole numbers, numbers, booleans or text by all of its cells. Among numbers, words
 * such as "null" and "N/A" are null, "nan" is NaN; among text they are null but where they stand in
 * quotes. Whole numbers beyond 2^53 come as text, also those with ".0" or an exponent behind all of
 * their digits.
 *
 * @throws {SyntaxError} When lines are of uneven length, or ids have lost digits
 */
export function readCsv(
  file: CsvFile,
  options: CellOptions,
): { names: readonly string[]; frame: DataFrame } {
  return readSampled(file, options) ?? readWhole(file.bytes(), options);
}

/** By a look at every cell. */
function readWhole(
  file: Uint8Array,
  options: CellOptions,
): { names: readonly string[]; frame: DataFrame } {
  const bytes = checkCsv(file);
  const { names, end } = csvHeader(bytes);
  const data = names.find(isDatum);
  if (data !== undefined) {
    throw new SyntaxError(
      `its first line is data (${data}), and must be the names of the columns; write a header line`,
    );
  }
  const keep = keptNames(names, options);
  const columns = csvColumns(bytes, end, { names, keep, ...options });
  const read = new Map(columns.map((column) => [column.name, column]));
  const schema = (typed: boolean) =>
    Object.fromEntries(columns.map(({ name, type, clean }, i) => {
      const direct = typed && clean && keep.includes(name);
      return [placeName(i), direct ? polarsTypes[type] : pl.Utf8];
    }));
  const parse = (typed: boolean) =>
    pl.readCSV(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      schema: schema(typed),
      columns: keep.map((name) => placeName(names.indexOf(name))),
      ignoreErrors: false,
    }).select(...keep.map((name) => pl.col(placeName(names.indexOf(name))).alias(name)));
  let frame: DataFrame;
  try {
    frame = parse(true);
  } catch (error) {
    if (/utf-?8/i.test(String(error))) throw notUtf8(bytes, error);
    if (!/could not parse/.test(String(error))) throw error;
    frame = parse(false); // a number that polars writes otherwise
  }
  const kept = keep.map((name) => read.get(name)!);
  const mended = kept.filter(({ name, type, words, wide, pointed }) =>
    !options.text.includes(name) &&
    (pointed ||
      (type === "text"
        ? words || wide && isPadded(frame, name)
        : /Utf8|String/.test(`${frame.getColumn(name).dtype}`)))
  );
  const series = mended.map((column) => mend(frame.getColumn(column.name), column, options));
  return {
    names,
    frame: (series.length > 0 ? frame.withColumns(...series) : frame).select(...keep),
  };
}

/** Whether blanks stand around ids, which would be others than those without. */
function isPadded(frame: DataFrame, name: string): boolean {
  const padded = pl.col(name).str.contains("^[ \\t]|[ \\t]$").any().alias(name);
  return frame.select(padded).row(0)[0] === true;
}

/** A column of text brought to what it holds. */
function mend(column: Series, told: CsvColumn, options: CellOptions): Series {
  const { name, type, pointed, quoted, wide } = told;
  const isWord = wide ? isMissingNumber : isMissingWord;
  const own = options.missing(name);
  const cells = column.toArray() as (string | null)[];
  if (type === "text" && !pointed) {
    const bare = wide ? cells.map((cell) => cell?.trim() ?? null) : cells;
    const values = bare.map((cell, row) =>
      cell !== null && (own.includes(cell) || isWord(cell)) && (wide || !quoted.has(row))
        ? null
        : cell
    );
    return pl.Series(name, values, pl.Utf8);
  }
  const bare = cells.map((cell) => {
    const text = cell?.trim() ?? "";
    return text === "" || own.includes(text) || isMissingNumber(text) && !/^nan$/i.test(text)
      ? null
      : text;
  });
  if (pointed) return exactIds(name, bare);
  if (type === "boolean") {
    const truths = bare.map((text) => /^(true|false)$/i.test(text ?? "") ? /t/i.test(text!) : null);
    return pl.Series(name, truths, pl.Bool);
  }
  if (type === "integer") return pl.Series(name, bare, pl.Utf8).cast(pl.Int64);
  return pl.Series(name, bare.map((text) => text === null ? null : numberOf(text)), pl.Float64);
}

/** A number as text tables write it. */
function numberOf(text: string): number {
  if (/nan/i.test(text)) return NaN;
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return Number(fortran.test(text) ? text.replace(/d/i, "e") : text);
}

function exactIds(name: string, cells: readonly (string | null)[]): Series {
  const whole = cells.map((text) =>
    text === null || /^nan$/i.test(text) ? null : wholeNumber(text)
  );
  const at = whole.indexOf(undefined);
  if (at < 0) return pl.Series(name, whole.map((number) => number?.digits ?? null), pl.Utf8);
  if (isIdName(name)) throw roundedIds(name, cells[at]!);
  return pl.Series(name, cells.map((text) => text === null ? null : Number(text)), pl.Float64);
}

/** Reads plain CSV of even shape with all cells as text; empty ones are null. */
export function readCsvText(bytes: Uint8Array, names: readonly string[]): DataFrame {
  return pl.readCSV(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    schema: Object.fromEntries(names.map((_, i) => [placeName(i), pl.Utf8])),
    ignoreErrors: false,
  }).select(...names.map((name, i) => pl.col(placeName(i)).alias(name)));
}
