/**
 * Conditions as selections judge them: NaN is no value, a float32 is its shortest decimal.
 *
 * polars puts NaN above all numbers, so that `NaN >= 0.6` holds, and widens a float32 to the double
 * beside it, so that 0.715 is below 0.715.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import pl, { type DataFrame, type Expr } from "nodejs-polars";
import { toDoubles } from "../_doubles.ts";

/** The table with null for NaN and decimals for float32 in those columns that conditions look at. */
export function judgedFrame(frame: DataFrame, conditions: readonly Expr[]): DataFrame {
  const text = conditions.map((keep) => keep.serialize("json").toString()).join();
  const all = text.includes('{"Selector":');
  const dtypes = frame.dtypes;
  const floats = frame.columns.filter((name, i) =>
    dtypes[i].variant.startsWith("Float") && (all || text.includes(JSON.stringify(name)))
  );
  if (floats.length === 0) return frame;
  return frame.withColumns(...floats.map((name) => noNan(toDoubles(frame, name)).alias(name)));
}

/**
 * The condition with null for NaN in what it computes and compares, such as 0 / 0. Of columns NaN is
 * gone already; this is for what arises on the way. And a bigint, which polars takes for unsigned,
 * meets a signed column as signed: otherwise both would be rounded to doubles.
 *
 * @param empty The table without rows, for the types
 */
export function judgedCondition(keep: Expr, empty: DataFrame): Expr {
  const text = keep.serialize("json").toString();
  if (!/"(UInt64|Function|[A-Za-z]*Divide|Multiply|Minus|Plus|Modulus|Agg|Over)"/.test(text)) {
    return keep;
  }
  return expression(withoutNan(tree(text), empty));
}

const comparisons = new Set(["Lt", "LtEq", "Gt", "GtEq", "Eq", "NotEq"]);

function withoutNan(node: unknown, empty: DataFrame): unknown {
  if (typeof node !== "object" || node === null || "rawJSON" in node) return node;
  if (Array.isArray(node)) return node.map((part) => withoutNan(part, empty));
  const entries = Object.entries(node).map(([key, value]) => {
    const own = withoutNan(value, empty);
    if (key !== "BinaryExpr" || !comparisons.has((own as Comparison).op)) return [key, own];
    const { left, op, right } = own as Comparison;
    return [key, {
      ...{ op, left: known(signed(left, right, empty), empty) },
      right: known(signed(right, left, empty), empty),
    }];
  });
  return Object.fromEntries(entries);
}

type Comparison = { left: object; op: string; right: object };

/** An unsigned literal beside a signed column as signed. */
function signed(operand: object, other: object, empty: DataFrame): object {
  const { UInt64: value } = (operand as Literal).Literal?.Scalar ?? {};
  const isSigned = value !== undefined && "Column" in other &&
    empty.select(expression(other)).dtypes[0].variant === "Int64";
  return isSigned ? { Literal: { Scalar: { Int64: value } } } : operand;
}

type Literal = { Literal?: { Scalar?: { UInt64?: unknown } } };

/** What is computed, with null for NaN. */
function known(operand: object, empty: DataFrame): unknown {
  if ("Column" in operand || "Literal" in operand) return operand;
  const computed = expression(operand);
  const { variant } = empty.select(computed).dtypes[0];
  return variant.startsWith("Float") ? tree(noNan(computed).serialize("json").toString()) : operand;
}

function noNan(value: Expr): Expr {
  return value.fillNan(pl.lit(null));
}

/** JSON whose numbers stay as they are written: a 64-bit id would be rounded. */
function tree(text: string): unknown {
  return SourceJson.parse(
    text,
    (_, value, { source }) => typeof value === "number" ? SourceJson.rawJSON(source) : value,
  );
}

/** What TypeScript's library does not know yet. */
const SourceJson = JSON as unknown as {
  rawJSON(source: string): unknown;
  parse(
    text: string,
    revive: (key: string, value: unknown, at: { source: string }) => unknown,
  ): unknown;
};

function expression(tree: unknown): Expr {
  return pl.Expr.deserialize(Buffer.from(JSON.stringify(tree)), "json");
}
