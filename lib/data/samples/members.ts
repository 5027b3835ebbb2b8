/**
 * Samples that may overlap: the rows of a table that belong to each label, when a galaxy can have
 * several.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { type Cut, selectRows } from "./selection.ts";

/** For each label the ascending positions of its rows. */
export type Members = Readonly<Record<string, Int32Array>>;

/**
 * The rows that pass the cuts of each label.
 *
 * @throws {RangeError} When a cut names a column that the table lacks
 *
 * @example
 * ```ts
 * import { membersOf } from "galaxykit/data";
 * import pl from "nodejs-polars";
 * import assert from "node:assert/strict";
 *
 * const votes = pl.DataFrame({ bar: [0.9, 0.1, 0.9], ring: [0.9, 0.9, 0] });
 * const members = membersOf(votes, {
 *   bar: [{ name: "bar", keep: pl.col("bar").gt(pl.lit(0.8)) }],
 *   ring: [{ name: "ring", keep: pl.col("ring").gt(pl.lit(0.8)) }],
 * });
 * assert.deepEqual([...members.bar], [0, 2]);
 * assert.deepEqual([...members.ring], [0, 1]);
 * ```
 */
export function membersOf(
  frame: DataFrame,
  labels: Readonly<Record<string, readonly Cut[]>>,
): Members {
  return Object.fromEntries(
    Object.entries(labels).map(([label, cuts]) => {
      const { mask } = selectRows(frame, cuts);
      const rows = pl.DataFrame({ mask }).withRowIndex("row").filter(pl.col("mask"));
      return [label, Int32Array.from(rows.getColumn("row").toArray() as number[])];
    }),
  );
}

/**
 * Draws at most `cap` rows for each label; a row that is drawn for one of its labels can be left out
 * for another.
 *
 * How one label is drawn depends on its rows, its place among the labels and the seed.
 *
 * @throws {RangeError} When the cap is not a positive integer
 *
 * @example
 * ```ts
 * import { capMembers } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const members = { round: Int32Array.of(0, 2, 4, 6, 8), ring: Int32Array.of(4, 5) };
 * const capped = capMembers(members, { cap: 3, seed: 1 });
 * assert.deepEqual([capped.round.length, capped.ring.length], [3, 2]);
 * ```
 */
export function capMembers(members: Members, options: {
  /** Most rows of a label. */
  cap: number;
  /** Any integer. */
  seed: number;
}): Members {
  refuseUnknown(options, { cap: true, seed: true }, { what: "cap labels" });
  const { cap, seed } = options;
  if (!Number.isSafeInteger(cap) || cap < 1) {
    throw new RangeError(`Cannot cap labels: cap must be a positive integer: ${cap}`);
  }
  return Object.fromEntries(
    Object.entries(members).map(([label, rows], place) => {
      if (rows.length <= cap) return [label, rows];
      const order = new Prng(seed, [streams.cap, place]).permutation(rows.length);
      return [label, order.subarray(0, cap).map((position) => rows[position]).sort()];
    }),
  );
}

/**
 * The rows that have at least one label, ascending.
 *
 * @example
 * ```ts
 * import { memberRows } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const rows = memberRows({ bar: Int32Array.of(0, 2), ring: Int32Array.of(0, 1) });
 * assert.deepEqual([...rows], [0, 1, 2]);
 * ```
 */
export function memberRows(members: Members): Int32Array {
  return Int32Array.from(new Set(Object.values(members).flatMap((rows) => [...rows]))).sort();
}

/** Rows that have exactly these labels. */
export type Combination = {
  /** In the order of the labels. */
  readonly labels: readonly string[];
  readonly count: number;
};

/**
 * How many rows have which labels together, the commonest combination first. Each row counts once.
 *
 * @example
 * ```ts
 * import { combinations } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const members = { bar: Int32Array.of(0, 2, 3), ring: Int32Array.of(0, 1) };
 * assert.deepEqual(combinations(members), [
 *   { labels: ["bar"], count: 2 },
 *   { labels: ["ring"], count: 1 },
 *   { labels: ["bar", "ring"], count: 1 },
 * ]);
 * ```
 */
export function combinations(members: Members): Combination[] {
  const names = Object.keys(members);
  const ofRow = new Map<number, number[]>();
  names.forEach((_, place) => {
    for (const row of members[names[place]]) {
      const known = ofRow.get(row);
      if (known) known.push(place);
      else ofRow.set(row, [place]);
    }
  });
  const counts = new Map<string, { places: number[]; count: number }>();
  for (const places of ofRow.values()) {
    const key = places.join();
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { places, count: 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count || a.places.length - b.places.length || before(a, b))
    .map(({ places, count }) => ({ labels: places.map((place) => names[place]), count }));
}

function before(a: { places: number[] }, b: { places: number[] }): number {
  const i = a.places.findIndex((place, at) => place !== b.places[at]);
  return a.places[i] - b.places[i];
}
