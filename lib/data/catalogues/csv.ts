/**
 * CSV tables of known columns, read strictly: every line has all fields, and every cell is of its
 * column's type or named.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { resolve } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { checkCsv, firstRecord, notUtf8, placeName } from "../_csv_shape.ts";
import { missingNumbers, missingWords } from "../formats/csv_columns.ts";
import { csvInMemory, isMapped, mappedCsv } from "../formats/csv_file.ts";
import { plainCsv } from "../formats/delimited.ts";
import type { TableFile } from "../formats/identify.ts";
import type { ColumnType } from "./kinds.ts";
import type { Problem } from "./problems.ts";
import { guessTypes, polarsTypes, toTypes } from "./typed.ts";

/** A CSV file that is open. */
export type CsvTable = {
  /** Names of the columns; of a table without a header what `headless` says. */
  readonly header: readonly string[];
  /** Whether the file begins with their names. */
  readonly hasHeader: boolean;
  /** All of it, without gzip; of a file with a path read whenever it is asked for. */
  readonly bytes: Uint8Array;
  /** Where the records begin. */
  readonly start: number;
  /** Of a plain file, which polars maps into memory: to read it would take a fifth of the time. */
  readonly path?: string;
};

/**
 * Opens a text table, plain or gzip, of any dialect, and reads its header.
 *
 * @param headless The names of the columns if this first record is no header but data
 * @throws {SyntaxError} When the file is empty, cut, or of uneven shape
 */
export function openCsv(
  file: TableFile,
  headless: (first: readonly string[]) => readonly string[] | undefined,
): CsvTable {
  const { path } = file;
  const plain = isMapped(file);
  const bytes = plain ? file.head : plainCsv(file.bytes()).bytes;
  const { fields, end } = firstRecord(bytes);
  if (fields.length === 1 && fields[0] === "") checkCsv(bytes);
  const names = headless(fields);
  if (names) {
    return { header: names, hasHeader: false, bytes: plain ? file.bytes() : bytes, start: 0 };
  }
  const repeated = fields.find((name, i) => fields.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new SyntaxError(`the header names column "${repeated}" twice`);
  }
  if (end >= bytes.length) throw new SyntaxError("the table has a header and no rows");
  if (!plain) return { header: fields, hasHeader: true, bytes, start: end };
  return {
    header: fields,
    hasHeader: true,
    get bytes() {
      return Deno.readFileSync(path);
    },
    start: end,
    path: resolve(path),
  };
}

/**
 * Reads columns of a CSV table with their types; columns without one get the narrowest that holds
 * all of their cells. Words for a missing value are null; cells that do not fit become null and are
 * listed.
 */
export function readCsvColumns(
  table: CsvTable,
  { columns, missing }: {
    columns: Readonly<Record<string, ColumnType | undefined>>;
    /** Further words for a missing value, by column. */
    missing: (name: string) => readonly string[];
  },
): { frame: DataFrame; problems: Problem[] } {
  const names = Object.keys(columns);
  const types = Object.fromEntries(
    Object.entries(columns).filter((entry) => entry[1] !== undefined),
  ) as Record<string, ColumnType>;
  const whole = names.length === table.header.length;
  const known = names.every((name) => name in types);
  const own = names.some((name) => missing(name).length > 0);
  const quick = whole && known && !own ? readWithoutGaps(table, types) : undefined;
  if (quick) return { frame: quick, problems: [] };
  const shaped = { ...table, bytes: checkCsv(table.bytes), path: undefined };
  const frame = known && !own ? tryRead(shaped, names, types) : undefined;
  return frame ? { frame, problems: [] } : readAsText(shaped, { names, types, missing });
}

/**
 * The table without a look at each line first, which takes a third of the time, or undefined where
 * that may be needed. A line that is short or blank, and a cell of blanks, come as null; lines that
 * are long are an error: where nothing is null, the shape is good.
 */
