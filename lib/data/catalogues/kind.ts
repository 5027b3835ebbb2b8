/**
 * What a kind of table is: its columns, their types and ranges, its decision tree.
 *
 * @module
 */

import type { MissingValues } from "../formats/missing.ts";
import { answerColumns, type DecisionTree, type Quantity } from "./tree.ts";

/**
 * What a column holds. "id" is a 64-bit whole number that comes as text, because JavaScript's
 * numbers would round it; "integer" has 32 bits, "number" is float64.
 */
export type ColumnType = "id" | "integer" | "number" | "text";

/** What a column must be. */
export type ColumnSpec = {
  readonly type: ColumnType;
  /** Lowest and highest value. @default {any finite number} */
  readonly range?: readonly [number, number];
  /** Whether cells may be empty. @default {false} */
  readonly missing?: boolean;
};

/** A sort of table. */
export type CatalogueKind = {
  readonly name: string;
  /** What it is and where it comes from. */
  readonly title: string;
  readonly tree: DecisionTree | null;
  /** Columns of classes, of tables that have no votes. */
  readonly labels?: readonly string[];
  /** Columns that must be there. */
  readonly required: Readonly<Record<string, ColumnSpec>>;
  /** Columns that may be there. */
  readonly optional: Readonly<Record<string, ColumnSpec>>;
  /** Columns that can identify a row, the best first; the first one present must not repeat. */
  readonly ids: readonly string[];
  /** Whether columns that are not listed may be there. */
  readonly open: boolean;
  /** Whether fractions are counts over the votes at the question, to the last printed digit. */
  readonly countedFractions: boolean;
  /** Column that holds the votes at a question, where there is one. */
  readonly totalSuffix?: string;
  /** Values that mean "none" in such tables, for all columns or by column. @default {none} */
  readonly missing?: MissingValues;
};

/** Columns that many tables have. */
export const fraction: ColumnSpec = { type: "number", range: [0, 1] };
export const count: ColumnSpec = { type: "integer", range: [0, 1e6] };
export const id: ColumnSpec = { type: "id" };
export const text: ColumnSpec = { type: "text", missing: true };
export const ra: ColumnSpec = { type: "number", range: [0, 360] };
export const dec: ColumnSpec = { type: "number", range: [-90, 90] };
export const anyNumber: ColumnSpec = { type: "number", missing: true };

/** What a kind says of a column; undefined when it does not know it. */
export function columnSpec(kind: CatalogueKind, name: string): ColumnSpec | undefined {
  if (Object.hasOwn(kind.required, name)) return kind.required[name];
  return Object.hasOwn(kind.optional, name) ? kind.optional[name] : undefined;
}

/** A quantity of all answers. */
export function answerSpecs(
  tree: DecisionTree,
  quantities: Partial<Record<Quantity, ColumnSpec>>,
): Record<string, ColumnSpec> {
  return Object.fromEntries(
    Object.entries(quantities).flatMap(([quantity, spec]) =>
      answerColumns(tree, quantity as Quantity).map((name) => [name, spec])
    ),
  );
}

/** The same columns with empty cells allowed. */
export function optionally(specs: Record<string, ColumnSpec>): Record<string, ColumnSpec> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, { ...spec, missing: true }]),
  );
}

/** Columns of numbers, by their names with blanks between. */
export function numbers(names: string): Record<string, ColumnSpec> {
  return Object.fromEntries(names.split(" ").map((name) => [name, anyNumber]));
}
