/**
 * Ids of galaxies: names, and the same ones however a table keeps them.
 *
 * @module
 */

import pl from "nodejs-polars";
import { isMissing } from "../missing.ts";
import { columnValues, type Table } from "./tables.ts";

/**
 * The ids in a column, as text: `"587722952231026744"`, the Int64 and the bigint of that number are
 * one id. A text keeps its leading zeros ("0266" is not 266), and loses spaces around it.
 *
 * @throws {RangeError} When the table has no such column, or a row has no id, or a number that is no
 * id: not whole, or beyond 2^53, where a double has lost its last digits
 *
 * @example
 * ```ts
 * import { idValues } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const ids = BigInt64Array.of(587722952231026744n, 12n);
 * assert.deepEqual(idValues({ ids }, "ids"), ["587722952231026744", "12"]);
 * assert.throws(() => idValues({ ids: [587722952231026744] }, "ids"), {
 *   message: 'Cannot name rows by column "ids": row 0 holds 587722952231026700, a double beyond 2^53, ' +
 *     "which has lost its last digits; have it as text or 64-bit integers",
 * });
 * ```
 */
export function idValues(table: Table, name: string): string[] {
  if (pl.DataFrame.isDataFrame(table) && /Int/.test(`${table.getColumn(name).dtype}`)) {
    table = table.select(pl.col(name).cast(pl.Utf8));
  }
  return idTexts(columnValues(table, name), `column "${name}"`);
}

/**
 * Ids as text, by the rules of {@linkcode idValues}.
 *
 * @param what Where they stand, for messages
 */
export function idTexts(values: ArrayLike<unknown>, what: string): string[] {
  return Array.from(values, (value, row) => {
    const wrong = isMissing(value) ? "no value" : problemOf(value);
    if (wrong === undefined) return String(value).trim();
    throw new RangeError(`Cannot name rows by ${what}: row ${row} holds ${wrong}`);
  });
}

/** Why a value cannot be an id; undefined when it can. */
function problemOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "bigint" || Number.isSafeInteger(value)) {
    return undefined;
  }
  const isLarge = typeof value === "number" && Number.isInteger(value);
  return isLarge
    ? `${value}, a double beyond 2^53, which has lost its last digits; have it as text or 64-bit integers`
    : `${String(value)}, neither text nor a whole number`;
}
