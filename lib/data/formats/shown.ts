/**
 * Which columns of a table are shown, and how: masks as null, the fields of structures side by side,
 * decimals and half floats as numbers that JavaScript has.
 *
 * @module
 */

import pl, { type DataFrame, type DataType, type Expr } from "nodejs-polars";

/** The columns of a table as they are shown. */
export type ShownColumns = {
  /** How each is made of the table's own, by its name. */
  readonly exprs: Readonly<Record<string, Expr>>;
  /** What is in the columns that no table shows: bytes, lists of structures. */
  readonly hidden: Readonly<Record<string, string>>;
};

/**
 * Tells how the columns of a table are shown, by its names and types alone.
 *
 * `z.mask` of booleans beside `z`, as astropy writes masked columns, makes null of what is masked. A
 * structure becomes a column a field, `votes.smooth`; of an image (bytes and path) the path is shown,
 * under the column's name.
 */
export function shownColumns(table: DataFrame): ShownColumns {
  const found: Place["found"] = { exprs: {}, hidden: {} };
  show(table.head(0), { found, at: (name) => pl.col(name), prefix: "" });
  return found;
}

type Place = {
  readonly found: { exprs: Record<string, Expr>; hidden: Record<string, string> };
  /** A column, or the field of a structure. */
  readonly at: (name: string) => Expr;
  /** What stands before the names. */
  readonly prefix: string;
};

function show(empty: DataFrame, { found, at, prefix }: Place): void {
  const types = new Map(empty.columns.map((name) => [name, columnType(empty, name)]));
  const isMask = (name: string) => types.get(name) === "Bool" && name.endsWith(".mask");
  for (const [name, type] of types) {
    if (isMask(name) && types.has(name.slice(0, -".mask".length))) continue;
    const own = at(name);
    const mask = `${name}.mask`;
    const column = types.has(mask) && isMask(mask)
      ? pl.when(at(mask)).then(pl.lit(null)).otherwise(own)
      : own;
    const shown = prefix + name;
    const fields = /^(Struct|Unknown|Float16)/.test(type) ? fieldsOf(empty, name) : undefined;
    if (fields?.columns.includes("bytes") && fields.columns.includes("path")) {
      found.exprs[shown] = own.struct.field("path").alias(shown);
    } else if (fields) {
      show(fields, { found, at: (field) => own.struct.field(field), prefix: `${shown}.` });
    } else if (type === "Unknown") found.hidden[shown] = "bytes";
    else if (/Struct/.test(type)) found.hidden[shown] = "lists of structures";
    else if (/Decimal/.test(type)) {
      const numbers = nested(pl.Float64, type.match(/List\(/g)?.length ?? 0);
      found.exprs[shown] = column.cast(numbers).alias(shown);
    } else if (type === "Float16") { // or lists of them, which have no other name
      const isList = isPossible(() => empty.select(pl.col(name).lst.lengths()));
      found.exprs[shown] = column.cast(nested(pl.Float32, isList ? 1 : 0)).alias(shown);
    } else found.exprs[shown] = column.alias(shown);
  }
}

/** Lists of a type, of lists where they are deeper. */
function nested(type: DataType, depth: number): DataType {
  return depth === 0 ? type : pl.List(nested(type, depth - 1));
}

function isPossible(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** The fields of a structure as columns, or undefined where it is none. */
function fieldsOf(empty: DataFrame, name: string): DataFrame | undefined {
  try {
    return empty.select(name).unnest(name);
  } catch {
    return undefined;
  }
}

/** The type of a column; some have no name in JavaScript, those of bytes are "Unknown". */
export function columnType(table: DataFrame, name: string): string {
  try {
    const dtype = table.getColumn(name).dtype;
    return dtype === undefined ? "Unknown" : String(dtype).replace(/^DataType\((.*)\)$/, "$1");
  } catch (error) {
    return /^\w+: DataType (Float16|Int128)\b/.exec(String(error))?.[1] ?? "Unknown";
  }
}
