/**
 * Labels as numbers, their counts and weights.
 *
 * @module
 */

import pl, { type DataFrame, type Expr, type Series } from "nodejs-polars";
import { isMissing } from "../../missing.ts";
import { refuseUnknown } from "../../options.ts";
import type { Column } from "../tables.ts";
import { checkLabels } from "./split.ts";

/** Class names and each row's class as a number, as training and splits take them. */
export type EncodedLabels = {
  /** Sorted, unless given. */
  readonly classes: readonly string[];
  /** For each row the position of its class. */
  readonly labels: Int32Array;
};

/**
 * Turns labels of text into numbers.
 *
 * @throws {RangeError} When a row has no label, or one that is not among the classes
 *
 * @example
 * ```ts
 * import { encodeLabels } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { classes, labels } = encodeLabels(["smooth", "featured", "smooth"]);
 * assert.deepEqual(classes, ["featured", "smooth"]);
 * assert.deepEqual([...labels], [1, 0, 1]);
 * ```
 */
export function encodeLabels(labels: Series | Column, options: {
  /** Their order. @default {those found, sorted} */
  classes?: readonly string[];
} = {}): EncodedLabels {
  refuseUnknown(options, { classes: true }, { what: "encode labels" });
  const quick = pl.Series.isSeries(labels) ? encodeText(labels, options.classes) : undefined;
  if (quick) return quick;
  const values = valuesOf(labels);
  const found = options.classes ?? [...new Set(Array.from(values))].filter((v) => !isMissing(v))
    .map(String).sort();
  const position = new Map(found.map((name, i) => [name, i]));
  const codes = new Int32Array(values.length);
  for (let row = 0; row < codes.length; row++) {
    const value = values[row];
    const code = isMissing(value) ? undefined : position.get(String(value));
    if (code === undefined) {
      throw new RangeError(
        `Cannot encode labels: row ${row} holds ${isMissing(value) ? "none" : `"${value}"`}, ` +
          `one of ${found.join(", ")} is wanted; leave such rows out first`,
      );
    }
    codes[row] = code;
  }
  return { classes: found, labels: codes };
}

/** Texts of few classes in polars, a tenth of the time; undefined where it must be looked at. */
function encodeText(
  labels: Series,
  classes: readonly string[] | undefined,
): EncodedLabels | undefined {
  if (labels.dtype.variant !== "String" || labels.nullCount() > 0) return undefined;
  const found = classes ?? (labels.unique().toArray() as string[]).sort();
  if (found.length === 0 || found.length > 64 || found.some(isMissing)) return undefined;
  const unknown: Expr = pl.lit(-1);
  const code = found.reduceRight(
    (rest, name, i) => pl.when(pl.col("label").eq(pl.lit(name))).then(pl.lit(i)).otherwise(rest),
    unknown,
  );
  const codes = pl.DataFrame([labels.alias("label")]).select(code.cast(pl.Int32).alias("code"));
  const values = codes.getColumn("code").toTypedArray() as Int32Array;
  return values.includes(-1) ? undefined : { classes: found, labels: values };
}

/**
 * How often each label occurs, the commonest first: columns `label` (null where there is none: null,
 * NaN or a blank text), `count` and `share`.
 *
 * @example
 * ```ts
 * import { labelCounts } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const table = labelCounts(["smooth", "featured", "smooth", "ambiguous"]);
 * assert.deepEqual(table.row(0), ["smooth", 2, 0.5]);
 * ```
 */
export function labelCounts(labels: Series | Column): DataFrame {
  const values = valuesOf(labels);
  const counts = new Map<string | null, number>();
  for (let row = 0; row < values.length; row++) {
    const label = isMissing(values[row]) ? null : String(values[row]);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1));
  return pl.DataFrame([
    pl.Series("label", sorted.map(([label]) => label), pl.Utf8),
    pl.Series("count", sorted.map(([, count]) => count), pl.Int32),
    pl.Series("share", sorted.map(([, count]) => count / values.length), pl.Float64),
  ]);
}

/**
 * Weights that let every class count alike in a loss: rows / (classes x rows of the class).
 *
 * @param labels Class of each row, from 0
 * @returns One weight for each class
 * @throws {TypeError} When a label is no class: not a whole number from 0
 * @throws {RangeError} When a class below the highest has no rows, or there are no labels
 *
 * @example
 * ```ts
 * import { classWeights } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...classWeights([0, 0, 0, 1])], [4 / 6, 2]);
 * ```
 */
export function classWeights(labels: ArrayLike<number>): Float64Array {
  checkLabels(labels, "weigh classes", { least: 0 });
  const counts: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    counts[labels[row]] = (counts[labels[row]] ?? 0) + 1;
  }
  return Float64Array.from(counts, (count, label) => {
    if (count > 0) return labels.length / (counts.length * count);
    throw new RangeError(`Cannot weigh classes: class ${label} has no rows`);
  });
}

function valuesOf(labels: Series | Column): Column {
  return pl.Series.isSeries(labels) ? labels.toArray() : labels;
}
