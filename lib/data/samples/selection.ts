/**
 * Selections: rows of a table that pass a list of cuts, and what each cut took away.
 *
 * @module
 */

import pl, { type DataFrame, type Expr, type Series } from "nodejs-polars";
import { nearestName } from "../../nearest.ts";
import { judgedCondition, judgedFrame } from "./_judged.ts";

/** One condition of a selection. */
export type Cut = {
  /** What a table or figure calls it. */
  readonly name: string;
  /** True in the rows that stay; where it has no value (null or NaN), the row goes. */
  readonly keep: Expr;
};

/** What a list of cuts leaves of a table. */
export type Selection = {
  /** The rows that passed all cuts; made when it is asked for. */
  readonly frame: DataFrame;
  /** Whether each row of the table passed all cuts. */
  readonly mask: Series;
  /** How many rows passed. */
  readonly count: number;
  /**
   * A row for each cut, in order: `cut`, its name; `before`, rows that reached it; `removed`, rows
   * that it took away, of which `missing` had no value to judge by; `kept`, rows left; `alone`, rows
   * that it would take from the whole table without the others.
   */
  readonly flow: DataFrame;
};

/**
 * Applies cuts to a table, one after the other. The order changes nothing but the report.
 *
 * NaN is a missing value as null is, in a column and in what a cut computes of it (0 / 0): a cut sees
 * null for it. An infinite value is a number, above or below all others. A float32 column is compared
 * by its shortest decimals, so that 0.715 reaches 0.715, as it does where the table holds doubles.
 *
 * @throws {RangeError} When a cut names a column that the table lacks, or two cuts have one name
 * @throws {TypeError} When a cut is none, or not a condition on each row
 *
 * @example
 * ```ts
 * import { selectRows } from "galaxykit/data";
 * import pl from "nodejs-polars";
 * import assert from "node:assert/strict";
 *
 * const galaxies = pl.DataFrame({ r: [15.2, 17.9, 16.4, null], z: [0.03, 0.05, 0.2, 0.04] });
 * const { frame, flow } = selectRows(galaxies, [
 *   { name: "r < 17", keep: pl.col("r").lt(pl.lit(17)) },
 *   { name: "z < 0.1", keep: pl.col("z").lt(pl.lit(0.1)) },
 * ]);
 * assert.equal(frame.height, 1);
 * assert.deepEqual(flow.row(0), ["r < 17", 4, 2, 1, 2, 2]);
 * assert.deepEqual(flow.row(1), ["z < 0.1", 2, 1, 0, 1, 1]);
 * ```
 */
export function selectRows(frame: DataFrame, cuts: readonly Cut[]): Selection {
  checkCuts(cuts);
  const masks = evaluate(frame, cuts);
  const passed = cuts.map((_, i) => pl.col(`${i}`).fillNull(pl.lit(false)));
  const upTo = cuts.map((_, i) => pl.allHorizontal(passed.slice(0, i + 1)));
  const counts = cuts.length === 0 ? [] : masks.select(...cuts.flatMap((_, i) => {
    const missing = pl.col(`${i}`).isNull();
    return [
      upTo[i].sum().alias(`kept ${i}`),
      (i === 0 ? missing : missing.and(upTo[i - 1])).sum().alias(`missing ${i}`),
      passed[i].sum().alias(`alone ${i}`),
    ];
  })).row(0) as number[];
  const kept = cuts.map((_, i) => counts[3 * i]);
  const before = cuts.map((_, i) => i === 0 ? frame.height : kept[i - 1]);
  const mask = cuts.length === 0
    ? pl.Series("kept", new Array(frame.height).fill(true), pl.Bool)
    : masks.select(upTo[cuts.length - 1].alias("kept")).getColumn("kept");
  return {
    get frame() {
      return frame.filter(mask);
    },
    mask,
    count: kept.at(-1) ?? frame.height,
    flow: pl.DataFrame([
      pl.Series("cut", cuts.map(({ name }) => name), pl.Utf8),
      pl.Series("before", before, pl.Int32),
      pl.Series("removed", before.map((n, i) => n - kept[i]), pl.Int32),
      pl.Series("missing", cuts.map((_, i) => counts[3 * i + 1]), pl.Int32),
      pl.Series("kept", kept, pl.Int32),
      pl.Series("alone", cuts.map((_, i) => frame.height - counts[3 * i + 2]), pl.Int32),
    ]),
  };
}

function checkCuts(cuts: readonly Cut[]): void {
  const wanted = 'such as { name: "z < 0.1", keep: pl.col("z").lt(0.1) }';
  if (!Array.isArray(cuts)) {
    throw new TypeError(`Cannot select: a list of cuts is wanted, ${wanted}, found ${typeof cuts}`);
  }
  for (const [i, cut] of cuts.entries()) {
    if (typeof cut?.name === "string" && pl.Expr.isExpr(cut.keep)) continue;
    const found = Object.keys(Object(cut)).join(", ") || typeof cut;
    throw new TypeError(
      `Cannot select: cut ${i + 1} must have a name and keep, ${wanted}, found ${found}`,
    );
  }
  const twice = cuts.find(({ name }, i) => cuts.findIndex((cut) => cut.name === name) !== i);
  if (twice) throw new RangeError(`Cannot select: two cuts have the name "${twice.name}"`);
}

/** The value of each cut in each row, in columns "0", "1", …; null where it has none. */
function evaluate(frame: DataFrame, cuts: readonly Cut[]): DataFrame {
  let masks: DataFrame;
  try {
    const judged = judgedFrame(frame, cuts.map(({ keep }) => keep));
    const empty = judged.limit(0);
    masks = judged.select(
      ...cuts.map(({ keep }, i) => judgedCondition(keep, empty).alias(`${i}`)),
    );
  } catch (cause) {
    throw blame(frame, cuts, cause as Error);
  }
  cuts.forEach(({ name }, i) => {
    const type = masks.dtypes[i].variant;
    if (type === "Bool" && masks.height === frame.height) return;
    throw new TypeError(
      `Cannot apply the cut "${name}": a condition on each row is wanted, ` +
        (type === "Bool" ? "this one looks at no column" : `this one gives ${type}`),
    );
  });
  return masks;
}

/** The error of the cut that fails by itself, on no rows. */
function blame(frame: DataFrame, cuts: readonly Cut[], cause: Error): Error {
  for (const { name, keep } of cuts) {
    try {
      frame.limit(0).select(keep);
    } catch (error) {
      const reason = reasonOf(error as Error, frame.columns);
      return new RangeError(`Cannot apply the cut "${name}": ${reason}`, { cause: error });
    }
  }
  return cause;
}

/** The message of polars; of a column that is not there with the nearest name, not all names. */
function reasonOf({ message }: Error, columns: readonly string[]): string {
  const column = /unable to find column "([^"]*)"/.exec(message)?.[1];
  if (column === undefined) return message.split("\n")[0];
  const nearest = nearestName(column, columns);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  return `the table has no column "${column}"${hint}`;
}
