/**
 * Intervals of what was measured several times on the same samples.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { Prng, streams } from "../prng.ts";
import { mean, quantile } from "../statistics.ts";
import type { Interval } from "./bootstrap.ts";

/** Options of {@linkcode crossedInterval}. */
export type CrossedOptions = {
  /** A class of each sample; each class is drawn as often as it is there. @default {one class} */
  strata?: ArrayLike<string | number>;
  /**
   * How much the mean of each class counts; by it, a balanced mean has equal numbers, and one at
   * another mixture the shares of that mixture. @default {its share of the samples: the plain mean}
   */
  weights?: Readonly<Record<string, number>>;
  /** Any integer. @default {0} */
  seed?: number;
  /** How often to draw. @default {1000} */
  resamples?: number;
  /** Between 0 and 1. @default {0.95} */
  level?: number;
};

const OPTIONS = { strata: true, weights: true, seed: true, resamples: true, level: true } as const;

/**
 * The mean of values that repeated measurements, such as trainings of several seeds, gave of the same
 * samples, with the interval of both: repeats and samples are drawn again, each for itself, with
 * replacement. A difference of two methods is a table of differences, repeat by repeat and sample by
 * sample, so that what both have in common cancels.
 *
 * Source: Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1:386,
 * doi:10.1214/07-AOAS122, which shows that it errs on the safe side. Of few repeats it knows little:
 * with one, the interval is of the samples alone.
 *
 * @param table A row for each repeat, a value for each sample
 * @throws {TypeError} When rows, or strata, are not as long as each other
 * @throws {RangeError} When there is no value, one is not finite, a class has no weight, or an option
 *   is out of range
 *
 * @example
 * ```ts
 * import { crossedInterval } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * // Right or wrong: three trainings, four galaxies of two classes
 * const right = [[1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]];
 * const strata = ["smooth", "smooth", "smooth", "featured"];
 * assert.equal(crossedInterval(right).value, 9 / 12);
 * const balanced = crossedInterval(right, { strata, weights: { smooth: 0.5, featured: 0.5 } });
 * assert.ok(Math.abs(balanced.value - (2 / 3 + 1) / 2) < 1e-12);
 * ```
 */
export function crossedInterval(
  table: readonly ArrayLike<number>[],
  options: CrossedOptions = {},
): Interval {
  refuseUnknown(options, OPTIONS, { what: "bootstrap" });
  const { seed = 0, resamples = 1000, level = 0.95 } = options;
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(
      `Cannot bootstrap: resamples is ${resamples}, wanted a whole number from 2`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`Cannot bootstrap: level is ${level}, wanted a number between 0 and 1`);
  }
  const count = checkTable(table);
  const groups = groupsOf(count, options);
  const random = new Prng(seed, [streams.bootstrap, 1]);
  // The mean over the repeats of a draw, for each sample, then over the samples of each class
  const means = new Float64Array(count);
  function meanOver(repeats: ArrayLike<number>): void {
    means.fill(0);
    for (let at = 0; at < repeats.length; at++) {
      const row = table[repeats[at]!]!;
      for (let i = 0; i < count; i++) means[i]! += row[i]! / repeats.length;
    }
  }
  meanOver(Array.from(table.keys()));
  const value = weighted(groups, (rows) => mean(rows.map((row) => means[row]!)));
  const drawn = new Int32Array(table.length);
  const values = Float64Array.from({ length: resamples }, () => {
    random.integers(drawn, { bound: table.length });
    meanOver(drawn);
    return weighted(groups, (rows) => {
      let sum = 0;
      for (let i = 0; i < rows.length; i++) sum += means[rows[random.integer(rows.length)]!]!;
      return sum / rows.length;
    });
  }).sort();
  return {
    value,
    low: Math.min(value, quantile(values, (1 - level) / 2)),
    high: Math.max(value, quantile(values, (1 + level) / 2)),
    level,
  };
}

type Group = { rows: number[]; weight: number };

function weighted(groups: readonly Group[], of: (rows: number[]) => number): number {
  return groups.reduce((sum, { rows, weight }) => sum + weight * of(rows), 0);
}

/** The samples of each class and what its mean counts. */
function groupsOf(
  count: number,
  { strata, weights }: Pick<CrossedOptions, "strata" | "weights">,
): Group[] {
  if (strata !== undefined && strata.length !== count) {
    throw new TypeError(`Cannot bootstrap: ${count} samples have ${strata.length} strata`);
  }
  const groups = Map.groupBy(Array(count).keys(), (row) => String(strata?.[row] ?? ""));
  const whole = weights && Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return [...groups].map(([name, rows]) => {
    const weight = weights === undefined ? rows.length / count : weights[name]! / whole!;
    if (weight >= 0) return { rows, weight };
    throw new RangeError(
      `Cannot bootstrap: class "${name}" wants a weight from 0, ${weights![name]} found`,
    );
  });
}

/** The number of samples. */
function checkTable(table: readonly ArrayLike<number>[]): number {
  const count = table[0]?.length ?? 0;
  if (count === 0) throw new RangeError("Cannot bootstrap: there are no samples");
  for (const [repeat, row] of table.entries()) {
    if (row.length !== count) {
      throw new TypeError(
        `Cannot bootstrap: repeat 0 has ${count} samples, repeat ${repeat} ${row.length}`,
      );
    }
    for (let i = 0; i < count; i++) {
      if (Number.isFinite(row[i])) continue;
      throw new RangeError(
        `Cannot bootstrap: sample ${i} of repeat ${repeat} is ${row[i]}; leave such samples out`,
      );
    }
  }
  return count;
}
