/**
 * Parquet files, also those with bytes inside, such as the images of a Hugging Face data set.
 *
 * @module
 */

import pl, { type DataFrame, type Expr, type LazyDataFrame } from "nodejs-polars";
import { checkParquetSeal } from "../_parquet_seal.ts";
import { shownColumns } from "./shown.ts";

/** A Parquet file that is open. */
export type ParquetTable = {
  /** All of its columns, also those that no table shows. */
  readonly names: readonly string[];
  /** Those that are shown, without rows. */
  readonly empty: DataFrame;
  /** The wanted ones, as they are shown. */
  select(names: readonly string[]): LazyDataFrame;
};

/** Opens a Parquet file, of which only what is wanted is read. */
export function openParquet(path: string): ParquetTable {
  checkParquetSeal(path);
  const lazy = pl.scanParquet(path);
  const { exprs, hidden } = shownColumns(lazy.limit(0).collectSync());
  const select = (names: readonly string[]) => {
    const some = names.filter((name) => Object.hasOwn(hidden, name));
    if (some.length === 0) return lazy.select(...names.map((name): Expr => exprs[name]));
    throw new SyntaxError(
      `${some.map((name) => `"${name}"`).join(", ")} holds ${hidden[some[0]]}, ` +
        "which no table shows; leave it out",
    );
  };
  const shown = Object.keys(exprs);
  return {
    names: [...shown, ...Object.keys(hidden)],
    empty: shown.length > 0 ? select(shown).limit(0).collectSync() : pl.DataFrame(),
    select,
  };
}

/**
 * Reads a Parquet file. Columns of bytes are left out; of images (bytes and path) the path stays,
 * under the column's name.
 */
export function readParquet(
  path: string,
  { columns }: { columns?: readonly string[] } = {},
): { names: readonly string[]; frame: DataFrame } {
  const { names, empty, select } = openParquet(path);
  const wanted = columns ? names.filter((name) => columns.includes(name)) : empty.columns;
  if (wanted.length > 0) return { names, frame: select(wanted).collectSync() };
  if (columns === undefined && names.length > 0) select(names);
  return { names, frame: pl.DataFrame() };
}

/** Reads an Arrow file (Feather 2). */
export function readArrow(path: string): { names: string[]; frame: DataFrame } {
  const frame = arrowFrame(path); // readIPC does not find the footer of a path
  return { names: frame.columns, frame };
}

function arrowFrame(path: string): DataFrame {
  try {
    return pl.scanIPC(path).collectSync();
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    throw new SyntaxError(
      "the Arrow file is damaged, or holds what its reader does not know, such as categories with " +
        `empty cells (${reason}); write it as Parquet (df.to_parquet)`,
      { cause },
    );
  }
}
