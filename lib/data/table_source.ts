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
 * @param options `id`: the column that names the rows. @default {their positions}
 * @throws {RangeError} When there is no such column, or a value is neither a number nor missing
 *
 * @example
 * ```ts
 * import { pl, data } from "galaxykit";
 * import assert from "node:assert/strict";
 *
 * const frame = pl.DataFrame({ objid: ["1", "2"], g: [17.5, 16], r: [17, null], smooth: [0.9, 0.2] });
 * const source = data.tableSource(frame, { magnitudes: ["g", "r"], target: "smooth" }, { id: "objid" });
 * const { magnitudes, target } = await source.read(Int32Array.of(0, 1));
 * assert.deepEqual([...magnitudes], [17.5, 17, 16, NaN]); // missing is NaN
 * assert.equal(target.length, 2);
 * ```
 */
export function tableSource<Name extends string>(
  table: Table,
  fields: Readonly<Record<Name, string | readonly string[]>>,
  { id }: { id?: string } = {},
): Source<TableBatch<Name>> {
  const given = Object.entries(fields) as [Name, string | readonly string[]][];
  let length = 0;
  const values = given.map(([field, names]) => {
    const columns = [names].flat().map((name) => numbersOf(table, name));
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

function numbersOf(table: Table, name: string): Float64Array {
  const numbers = numberColumn(table, name);
  const values = columnValues(table, name) as ArrayLike<unknown>;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value === "number" || typeof value === "bigint" || value === null) continue;
    if (!Number.isNaN(numbers[row])) continue;
    throw new RangeError(
      `Cannot use column "${name}" as numbers: row ${row} holds ${
        JSON.stringify(value)
      }, wanted a number or nothing`,
    );
  }
  return numbers;
}
