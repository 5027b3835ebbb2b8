/**
 * Reading catalogues: what a file is, that it is whole, and what is wrong with it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import pl, { type DataFrame, type LazyDataFrame } from "nodejs-polars";
import { nearestName } from "../../nearest.ts";
import { type OptionNames, refuseUnknown } from "../../options.ts";
import { checkCsv, placeName } from "../_csv_shape.ts";
import { isSingle, singleToDouble } from "../_doubles.ts";
import { identifyTable, type TableFile } from "../formats/identify.ts";
import { missingTexts, type MissingValues, withoutMissing } from "../formats/missing.ts";
import { openParquet } from "../formats/parquet.ts";
import { readFormat } from "../formats/read.ts";
import { checkCatalogue, idColumn } from "./checks.ts";
import { type CsvTable, openCsv, readCsvColumns } from "./csv.ts";
import { readDustLanes } from "./dust_lanes.ts";
import { spellingProblems } from "./incomplete.ts";
import {
  type CatalogueKind,
  catalogueKind,
  catalogueKinds,
  closestKind,
  columnSpec,
  type ColumnType,
  ownTable,
  recogniseKind,
} from "./kinds.ts";
import { CatalogueError, type Problem } from "./problems.ts";
import { polarsTypes, toTypes } from "./typed.ts";

/** A table that was read, and what it is. */
export interface Catalogue {
  readonly kind: CatalogueKind;
  /** Ids are text, counts int32, fractions float64; empty cells are null. */
  readonly frame: DataFrame;
  /** The column that identifies a row, if there is one. */
  readonly id: string | undefined;
  /** What is wrong with it; always empty unless `bad` is "report". */
  readonly problems: readonly Problem[];
}

/** How to read a catalogue. */
export type CatalogueOptions = {
  /**
   * What it must be: by name (see `catalogueKinds`), or a kind of one's own (see
   * {@linkcode catalogueKindOf}).
   *
   * @default {told by its columns}
   */
  readonly kind?: string | CatalogueKind;
  /** Whether a table of no known kind is an error, or one of one's own. @default {"refuse"} */
  readonly unknown?: "refuse" | "take";
  /** Read and check only these columns, in this order. @default {all} */
  readonly columns?: readonly string[];
  /** Stop with a list of all problems, or give the list beside the table. @default {"error"} */
  readonly bad?: "error" | "report";
  /** Whether columns that the kind does not know are a problem. @default {"refuse"} */
  readonly extra?: "refuse" | "keep";
  /** Columns under other names: from the name in the file to the kind's. @default {{}} */
  readonly rename?: Readonly<Record<string, string>>;
  /**
   * Values that mean "none", for all columns (`[-99, -9999]`) or by column (`{ z: -9999 }`).
   *
   * @default {those of the kind, if it has any}
   */
  readonly missing?: MissingValues;
  /** Which table, of a FITS file or VOTable with several: its name, or its number. */
  readonly table?: string | number;
};

/** All of {@linkcode CatalogueOptions}. */
const catalogueOptions: OptionNames<CatalogueOptions> = {
  ...{ kind: true, unknown: true, columns: true, bad: true, extra: true, rename: true },
  ...{ missing: true, table: true },
};

/**
 * Reads a catalogue and checks it: names and types of columns (also of votes that seem to
 * be misspelt), empty cells, ranges, ids that repeat,
 * fractions that do not sum, counts that disagree with their totals. All that is wrong is told at
 * once, with the first rows of each problem.
 *
 * Takes all that {@linkcode readTable} reads, and the dust-lane tables' fixed-width text. 64-bit ids
 * come as text, exactly. A file that is cut or of uneven shape is always an error; problems of values can
 * be had as a list instead (`bad: "report"`), cells that do not fit their column then are null. An
 * unnamed first column, the row numbers that pandas writes, is left out.
 *
 * @throws {CatalogueError} When the table has problems
 * @throws {SyntaxError} When the file is empty, damaged, or its lines are of uneven length
 * @throws {RangeError} When the kind or a wanted column is unknown
 *
 * @example
 * ```ts
 * import { CatalogueError, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/votes.csv`;
 * Deno.writeTextFileSync(
 *   path,
 *   `dr7objid,t06_odd_a14_yes_fraction,t06_odd_a15_no_fraction
 * 587722981736120347,0.25,0.75
 * 587722981736579107,0.25,0.7
 * `,
 * );
 * assert.throws(() => readCatalogue(path), CatalogueError);
 * const { frame, kind, problems } = readCatalogue(path, { bad: "report" });
 * assert.equal(kind.name, "gz2_extract");
 * assert.equal(frame.row(0)[0], "587722981736120347");
 * assert.deepEqual(problems.map(({ message }) => message), [
 *   "the fraction of question t06 must sum to 1: row 2 (587722981736579107) 0.25 + 0.7",
 * ]);
 * ```
 */
