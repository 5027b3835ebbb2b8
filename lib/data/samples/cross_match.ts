/**
 * Objects of two catalogues at the same place in the sky.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { columnValues, type Table } from "../tables.ts";
import { directions, firstOfEqual, SkyIndex } from "./sky_index.ts";

/** Pairs of rows, ordered by the left one and then by separation. */
export type SkyMatch = {
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Along the great circle, in arcsec. */
  readonly separation: Float64Array;
};

/** Which pairs within the radius are wanted. */
export type MatchKind =
  /** For each left row the nearest right one; a right row can serve several. */
  | "nearest"
  /** Rows that are each other's nearest. */
  | "mutual"
  /** Every pair. */
  | "all";

const ARCSEC = Math.PI / 180 / 3600;

/**
 * Pairs the rows of two tables by position on the sphere: exact to about 1e-10 arcsec everywhere,
 * the poles and right ascension 0 included. Of two equally near rows the first one counts.
 *
 * A k-d tree of the right table is searched for each left row: some n log n steps.
 *
 * @throws {RangeError} When the radius is not within (0, 648000] arcsec, a column is missing, a
 * coordinate is missing or out of range, or all pairs are more than 33 million
 *
 * @example
 * ```ts
 * import { crossMatch } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const gz2 = { ra: [359.9999, 120], dec: [10, -45] };
 * const ukidss = { ra: [0.0001, 120.5], dec: [10, -45] };
 * const { left, right, separation } = crossMatch(gz2, ukidss, { radius: 2 });
 * assert.deepEqual([[...left], [...right]], [[0], [0]]);
 * assert.equal(separation[0].toFixed(3), "0.709");
 * ```
 */
export function crossMatch(left: Table, right: Table, options: {
  /** Largest separation, in arcsec. */
  radius: number;
  /** @default {"nearest"} */
  pairs?: MatchKind;
  /** Column of right ascension in both tables, in degrees. @default {"ra"} */
  ra?: string;
  /** Column of declination in both tables, in degrees. @default {"dec"} */
  dec?: string;
}): SkyMatch {
  refuseUnknown(options, { radius: true, pairs: true, ra: true, dec: true }, {
    what: "match positions",
  });
  const { radius, pairs = "nearest", ra = "ra", dec = "dec" } = options;
  if (!(radius > 0 && radius <= 180 * 3600)) {
    throw new RangeError(
      `Cannot match positions: the radius must lie within (0, 648000] arcsec: ${radius}`,
    );
  }
  const from = positions(left, { side: "left", ra, dec });
  const to = positions(right, { side: "right", ra, dec });
  if (pairs === "all") return allPairs(from, to, radius);
  const nearest = nearestPairs(from, to, radius);
  if (pairs === "nearest") return nearest;
  const back = nearestPairs(to, from, radius);
  const partner = new Map(Array.from(back.left, (row, i) => [row, back.right[i]]));
  return keep(nearest, (i) => partner.get(nearest.right[i]) === nearest.left[i]);
}

/**
 * The angle between two positions, in arcsec; accurate for small and large angles alike.
 *
 * @throws {RangeError} When a coordinate is missing or not finite
 *
 * @example
 * ```ts
 * import { skySeparation } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const pole = skySeparation({ ra: 0, dec: 89.5 }, { ra: 180, dec: 89.5 });
 * assert.ok(Math.abs(pole - 3600) < 1e-9);
 * ```
 */
export function skySeparation(
  a: { ra: number; dec: number },
  b: { ra: number; dec: number },
): number {
  const [u, v] = [a, b].map(({ ra, dec }) => {
    if (Number.isFinite(ra) && Number.isFinite(dec)) return directions([ra], [dec]);
    throw new RangeError(`Cannot measure an angle: degrees are wanted, ra ${ra}, dec ${dec} found`);
  });
  return angle(u, 0, v, 0);
}

function nearestPairs(from: Float64Array, to: Float64Array, radius: number): SkyMatch {
  const index = new SkyIndex(to);
  const limit = chordSquare(radius);
  const count = from.length / 3;
  const found = new Int32Array(count).fill(-1);
  const separation = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let best = Infinity;
    index.search([from[3 * row], from[3 * row + 1], from[3 * row + 2]], limit, (other, square) => {
      if (square < best || square === best && other < found[row]) {
        best = square;
        found[row] = other;
      }
      return best;
    });
    if (found[row] >= 0) separation[row] = angle(from, row, to, found[row]);
  }
  const pairs = { left: Int32Array.from(found.keys()), right: found, separation };
  return keep(pairs, (i) => found[i] >= 0 && separation[i] <= radius);
}

