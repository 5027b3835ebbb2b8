/**
 * Columns brought to their types, exactly: what does not fit is named, never dropped in silence.
 *
 * @module
 */

import pl, { type DataFrame, type DataType, type Expr } from "nodejs-polars";
import { singleToDouble } from "../_doubles.ts";
import type { ColumnType } from "./kinds.ts";
import { columnProblem, type Problem, rowProblem, shownRows } from "./problems.ts";

/** How polars holds each type while it reads; ids turn to text afterwards. */
export const polarsTypes: Readonly<Record<ColumnType, DataType>> = {
  id: pl.Int64,
  integer: pl.Int32,
  number: pl.Float64,
  text: pl.Utf8,
};

const nouns: Record<ColumnType, string> = {
  id: "whole numbers of 64 bits",
  integer: "whole numbers",
  number: "numbers",
  text: "text",
};

/**
 * Brings columns to their types: text to numbers, whole numbers to float64, floats without a
 * fractional part (as pandas writes integers beside missing ones) to integers. A cell that does not
 * fit becomes null and is listed.
 */
export function toTypes(
  frame: DataFrame,
  types: Readonly<Record<string, ColumnType>>,
): { frame: DataFrame; problems: Problem[] } {
  const problems: Problem[] = [];
  const casts: { name: string; type: ColumnType; from: string; rounded: boolean }[] = [];
  const dtypes = frame.dtypes.map(String);
  for (const [i, name] of frame.columns.entries()) {
    const type = types[name];
    const from = dtypes[i];
    if (type === undefined || (type !== "id" && from === String(polarsTypes[type]))) continue;
    const rounded = type === "id" && /Float/.test(from);
    if (rounded) problems.push(columnProblem(name, roundedId(name)));
    casts.push({ name, type, from, rounded });
  }
  if (casts.length === 0) return { frame, problems };
  // Columns alike at once: an expression of polars takes as long as many cells.
  const alike = Map.groupBy(casts, ({ type, from }) => `${type} of ${from}`);
  const typed = frame.withColumns(
    ...[...alike.values()].flatMap((columns) => {
      const [{ type, from, rounded }] = columns;
      const names = columns.map(({ name }) => name);
      if (rounded) return names.map((name) => pl.lit(null).cast(pl.Utf8).alias(name));
      const value = castTo(type, pl.cols(names), from);
      return [type === "id" ? value.cast(pl.Utf8) : value];
    }),
  );
  const [before, after] = [frame, typed].map((table) => table.nullCount().toRecords()[0]);
  for (const { name, type, from, rounded } of casts) {
    const count = Number(after[name]) - Number(before[name]);
    if (count <= 0 || rounded) continue;
    const lost = castTo(type, pl.col(name), from).isNull().and(pl.col(name).isNotNull());
    problems.push(lostProblem(frame, { name, type, lost, count }));
  }
  return { frame: typed, problems };
}

/**
 * The types of columns that no schema knows, from their text: integer, number, or text (also for
 * whole numbers beyond 32 bits, which stay exact as text).
 */
export function guessTypes(text: DataFrame): Record<string, ColumnType> {
  return Object.fromEntries(text.columns.map((name) => {
    const fits = (["integer", "number"] as const).find((type) => {
      const lost = castTo(type, pl.col(name), "Utf8").isNull().and(pl.col(name).isNotNull());
      const long = pl.col(name).str.lengths().gt(15).and(pl.col(name).str.contains("^[0-9]+$"));
      const [bad, any] = text.select(
        lost.or(long).sum().alias("bad"),
        pl.col(name).isNotNull().sum().alias("any"),
      ).row(0);
      return bad === 0 && any > 0;
    });
    return [name, fits ?? "text"];
  }));
}

/** As the CSV reader takes numbers; a cast alone would also take "1 ", "inf" and "nan". */
const numeral = "^[ \\t]*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?$";

function castTo(type: ColumnType, cells: Expr, from: string): Expr {
  const value = /Utf8|String/.test(from) && type !== "text"
    ? pl.when(cells.str.contains(numeral)).then(cells).otherwise(pl.lit(null))
    : cells;
  if (type === "number" && /Float32/.test(from)) return singleToDouble(value);
  if (type !== "integer" || /Int/.test(from)) return value.cast(polarsTypes[type], false);
  const number = value.cast(pl.Float64, false);
  const whole = number.eq(number.cast(pl.Int32, false).cast(pl.Float64, false));
  return pl.when(whole).then(number.cast(pl.Int32, false)).otherwise(pl.lit(null)).cast(pl.Int32);
}

function roundedId(name: string): string {
  return `column "${name}" must hold ${nouns.id}: it holds floating-point numbers, ` +
    "which have lost the last digits; export it again as int64 or text";
}

function lostProblem(
  frame: DataFrame,
  options: { name: string; type: ColumnType; lost: Expr; count: number },
): Problem {
  const { name, type, lost, count } = options;
  const rows = frame.lazy().withRowIndex("row number").filter(lost).head(shownRows)
    .select("row number", pl.col(name).cast(pl.Utf8).alias("value")).collectSync()
    .rows() as [number, string][];
  return rowProblem({
    check: "type",
    column: name,
    count,
    rows: rows.map(([row, value]) => ({ row, value: JSON.stringify(value) })),
    says: `column "${name}" must hold ${nouns[type]}`,
  });
}
