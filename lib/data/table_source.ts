/**
 * Rows of a table as examples.
 *
 * @module
 */

import { memorySource, type Source } from "./source.ts";
import { columnValues, numberColumn, type Table } from "./tables.ts";

/** Some rows: each field's numbers, row by row. */
export type TableBatch<Name extends string> =
  & { indices: Int32Array }
  & { [Field in Name]: Float32Array };

/**
 * The rows of a table as examples to train on, a DataFrame's or columns'.
 *
 * @param fields What each field of a batch holds: a column, or several side by side
 * @param options `id`: the column that names the rows. @default {their positions} `missing`: what to do
 * with cells that hold nothing or NaN, an error or NaN. @default {"error"}
 * @throws {RangeError} When there is no such column, a value is no number, or missing
 *
 * @example
 * ```ts
 * import { pl, data } from "galaxykit";
 * import assert from "node:assert/strict";
 *
 * const frame = pl.DataFrame({ objid: ["1", "2"], g: [17.5, 16], r: [17, null], smooth: [0.9, 0.2] });
 * const fields = { magnitudes: ["g", "r"], target: "smooth" };
 * const source = data.tableSource(frame, fields, { id: "objid", missing: "nan" });
 * const { magnitudes, target } = await source.read(Int32Array.of(0, 1));
 * assert.deepEqual([...magnitudes], [17.5, 17, 16, NaN]);
 * assert.equal(target.length, 2);
 * ```
 */
export function tableSource<Name extends string>(
  table: Table,
  fields: Readonly<Record<Name, string | readonly string[]>>,
  { id, missing = "error" }: { id?: string; missing?: "error" | "nan" } = {},
): Source<TableBatch<Name>> {
  const given = Object.entries(fields) as [Name, string | readonly string[]][];
  let length = 0;
  const values = given.map(([field, names]) => {
    const columns = [names].flat().map((name) => numbersOf(table, name, { missing }));
    length = columns[0]?.length ?? 0;
    const rows = new Float32Array(columns.length * length);
    columns.forEach((column, place) =>
      column.forEach((value, row) => rows[row * columns.length + place] = value)
    );
    return [field, rows] as const;
  });
  const ids = id === undefined ? undefined : Array.from(columnValues(table, id), String);
  const source = memorySource(Object.fromEntries(values), ids ? { ids } : { length });
  return source as unknown as Source<TableBatch<Name>>;
}

function numbersOf(
  table: Table,
  name: string,
  { missing }: { missing: "error" | "nan" },
): Float64Array {
  const numbers = numberColumn(table, name);
  const values = columnValues(table, name) as ArrayLike<unknown>;
  const row = numbers.findIndex((number, at) => {
    const isMissing = values[at] === null || Number.isNaN(values[at]);
    return Number.isNaN(number) && (missing === "error" || !isMissing);
  });
  if (row < 0) return numbers;
  const value = values[row];
  throw new RangeError(
    typeof value === "string"
      ? `Cannot use column "${name}" as numbers: row ${row} holds "${value}"`
      : `Cannot use column "${name}": row ${row} holds no value; leave such rows out, or have them as NaN (missing: "nan")`,
  );
}