function allPairs(from: Float64Array, to: Float64Array, radius: number): SkyMatch {
  const index = new SkyIndex(to);
  const twins = sameRows(to);
  const limit = chordSquare(radius);
  const found: { left: number; first: number; separation: number }[][] = [];
  let count = 0;
  for (let left = 0; left < from.length / 3; left++) {
    const own: typeof found[number] = [];
    index.search([from[3 * left], from[3 * left + 1], from[3 * left + 2]], limit, (first) => {
      const separation = angle(from, left, to, first);
      if (separation > radius) return limit;
      own.push({ left, first, separation });
      count += twins.get(first)!.length;
      return limit;
    });
    if (count > MOST) {
      throw new RangeError(
        `Cannot match positions: over ${MOST} pairs lie within ${radius} arcsec; ` +
          "take a smaller radius, or the nearest pairs",
      );
    }
    if (own.length > 0) found.push(own);
  }
  const pairs = {
    left: new Int32Array(count),
    right: new Int32Array(count),
    separation: new Float64Array(count),
  };
  let place = 0;
  for (const own of found) {
    const all = own.flatMap(({ left, first, separation }) =>
      twins.get(first)!.map((right) => ({ left, right, separation }))
    ).sort((a, b) => a.separation - b.separation || a.right - b.right);
    for (const { left, right, separation } of all) {
      pairs.left[place] = left;
      pairs.right[place] = right;
      pairs.separation[place++] = separation;
    }
  }
  return pairs;
}

/** Pairs that fit into memory. */
const MOST = 2 ** 25;

/** The rows of each direction by the first of them. */
function sameRows(directions: Float64Array): Map<number, number[]> {
  const first = firstOfEqual(directions);
  return Map.groupBy(first.keys(), (row) => first[row]);
}

function keep(pairs: SkyMatch, wanted: (i: number) => boolean): SkyMatch {
  return {
    left: pairs.left.filter((_, i) => wanted(i)),
    right: pairs.right.filter((_, i) => wanted(i)),
    separation: pairs.separation.filter((_, i) => wanted(i)),
  };
}

/** Square of the straight line that belongs to an angle in arcsec, with room for rounding. */
function chordSquare(radius: number): number {
  return (2 * Math.sin(radius * ARCSEC / 2) + 1e-15) ** 2;
}

/** Kahan's formula for the angle between directions, in arcsec. */
function angle(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const difference = Math.hypot(
    a[3 * i] - b[3 * j],
    a[3 * i + 1] - b[3 * j + 1],
    a[3 * i + 2] - b[3 * j + 2],
  );
  const sum = Math.hypot(
    a[3 * i] + b[3 * j],
    a[3 * i + 1] + b[3 * j + 1],
    a[3 * i + 2] + b[3 * j + 2],
  );
  return 2 * Math.atan2(difference, sum) / ARCSEC;
}

function positions(
  table: Table,
  { side, ra, dec }: { side: string; ra: string; dec: string },
): Float64Array {
  const alpha = coordinate(table, { side, name: ra, range: [-360, 360] });
  const delta = coordinate(table, { side, name: dec, range: [-90, 90] });
  if (alpha.length !== delta.length) {
    throw new TypeError(
      `Cannot match positions: columns of the ${side} table must have one length: ` +
        `"${ra}" has ${alpha.length} rows, "${dec}" has ${delta.length}`,
    );
  }
  return directions(alpha, delta);
}

function coordinate(table: Table, { side, name, range: [low, high] }: {
  side: string;
  name: string;
  range: readonly [number, number];
}): ArrayLike<number> {
  const values = columnValues(table, name);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value === "number" && value >= low && value <= high) continue;
    throw new RangeError(
      `Cannot match positions: "${name}" must be degrees from ${low} to ${high}: ` +
        `row ${row} of the ${side} table holds ${value}`,
    );
  }
  return values as ArrayLike<number>;
}
