/**
 * One way into all formats of tables.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { readCsv } from "./csv.ts";
import { csvInMemory, isMapped, mappedCsv } from "./csv_file.ts";
import { plainCsv } from "./delimited.ts";
import { readEcsv } from "./ecsv.ts";
import { readFitsTable } from "./fits_table.ts";
import { identifyTable, type TableFile } from "./identify.ts";
import { missingTexts, type MissingValues, withoutMissing } from "./missing.ts";
import { readArrow, readParquet } from "./parquet.ts";
import { seriesOf } from "./series.ts";
import { shownColumns } from "./shown.ts";
import type { TableData } from "./table_data.ts";
import { readVotable } from "./votable.ts";

/** How any table is read. */
export type FormatOptions = {
  readonly columns?: readonly string[];
  readonly text?: readonly string[];
  readonly missing?: MissingValues;
  readonly table?: string | number;
};

/** A table as it was read. */
export type ReadFrame = {
  /** All columns of the file. */
  readonly names: readonly string[];
  /** The wanted ones, in the file's order. */
  readonly frame: DataFrame;
  readonly units: Readonly<Record<string, string>>;
};

/**
 * Reads a table of any format that is known, told by its content.
 *
 * @throws {SyntaxError} When it is of none, or damaged
 */
export function readFormat(path: string, options: FormatOptions = {}): ReadFrame {
  const file = identifyTable(path);
  const columns = options.columns?.flatMap((name) => [name, `${name}.mask`]);
  const read = readFile(file, { ...options, columns });
  const { names, frame, units } = file.format === "parquet" ? read : shown(read);
  return { names, units, frame: withoutMissing(frame, options.missing) };
}

/** The table as it is shown; what it is made of is not. */
function shown({ names, frame, units }: ReadFrame): ReadFrame {
  const { exprs } = shownColumns(frame);
  const columns = Object.keys(exprs);
  const gone = frame.columns.filter((name) => !Object.hasOwn(exprs, name));
  const others = columns.filter((name) => !frame.columns.includes(name));
  return {
    names: [...names.filter((name) => !gone.includes(name)), ...others],
    frame: columns.length > 0 ? frame.select(...Object.values(exprs)) : pl.DataFrame(),
    units,
  };
}

function readFile(file: TableFile, options: FormatOptions): ReadFrame {
  const { columns, text = [], missing, table } = options;
  if (table !== undefined && file.format !== "fits" && file.format !== "votable") {
    throw new SyntaxError("it holds one table: leave the option table out");
  }
  switch (file.format) {
    case "parquet":
    case "arrow":
      if (file.packed) throw new SyntaxError(`it is ${file.format} in gzip; unpack it (gunzip)`);
      return {
        ...(file.format === "parquet" ? readParquet(file.path, { columns }) : readArrow(file.path)),
        units: {},
      };
    case "fits":
      return framed(readFitsTable(file.bytes(), { columns, table }));
    case "votable":
      return framed(readVotable(file.bytes(), { columns, table }));
    case "ecsv":
      return framed(readEcsv(file.bytes(), { columns }));
    case "text": {
      const cells = { columns, text, missing: (name: string) => missingTexts(missing, name) };
      if (isMapped(file)) {
        using mapped = mappedCsv(file);
        return { ...readCsv(mapped, cells), units: {} };
      }
      const { bytes, units } = plainCsv(file.bytes());
      return { ...readCsv(csvInMemory(bytes), cells), units };
    }
  }
}

function framed({ names, columns, units }: TableData): ReadFrame {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new SyntaxError(`the header names column "${repeated}" twice`);
  }
  if (names.length === 0) throw new SyntaxError("the table has no columns");
  return { names, frame: pl.DataFrame(columns.map(seriesOf)), units };
}
