/**
 * Values that a table's makers declared to mean that there is none: −99, −9999, "unknown".
 *
 * @module
 */

import pl, { type DataFrame, type Expr } from "nodejs-polars";

/**
 * Values that mean "none": for all columns, or by column. Numbers count in columns of numbers, texts
 * in columns of text; in text files a text counts in either.
 */
export type MissingValues =
  | readonly (number | string)[]
  | Readonly<Record<string, number | string | readonly (number | string)[]>>;

/** The values that are declared for a column. */
export function missingOf(
  missing: MissingValues | undefined,
  name: string,
): readonly (number | string)[] {
  if (missing === undefined) return [];
  if (Array.isArray(missing)) return missing;
  const own = missing as Readonly<Record<string, number | string | readonly (number | string)[]>>;
  if (!Object.hasOwn(own, name)) return [];
  const values = own[name];
  return typeof values === "object" ? values : [values];
}

/** Those of them that are texts. */
export function missingTexts(missing: MissingValues | undefined, name: string): readonly string[] {
  return missingOf(missing, name).filter((value) => typeof value === "string");
}

/** The table with null for what is declared to be missing. */
export function withoutMissing(frame: DataFrame, missing: MissingValues | undefined): DataFrame {
  if (missing === undefined) return frame;
  const dtypes = frame.dtypes.map(String);
  const exprs = frame.columns.flatMap((name, i): Expr[] => {
    const dtype = /DataType\((\w+)\)$/.exec(dtypes[i])?.[1] ?? "";
    const isText = dtype === "String" || dtype === "Utf8";
    const values = missingOf(missing, name).filter((value) =>
      /List/.test(dtypes[i])
        ? false
        : isText || (typeof value === "number" && /Int|Float/.test(dtype))
    );
    if (values.length === 0) return [];
    const column = pl.col(name);
    const isMissing = values.map((value) => {
      if (isText) return column.eq(pl.lit(String(value)));
      return dtype === "Float32"
        ? column.eq(pl.lit(value).cast(pl.Float32))
        : column.cast(pl.Float64).eq(pl.lit(value));
    }).reduce((any, one) => any.or(one));
    return [pl.when(isMissing).then(pl.lit(null)).otherwise(column).alias(name)];
  });
  return exprs.length > 0 ? frame.withColumns(...exprs) : frame;
}
