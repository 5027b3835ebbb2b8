/**
 * Rows of a table as examples.
 *
 * @module
 */

import { idValues } from "./ids.ts";
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
 * @throws {RangeError} When there is no such column, a value is no number, or missing; when columns
 * have different lengths, or names are missing or occur twice
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
  const used = [...given.flatMap(([, names]) => names), ...(id === undefined ? [] : [id])];
  const length = commonLength(table, used);
  const values = given.map(([field, names]) => {
    const columns = [names].flat().map((name) => numbersOf(table, name, { missing }));
    const rows = new Float32Array(columns.length * length);
    columns.forEach((column, place) =>
      column.forEach((value, row) => rows[row * columns.length + place] = value)
    );
    return [field, rows] as const;
  });
  const ids = id === undefined ? undefined : idsOf(table, id);
  const source = memorySource(Object.fromEntries(values), ids ? { ids } : { length });
  return source as unknown as Source<TableBatch<Name>>;
}

/** How many values each of some columns has. */
function commonLength(table: Table, names: readonly string[]): number {
  const lengths = names.map((name) => columnValues(table, name).length);
  const other = lengths.findIndex((length) => length !== lengths[0]);
  if (other < 0) return lengths[0] ?? 0;
  throw new RangeError(
    `Cannot use the table: its columns must have one length: "${names[0]}" has ${
      lengths[0]
    } rows, "${names[other]}" has ${lengths[other]}`,
  );
}

/** Ids, each once. */
function idsOf(table: Table, name: string): string[] {
  const ids = idValues(table, name);
  const place = new Map<string, number>();
  for (const [row, id] of ids.entries()) {
    if (place.has(id)) {
      throw new RangeError(
        `Cannot name rows by column "${name}": rows ${place.get(id)} and ${row} are both "${id}"`,
      );
    }
    place.set(id, row);
  }
  return ids;
}

function numbersOf(
  table: Table,
  name: string,
  { missing }: { missing: "error" | "nan" },
): Float64Array {
  const numbers = numberColumn(table, name);
  const row = missing === "nan" ? -1 : numbers.findIndex(Number.isNaN);
  if (row < 0) return numbers;
  throw new RangeError(
    `Cannot use column "${name}": row ${row} holds no value; leave such rows out, or have them as NaN (missing: "nan")`,
  );
}
