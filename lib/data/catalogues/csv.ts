/**
 * CSV tables of known columns, read strictly: every line has all fields, and every cell is of its
 * column's type or named.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { extname, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import pl, { type DataFrame } from "nodejs-polars";
import { checkCsv, firstRecord } from "../_csv_shape.ts";
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
 * Opens a CSV file, plain or gzip, and reads its header.
 *
 * @param headless The names of the columns if this first record is no header but data
 * @throws {SyntaxError} When the file is empty, cut, or of uneven shape
 */
export function openCsv(
  path: string,
  headless: (first: readonly string[]) => readonly string[] | undefined,
): CsvTable {
  const head = readHead(path);
  const plain = isPlain(path, head);
  const bytes = plain ? head : unzipped(Deno.readFileSync(path));
  const { fields, end } = firstRecord(bytes);
  if (fields.length === 1 && fields[0] === "") checkCsv(bytes);
  const names = headless(fields);
  if (names) {
    const all = plain ? Deno.readFileSync(path) : bytes;
    return { header: names, hasHeader: false, bytes: all, start: 0 };
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

/** As much of a file as a header may take. */
function readHead(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const head = new Uint8Array(Math.min(file.statSync().size, 1 << 20));
  return head.subarray(0, file.readSync(head) ?? 0);
}

/** Whether polars finds the records by itself: it takes other names for the text of a table. */
function isPlain(path: string, head: Uint8Array): boolean {
  const end = head.indexOf(newline);
  const header = head.subarray(0, end);
  return extname(path) === ".csv" && end > 0 && end < head.length - 1 &&
    header.every((byte) => byte !== quote && byte !== carriage) &&
    !(head[0] === 0x1f && head[1] === 0x8b);
}

const [quote, newline, carriage] = [0x22, 0x0a, 0x0d];

/**
 * Reads columns of a CSV table with their types; columns without one get the narrowest that holds
 * all of their cells. Cells that do not fit become null and are listed.
 */
export function readCsvColumns(
  table: CsvTable,
  columns: Readonly<Record<string, ColumnType | undefined>>,
): { frame: DataFrame; problems: Problem[] } {
  const names = Object.keys(columns);
  const types = Object.fromEntries(
    Object.entries(columns).filter((entry) => entry[1] !== undefined),
  ) as Record<string, ColumnType>;
  const whole = names.length === table.header.length;
  const known = names.every((name) => name in types);
  const quick = whole && known ? readWithoutGaps(table, types) : undefined;
  if (quick) return { frame: quick, problems: [] };
  const shaped = { ...table, bytes: checkCsv(table.bytes), path: undefined };
  const frame = known ? tryRead(shaped, names, types) : undefined;
  return frame ? { frame, problems: [] } : readAsText(shaped, names, types);
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
  if (table.path === undefined) return table.bytes.includes(carriage);
  using file = Deno.openSync(table.path);
  const piece = new Uint8Array(1 << 18); // stays in the processor's cache
  for (let count; (count = file.readSync(piece)) !== null;) {
    if (piece.subarray(0, count).includes(carriage)) return true;
  }
  return false;
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
  names: readonly string[],
  types: Readonly<Record<string, ColumnType>>,
): { frame: DataFrame; problems: Problem[] } {
  const atOnce = 32; // text takes several times the room of numbers
  const problems: Problem[] = [];
  const frames: DataFrame[] = [];
  for (let start = 0; start < names.length; start += atOnce) {
    const some = names.slice(start, start + atOnce);
    const text = parse(table, some, () => "text");
    const unknown = some.filter((name) => !(name in types));
    const guessed = unknown.length > 0 ? guessTypes(text.select(...unknown)) : {};
    const typed = toTypes(text, { ...types, ...guessed });
    problems.push(...typed.problems);
    frames.push(typed.frame);
  }
  return { frame: pl.concat(frames, { how: "horizontal" }), problems };
}

function parse(
  table: CsvTable,
  names: readonly string[],
  typeOf: (name: string) => ColumnType | undefined,
): DataFrame {
  const { header, path } = table;
  const wanted = new Set(names);
  const frame = pl.readCSV(path ?? records(table), {
    hasHeader: path !== undefined,
    schema: Object.fromEntries(
      header.map((name) => [name, polarsTypes[wanted.has(name) ? typeOf(name) ?? "text" : "text"]]),
    ),
    columns: [...names],
    truncateRaggedLines: false,
    ignoreErrors: false,
  });
  return frame.select(...names);
}

function records({ bytes, start }: CsvTable): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
}

/** The bytes behind gzip, if that is what they are. */
function unzipped(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new SyntaxError("the file is empty");
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { chunkSize: 1 << 20 }); // the default's pieces take twice as long
  } catch (cause) {
    const cut = /unexpected end of file/.test(String(cause));
    throw new SyntaxError(
      cut
        ? "the gzip data ends too early: the file is cut, fetch it again"
        : `the gzip data is damaged (${(cause as Error).message}): fetch the file again`,
      { cause },
    );
  }
}