export function readCatalogue(path: string, options: CatalogueOptions = {}): Catalogue {
  refuseUnknown(options, catalogueOptions, { what: "read a catalogue" });
  const { columns, bad = "error", extra = "refuse", rename = {}, table } = options;
  const wantedKind = kindOf(options.kind);
  const source = reading(path, () => openSource(path, { kind: wantedKind, table }));
  const names = source.names.map((name) => rename[name] ?? name);
  const kind = wantedKind ??
    (options.unknown === "take" && recogniseKind(names) === undefined
      ? ownTable
      : toldKind(path, names));
  const problems = nameProblems(names, kind, extra).concat(spellingProblems(names, kind));
  const kept = (columns ?? names).filter((name) => columns || isKept(name, kind, extra));
  for (const name of columns ?? []) requireName(path, name, names);
  const types = Object.fromEntries(
    kept.map((name) => [source.names[names.indexOf(name)], columnSpec(kind, name)?.type]),
  );
  const missing = options.missing ?? kind.missing;
  const read = reading(
    path,
    () => source.read(types, (name) => missingTexts(missing, rename[name] ?? name)),
  );
  const chosen = read.frame.select(
    pl.cols(kept.map((name) => source.names[names.indexOf(name)])),
  );
  chosen.columns = kept;
  const frame = withoutMissing(withoutNan(chosen, kind), missing);
  problems.push(...read.problems.map((problem) => renamed(problem, rename)));
  // a cell that did not fit is null now: that it is empty is no second problem
  const lost = new Set(problems.filter(({ check }) => check === "type").map((p) => p.column));
  problems.push(
    ...checkCatalogue(frame, kind).filter((p) => p.check !== "empty" || !lost.has(p.column)),
  );
  if (bad === "error" && problems.length > 0) throw new CatalogueError(path, kind.name, problems);
  return { kind, frame, id: idColumn(frame, kind), problems };
}

/**
 * Opens a catalogue without reading its values: what is asked of the lazy frame later reads only
 * the columns and rows that it needs.
 *
 * Names and types of columns are checked, and the shape of a CSV file; values are not: give what is
 * collected to `checkCatalogue`. Types that differ from the kind's are converted while reading.
 *
 * @throws {CatalogueError} When columns are missing, unknown or of another type
 * @throws {SyntaxError} When the file is compressed as a whole (gzip), damaged or of uneven shape
 *
 * @example
 * ```ts
 * import { scanCatalogue } from "galaxykit/data";
 * import pl from "nodejs-polars";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/mapping.csv`;
 * Deno.writeTextFileSync(path, "objid,sample,asset_id\n587722981736120347,original,1\n");
 * const { frame } = scanCatalogue(path);
 * const found = frame.filter(pl.col("asset_id").eq(pl.lit("1"))).select("objid").collectSync();
 * assert.equal(found.row(0)[0], "587722981736120347");
 * ```
 */