function readWithoutGaps(
  table: CsvTable,
  types: Readonly<Record<string, ColumnType>>,
): DataFrame | undefined {
  if (hasCarriage(table)) return undefined;
  let frame: DataFrame | undefined;
  try {
    frame = tryRead(table, table.header, types);
  } catch {
    return undefined;
  }
  const nulls = frame?.nullCount().row(0) as number[] | undefined;
  return nulls?.every((count) => count === 0) ? frame : undefined;
}

function hasCarriage(table: CsvTable): boolean {
  const { path } = table;
  if (path === undefined) return csvInMemory(table.bytes).holds("\r");
  using file = mappedCsv({ path, bytes: () => table.bytes });
  return file.holds("\r");
}

/** All at once, or undefined when a cell does not fit. */
function tryRead(
  table: CsvTable,
  names: readonly string[],
  types: Readonly<Record<string, ColumnType>>,
): DataFrame | undefined {
  let frame: DataFrame;
  try {
    frame = parse(table, names, (name) => types[name]);
  } catch (error) {
    if (/utf-?8/i.test(String(error))) throw notUtf8(table.bytes, error);
    if (/could not parse/.test(String(error))) return undefined;
    throw error;
  }
  const ids = names.filter((name) => types[name] === "id");
  return ids.length > 0
    ? frame.withColumns(...ids.map((name) => pl.col(name).cast(pl.Utf8)))
    : frame;
}

/** As text first, some columns at a time, to name every cell that does not fit. */
function readAsText(
  table: CsvTable,
  { names, types, missing }: {
    names: readonly string[];
    types: Readonly<Record<string, ColumnType>>;
    missing: (name: string) => readonly string[];
  },
): { frame: DataFrame; problems: Problem[] } {
  const atOnce = 32; // text takes several times the room of numbers
  const problems: Problem[] = [];
  const frames: DataFrame[] = [];
  for (let start = 0; start < names.length; start += atOnce) {
    const some = names.slice(start, start + atOnce);
    const cells = parse(table, some, () => "text");
    const unknown = some.filter((name) => !(name in types));
    const guessed = unknown.length > 0
      ? guessTypes(withoutWords(cells.select(...unknown), () => "number", missing))
      : {};
    const all = { ...types, ...guessed };
    const typed = toTypes(withoutWords(cells, (name) => all[name], missing), all);
    problems.push(...typed.problems);
    frames.push(typed.frame);
  }
  return { frame: pl.concat(frames, { how: "horizontal" }), problems };
}

/** The cells with null for words that say that there is no value. */
function withoutWords(
  text: DataFrame,
  typeOf: (name: string) => ColumnType,
  missing: (name: string) => readonly string[],
): DataFrame {
  const alike = Map.groupBy(text.columns, (name) => {
    const words = typeOf(name) === "text" ? textWords : numberWords;
    return JSON.stringify([...words, ...missing(name)]);
  });
  return text.withColumns(...[...alike].map(([words, names]) => {
    const cells = pl.cols(names); // at once: an expression of polars takes as long as many cells
    return pl.when(cells.isIn(JSON.parse(words)).not()).then(cells).otherwise(pl.lit(null));
  }));
}

const textWords = inCases(missingWords);
const numberWords = inCases(missingNumbers);

/** Words as they are written: null, NULL, Null, NaN. */
function inCases(words: readonly string[]): string[] {
  return [
    ...new Set(words.flatMap((word) => [
      ...[word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)],
      word.replace("nan", "NaN"),
    ])),
  ];
}

function parse(
  table: CsvTable,
  names: readonly string[],
  typeOf: (name: string) => ColumnType | undefined,
): DataFrame {
  const { header, path } = table;
  const wanted = new Set(names);
  const places = names.map((name) => placeName(header.indexOf(name)));
  const frame = pl.readCSV(path ?? records(table), {
    hasHeader: path !== undefined,
    schema: Object.fromEntries(
      header.map((
        name,
        i,
      ) => [placeName(i), polarsTypes[wanted.has(name) ? typeOf(name) ?? "text" : "text"]]),
    ),
    columns: places,
    truncateRaggedLines: false,
    ignoreErrors: false,
  });
  const chosen = frame.select(pl.cols(places));
  chosen.columns = [...names];
  return chosen;
}

function records({ bytes, start }: CsvTable): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
}
