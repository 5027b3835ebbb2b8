/**
 * Columns of numbers as doubles.
 *
 * @module
 */

import pl, { type DataFrame, type Expr } from "nodejs-polars";

/** A column of floats as doubles; a float32 as its shortest decimal (see `single_precision.ts`). */
export function toDoubles(frame: DataFrame, name: string): Expr {
  const column = pl.col(name);
  return isSingle(frame, name) ? singleToDouble(column) : column;
}

/** Whether a column holds float32. */
export function isSingle(frame: DataFrame, name: string): boolean {
  return frame.getColumn(name).dtype.variant === "Float32";
}

/** A float32 as its shortest decimal: what polars writes of it. */
export function singleToDouble(column: Expr): Expr {
  return column.cast(pl.Utf8).cast(pl.Float64);
}