export function scanCatalogue(
  path: string,
  options: Pick<CatalogueOptions, "kind" | "extra" | "table"> = {},
): { kind: CatalogueKind; frame: LazyDataFrame } {
  refuseUnknown(options, { kind: true, extra: true, table: true }, { what: "scan a catalogue" });
  const { extra = "refuse", table } = options;
  if (/\.gz$/i.test(path)) {
    throw new SyntaxError(
      `Cannot scan "${path}": gzip can only be read as a whole; ` +
        "use readCatalogue, or write it as Parquet once",
    );
  }
  const wantedKind = kindOf(options.kind);
  const source = reading(path, () => openSource(path, { kind: wantedKind, table }));
  const kind = wantedKind ?? toldKind(path, source.names);
  const problems = nameProblems(source.names, kind, extra)
    .concat(spellingProblems(source.names, kind));
  if (problems.length > 0) throw new CatalogueError(path, kind.name, problems);
  const kept = source.names.filter((name) => isKept(name, kind, extra));
  const types = Object.fromEntries(kept.map((name) => [name, columnSpec(kind, name)?.type]));
  return { kind, frame: reading(path, () => source.scan(types)) };
}

function kindOf(kind: string | CatalogueKind | undefined): CatalogueKind | undefined {
  return typeof kind === "string" ? catalogueKind(kind) : kind;
}

/** The table with null for NaN, where cells may be empty. */
function withoutNan(frame: DataFrame, kind: CatalogueKind): DataFrame {
  const dtypes = frame.dtypes.map(String);
  const floats = frame.columns.filter((name, i) => {
    const spec = columnSpec(kind, name);
    return /^DataType\(Float/.test(dtypes[i]) && (spec === undefined || spec.missing);
  });
  if (floats.length === 0) return frame;
  return frame.withColumns(pl.cols(floats).fillNan(pl.lit(null)));
}

/**
 * What a table is by its columns alone; its values are not read.
 *
 * @throws {SyntaxError} When it is of no known kind, or no table that can be read
 */
export function tableKind(path: string): CatalogueKind {
  const names = reading(path, () => {
    const { format } = identifyTable(path);
    return format === "fits" || format === "votable" || format === "ecsv"
      ? readFormat(path, { columns: [] }).names
      : openSource(path, { kind: undefined, table: undefined }).names;
  });
  return toldKind(path, names);
}

/** A file that is open: its columns, and how to get them. */
type Source = {
  readonly names: readonly string[];
  /** @param missing Further words for a missing value, by the file's column */
  read(types: Types, missing: MissingTexts): { frame: DataFrame; problems: Problem[] };
  scan(types: Types): LazyDataFrame;
};

type Types = Readonly<Record<string, ColumnType | undefined>>;

type MissingTexts = (name: string) => readonly string[];

function openSource(
  path: string,
  { kind, table }: { kind: CatalogueKind | undefined; table: string | number | undefined },
): Source {
  const file = identifyTable(path);
  if (file.format === "parquet" && !file.packed) return parquetSource(path);
  if (file.format !== "text" || table !== undefined) {
    const { names, frame } = readFormat(path, { table });
    return frameSource(names, frame);
  }
  if (/\.txt$/i.test(path) && file.lines(1)[0].startsWith("-----")) return dustLaneSource(path);
  return csvSource(path, { file, kind });
}

function csvSource(
  path: string,
  { file, kind }: { file: TableFile; kind: CatalogueKind | undefined },
): Source {
  const table: CsvTable = openCsv(file, (first) => {
    const kaggle = Object.keys(catalogueKinds.kaggle.required);
    const isData = first.length === kaggle.length && first.every((field) => /^[\d.]+$/.test(field));
    return isData && (kind === undefined || kind.name === "kaggle") ? kaggle : undefined;
  });
  return {
    names: table.header,
    read: (types, missing) => readCsvColumns(table, { columns: types, missing }),
    scan: (types) => {
      if (table.path === undefined && table.hasHeader) {
        return readCsvColumns(table, { columns: types, missing: () => [] }).frame.lazy();
      }
      checkCsv(table.bytes);
      return pl.scanCSV(path, {
        schema: Object.fromEntries(
          table.header.map((name, i) => {
            const type = types[name] ?? "text";
            return [placeName(i), polarsTypes[type === "id" ? "text" : type]];
          }),
        ),
        hasHeader: table.hasHeader,
      }).select(
        ...table.header.flatMap((name, i) =>
          Object.hasOwn(types, name) ? [pl.col(placeName(i)).alias(name)] : []
        ),
      );
    },
  };
}

function frameSource(names: readonly string[], frame: DataFrame): Source {
  const typed = (types: Types) => toTypes(frame.select(...Object.keys(types)), defined(types));
  return {
    names,
    read: (types) => {
      if (frame.height === 0) throw new SyntaxError("the table has columns and no rows");
      return typed(types);
    },
    scan: (types) => typed(types).frame.lazy(),
  };
}

function parquetSource(path: string): Source {
  const { empty, select } = openParquet(path);
  return {
    names: empty.columns,
    read: (types) => {
      const frame = select(Object.keys(types)).collectSync();
      if (frame.height === 0) throw new SyntaxError("the table has columns and no rows");
      return toTypes(frame, defined(types));
    },
    scan: (types) =>
      select(Object.keys(types)).select(
        ...Object.keys(types).map((name) => {
          const type = types[name];
          const wanted = type && polarsTypes[type === "id" ? "text" : type];
          const same = !wanted || String(empty.getColumn(name).dtype) === String(wanted);
          if (same) return pl.col(name);
          return type === "number" && isSingle(empty, name)
            ? singleToDouble(pl.col(name))
            : pl.col(name).cast(wanted, true);
        }),
      ),
  };
}

function dustLaneSource(path: string): Source {
  const { names, frame } = readDustLanes(path);
  return frameSource(names, frame);
}

function defined(types: Types): Record<string, ColumnType> {
  return Object.fromEntries(
    Object.entries(types).filter(([, type]) => type !== undefined),
  ) as Record<string, ColumnType>;
}

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = existsSync(path)
      ? (cause as Error).message.split("\n")[0]
      : "there is no such file";
    throw new SyntaxError(`Cannot read "${path}": ${reason}`, { cause });
  }
}

