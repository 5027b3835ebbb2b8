/**
 * What readers of tables give, and are asked for.
 *
 * @module
 */

import { nearestName } from "../../nearest.ts";
import type { Decoded } from "./series.ts";

/** What is asked of a reader. */
export type ReadOptions = {
  /** Columns to decode; the others may be left out. @default {all} */
  readonly columns?: readonly string[];
  /** Which of several tables: its name, or its number. */
  readonly table?: string | number;
};

/** What a reader gives. */
export type TableData = {
  /** All columns of the file, also those that were not wanted. */
  readonly names: readonly string[];
  readonly columns: readonly Decoded[];
  /** Units by column, where the file names them. */
  readonly units: Readonly<Record<string, string>>;
};

/**
 * The table that is meant: the only one, or that of a name or number.
 *
 * @throws {SyntaxError} When there are several and none is named, or none is of that name
 */
export function chosenTable<T extends { readonly name: string; readonly hdu: number }>(
  tables: readonly T[],
  wanted: string | number | undefined,
): T {
  const list = tables.map(({ name, hdu }) => name === "" ? `${hdu}` : `"${name}" (${hdu})`);
  if (wanted === undefined) {
    if (tables.length === 1) return tables[0];
    const first = tables[0].name === "" ? tables[0].hdu : `"${tables[0].name}"`;
    throw new SyntaxError(
      `it holds ${tables.length} tables, ${list.join(", ")}; choose one, as table: ${first}`,
    );
  }
  const found = tables.find(({ name, hdu }) => name === wanted || hdu === wanted) ??
    tables.find(({ name }) => name.toLowerCase() === String(wanted).toLowerCase());
  if (found) return found;
  const nearest = nearestName(String(wanted), tables.map(({ name }) => name));
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  throw new SyntaxError(
    `it has no table ${JSON.stringify(wanted)} among ${list.join(", ")}${hint}`,
  );
}
