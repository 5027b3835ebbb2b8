/**
 * Parquet files, also those with bytes inside, such as the images of a Hugging Face data set.
 *
 * @module
 */

import pl, { type DataFrame, type Expr } from "nodejs-polars";
import { checkParquetSeal } from "../_parquet_seal.ts";

/**
 * Reads a Parquet file. Columns of bytes are left out; of images (bytes and path) the path stays,
 * under the column's name.
 */
export function readParquet(
  path: string,
  { columns }: { columns?: readonly string[] } = {},
): { names: string[]; frame: DataFrame } {
  checkParquetSeal(path);
  const lazy = pl.scanParquet(path);
  const empty = lazy.limit(0).collectSync();
  const names = empty.columns;
  const wanted = names.filter((name) => columns?.includes(name) ?? true);
  const bytes = unnamedTypes(empty);
  const exprs = wanted.flatMap((name): Expr[] => {
    if (!bytes.includes(name)) return [pl.col(name)];
    return hasPath(empty, name) ? [pl.col(name).struct.field("path").alias(name)] : [];
  });
  if (wanted.length === 0) return { names, frame: pl.DataFrame() };
  if (exprs.length === 0 || (columns !== undefined && exprs.length < wanted.length)) {
    const some = wanted.filter((name) => bytes.includes(name)).map((name) => `"${name}"`);
    throw new SyntaxError(`${some.join(", ")} holds bytes, which no table shows; leave it out`);
  }
  return { names, frame: lazy.select(...exprs).collectSync() };
}

/** Whether a column of structures is one of images, which have a path. */
function hasPath(empty: DataFrame, name: string): boolean {
  try {
    return empty.select(pl.col(name).struct.field("path")).width === 1;
  } catch {
    return false;
  }
}

/** The columns whose type has no name in JavaScript: bytes, and what has bytes inside. */
function unnamedTypes(frame: DataFrame): string[] {
  return frame.columns.filter((name) => {
    try {
      return frame.getColumn(name).dtype === undefined;
    } catch {
      return true;
    }
  });
}

/** Reads an Arrow file (Feather 2); columns of bytes are left out. */
export function readArrow(path: string): { names: string[]; frame: DataFrame } {
  const frame = pl.scanIPC(path).collectSync(); // readIPC does not find the footer of a path
  const bytes = unnamedTypes(frame);
  return { names: frame.columns, frame: frame.drop(bytes) };
}
