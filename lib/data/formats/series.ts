/**
 * Columns of exact types, from what a reader has decoded.
 *
 * @module
 */

import pl, { type DataType, type Series } from "nodejs-polars";

/** What a column holds, or each item of a column of lists. */
export type ValueType =
  | "boolean"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64"
  | "text";

/** A value before it stands in a column; 64-bit integers are bigint. */
export type Value = number | bigint | string | boolean | null;

/** A column that was decoded. */
export type Decoded = {
  readonly name: string;
  readonly type: ValueType;
  /**
   * One a row, or with `list` an array a row; a typed array where it is the type's and none is null; a
   * Series as it is.
   */
  readonly values: readonly (Value | readonly Value[])[] | TypedArray | Series;
  readonly list?: boolean;
};

export type TypedArray = Exclude<ReturnType<typeof arrayOf>, undefined>;

/** How polars holds each type. */
export const polarsTypes: Readonly<Record<ValueType, DataType>> = {
  boolean: pl.Bool,
  int8: pl.Int8,
  uint8: pl.UInt8,
  int16: pl.Int16,
  uint16: pl.UInt16,
  int32: pl.Int32,
  uint32: pl.UInt32,
  int64: pl.Int64,
  uint64: pl.UInt64,
  float32: pl.Float32,
  float64: pl.Float64,
  text: pl.Utf8,
};

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** An array of a type of numbers. */
export function arrayOf(type: ValueType, length: number) {
  return type === "text" || type === "boolean" ? undefined : new arrays[type](length);
}

/** A column of a DataFrame; lists of 64-bit integers hold text, since no list hands them out exactly. */
export function seriesOf({ name, type, values, list }: Decoded): Series {
  if (pl.Series.isSeries(values)) return values;
  if (!Array.isArray(values)) return pl.Series(name, values as Float64Array);
  if (list) return listSeries(name, { type, values: values as (readonly Value[] | null)[] });
  if (type === "text" || type === "boolean") return pl.Series(name, [...values], polarsTypes[type]);
  const zero = type === "int64" || type === "uint64" ? 0n : 0;
  let missing = false;
  const filled = new arrays[type](values.length) as Float64Array;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number | null;
    missing ||= value === null;
    filled[row] = value ?? zero as number;
  }
  const series = pl.Series(name, filled);
  if (!missing) return series;
  const there = pl.Series("there", values.map((value) => value !== null), pl.Bool);
  return pl.DataFrame([series.rename("value"), there]).select(
    pl.when(pl.col("there")).then(pl.col("value")).otherwise(pl.lit(null)).alias(name),
  ).getColumn(name);
}

function listSeries(
  name: string,
  { type, values }: { type: ValueType; values: readonly (readonly Value[] | null)[] },
): Series {
  const wide = type === "int64" || type === "uint64";
  const lists = wide
    ? values.map((items) => items?.map((item) => item === null ? null : `${item}`) ?? null)
    : values;
  const dtype = pl.List(polarsTypes[wide ? "text" : type]);
  // polars takes the type from the first row, which must not be null
  if (lists.length === 0 || lists[0] !== null) return pl.Series(name, [...lists], dtype);
  return pl.Series(name, [[], ...lists], dtype).slice(1);
}