function toldKind(path: string, names: readonly string[]): CatalogueKind {
  const kind = recogniseKind(names);
  if (kind) return kind;
  const some = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  const closest = closestKind(names);
  const hint = closest && closest.share > 0.3
    ? `; of ${closest.kind.name} it has ${Math.floor(closest.share * 100)} % of the columns`
    : "";
  throw new SyntaxError(
    `Cannot tell what "${path}" is: its columns are ${some}${hint}; ` +
      "pass the kind, or read it with readTable",
  );
}

function isKept(name: string, kind: CatalogueKind, extra: "refuse" | "keep"): boolean {
  return name !== "" && (kind.open || extra === "keep" || columnSpec(kind, name) !== undefined);
}

/** Missing and unknown columns, and which of them may be the same. */
function nameProblems(
  names: readonly string[],
  kind: CatalogueKind,
  extra: "refuse" | "keep",
): Problem[] {
  const missing = Object.keys(kind.required).filter((name) => !names.includes(name));
  const unknown = names.filter((name) => name !== "" && columnSpec(kind, name) === undefined);
  const other = recogniseKind(names);
  if (missing.length > 20 && other !== undefined && other !== kind) {
    return [{
      ...{ check: "missing column", column: missing[0], count: 0, rows: [] },
      message: `${missing.length} of its columns are missing (first "${missing[0]}"): ` +
        `this is ${other.name}, ${other.title}`,
    }];
  }
  const problems: Problem[] = missing.map((column) => {
    const near = nearestName(column, unknown);
    const hint = near ? ` (the unknown "${near}" may be it: pass rename)` : "";
    const message = `column "${column}" is missing${hint}`;
    return { check: "missing column", column, count: 0, rows: [], message };
  });
  if (kind.open || extra === "keep") return problems;
  return problems.concat(unknown.map((column) => ({
    ...{ check: "unknown column", column, count: 0, rows: [] },
    message: `column "${column}" is not one of its columns (pass extra: "keep" to keep it)`,
  })));
}

function requireName(path: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  throw new RangeError(`Cannot read column "${name}" of "${path}": it has no such column${hint}`);
}

function renamed(problem: Problem, rename: Readonly<Record<string, string>>): Problem {
  const column = rename[problem.column];
  if (column === undefined) return problem;
  const message = problem.message.replaceAll(`"${problem.column}"`, `"${column}"`);
  return { ...problem, column, message };
}
