/**
 * Large plain CSV by types that a sample of its lines has, proven on all cells afterwards.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import pl, { type DataFrame } from "nodejs-polars";
import { checkCsv, csvHeader, placeName } from "../_csv_shape.ts";
import {
  type CellOptions,
  type CsvColumn,
  csvColumns,
  isDatum,
  isIdName,
  keptNames,
  missingWords,
} from "./csv_columns.ts";
import type { CsvFile } from "./csv_file.ts";

/** How many bytes a sample has, and of how many pieces it is. */
const [SAMPLE, PIECES] = [1 << 20, 8];
const [quote, newline] = [0x22, 0x0a];

const types = { integer: pl.Int64, number: pl.Float64, text: pl.Utf8, boolean: pl.Utf8 };

/**
 * Reads a file of some MiB in one pass of polars, where the types of a sample are those of all cells;
 * undefined where that cannot be told, so that every cell must be looked at. What comes is the same.
 */
export function readSampled(
  file: CsvFile,
  options: CellOptions,
): { names: readonly string[]; frame: DataFrame } | undefined {
  if (file.size < 2 * SAMPLE) return undefined;
  let columns: CsvColumn[];
  let names: readonly string[];
  try {
    const header = csvHeader(file.part(0, SAMPLE));
    names = header.names;
    if (names.length < 2 || names.some(isDatum)) return undefined;
    const keep = keptNames(names, options);
    columns = csvColumns(sampleOf(file, header.end), 0, { names, keep, ...options });
  } catch {
    return undefined; // told by who looks at all of it
  }
  const keep = keptNames(names, options);
  const kept = columns.filter(({ name }) => keep.includes(name));
  if (kept.length === 0) return undefined;
  const told = ({ type, clean, pointed }: CsvColumn) => clean && type !== "boolean" && !pointed;
  if (!kept.every((column) => column.type === "text" && !column.pointed || told(column))) {
    return undefined;
  }
  let frame: DataFrame;
  try {
    frame = pl.readCSV(file.path ?? buffer(file.bytes()), {
      schema: Object.fromEntries(
        columns.map(({ name, type }, i) => [
          placeName(i),
          keep.includes(name) ? types[type] : pl.Utf8,
        ]),
      ),
      columns: keep.map((name) => placeName(names.indexOf(name))),
      truncateRaggedLines: false,
      ignoreErrors: false,
    }).select(...keep.map((name) => pl.col(placeName(names.indexOf(name))).alias(name)));
  } catch {
    return undefined; // a cell is of another type, or a line too long
  }
  if (!holds(frame, kept, options.text)) return undefined;
  const shaped = keep.length === names.length && !hasNulls(frame) && !hasBlanks(frame);
  if (!shaped || file.holds("\r")) {
    const bytes = file.bytes();
    if (checkCsv(bytes).length < bytes.length) return undefined; // blank lines, read as records
  }
  const texts = kept.filter(({ name, type, wide }) =>
    type === "text" && !wide && !options.text.includes(name)
  ).map(({ name }) => name);
  const typed = withoutWords(frame, texts, file);
  return typed && { names, frame: typed };
}

/** Whole lines from all over the file, from the start alone where quotes may hold ends of lines. */
function sampleOf(file: CsvFile, start: number): Uint8Array {
  const length = SAMPLE / PIECES;
  const lines = (at: number, whole: boolean) => {
    const bytes = file.part(at, Math.min(at + length, file.size));
    const from = whole ? 0 : bytes.indexOf(newline) + 1;
    return bytes.subarray(from, Math.max(from, bytes.lastIndexOf(newline) + 1));
  };
  const step = Math.floor((file.size - start - length) / (PIECES - 1));
  const pieces = Array.from({ length: PIECES }, (_, i) => lines(start + i * step, i === 0));
  if (pieces.some((bytes) => bytes.includes(quote))) {
    const bytes = file.part(start, start + SAMPLE);
    return bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
  }
  return Buffer.concat(pieces);
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether what the sample says of each column is so for all of its cells. */
function holds(
  frame: DataFrame,
  columns: readonly CsvColumn[],
  fixed: readonly string[],
): boolean {
  const free = columns.filter(({ name }) => !fixed.includes(name));
  const numbers = free.filter(({ type }) => type === "integer" || type === "number");
  const extremes = (end: "min" | "max") => {
    const exprs = numbers.map(({ name }) => pl.col(name)[end]().cast(pl.Float64));
    return exprs.length > 0 ? frame.select(...exprs).row(0) as (number | null)[] : [];
  };
  const [low, high] = [extremes("min"), extremes("max")];
  const isSafe = (_: CsvColumn, i: number) => isSmall(low[i]) && isSmall(high[i]);
  const large = numbers.filter((column, i) => !isSafe(column, i));
  if (large.some(({ type }) => type === "integer")) return false;
  const wrong = [
    ...large.map(({ name }) => {
      const size = pl.col(name).abs();
      const isLarge = size.gt(pl.lit(Number.MAX_SAFE_INTEGER)).and(pl.col(name).isFinite());
      // Ids written as floats, and whole numbers that need a look; from 2^70 on it is neither
      return isIdName(name) ? isLarge : isLarge.and(size.lt(pl.lit(2 ** 70)));
    }),
    ...free.filter(({ empty }) => empty).map(({ name }) => pl.col(name).isNotNull()),
    ...free.filter(({ wide }) => wide).map(({ name }) =>
      pl.col(name).str.contains("^[+-]?[0-9]+$").not()
    ),
  ];
  if (wrong.length === 0) return true;
  const found = frame.select(...wrong.map((expr, i) => expr.any().alias(`${i}`)));
  return !(found.row(0) as (boolean | null)[]).includes(true);
}

function isSmall(value: number | null): boolean {
  return value === null || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function hasNulls(frame: DataFrame): boolean {
  return (frame.nullCount().row(0) as number[]).some((count) => count > 0);
}

/** Whether a cell of text is of nothing but blanks. */
function hasBlanks(frame: DataFrame): boolean {
  const texts = textColumns(frame);
  if (texts.length === 0) return false;
  const blank = texts.map((name) => pl.col(name).str.contains("^[ \\t]*$").any().alias(name));
  return (frame.select(...blank).row(0) as boolean[]).includes(true);
}

function textColumns(frame: DataFrame): string[] {
  const dtypes = frame.dtypes.map(String);
  return frame.columns.filter((_, i) => /Utf8|String/.test(dtypes[i]));
}

/** The frame with null for words such as "N/A"; undefined where they may stand in quotes. */
function withoutWords(
  frame: DataFrame,
  texts: readonly string[],
  file: CsvFile,
): DataFrame | undefined {
  if (texts.length === 0) return frame;
  const isWord = (name: string) => pl.col(name).str.toLowerCase().isIn([...missingWords]);
  const found = frame.select(...texts.map((name) => isWord(name).any().alias(name)))
    .row(0) as (boolean | null)[];
  const some = texts.filter((_, i) => found[i] === true);
  if (some.length === 0) return frame;
  if (file.holds('"')) return undefined;
  return frame.withColumns(
    ...some.map((name) =>
      pl.when(isWord(name)).then(pl.lit(null)).otherwise(pl.col(name)).alias(name)
    ),
  );
}
