/**
 * The tables of a run, as files and as text.
 *
 * @module
 */

import { type Column, writeTable } from "../../data/mod.ts";
import type { Interval } from "../../metrics/mod.ts";

/** Rows of numbers and intervals, as the sweep gives them. */
type Row = Readonly<Record<string, number | Interval | null>>;

/**
 * Writes rows as a table: an interval makes the columns `name`, `name_low` and `name_high`; null is
 * an empty cell. Columns that are empty in all rows are left out.
 */
export function writeRows(path: string, rows: readonly Row[]): void {
  const columns: Record<string, Column> = {};
  for (const key of Object.keys(rows[0])) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const values = rows.map((row) => row[key]);
    if (values.every((value) => value === null)) continue;
    const isInterval = values.some((value) => typeof value === "object" && value !== null);
    if (!isInterval) columns[name] = values as (number | null)[];
    else {
      const part = (end: "value" | "low" | "high") =>
        values.map((value) => (value as Interval | null)?.[end] ?? null);
      columns[name] = part("value");
      columns[`${name}_low`] = part("low");
      columns[`${name}_high`] = part("high");
    }
  }
  writeTable(path, columns);
}
