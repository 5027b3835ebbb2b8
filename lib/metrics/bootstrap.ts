/**
 * How much a number would vary with other samples of the same kind.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import { quantile } from "../statistics.ts";
import { type Numbers, plain } from "./_numbers.ts";

/** A number with its interval. */
export type Interval = {
  /** For all samples as they are. */
  value: number;
  low: number;
  high: number;
  /** The probability that such an interval covers the truth, about. */
  level: number;
};

/** What is resampled: for each name one entry a sample. */
type Columns = Record<string, Numbers | ArrayLike<unknown>>;

/** The columns as a metric gets them. */
type Resampled<C extends Columns> = {
  [Name in keyof C]: C[Name] extends ArrayLike<infer Entry> ? Entry[] : number[];
};

/**
 * A confidence interval by the percentile bootstrap: the samples are drawn again with replacement,
 * as many as there are, and the metric's quantiles over many such draws are the interval's ends.
 *
 * A difference of two predictions on the same samples is a metric of both, so that what they have
 * in common cancels: `({ target, a, b }) => accuracy({ target, prediction: a }) − accuracy(…)`.
 * Galaxies that are not independent, such as turned copies of one, make it too narrow.
 *
 * Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13. Quantiles are
 * interpolated linearly, as NumPy does.
 *
 * @param columns What the metric takes, one entry a sample in each
 * @param options.metric A number for columns of the same names
 * @param options.seed Any integer; the same one gives the same interval
 * @param options.resamples How often to draw. @default {2000}
 * @param options.level Between 0 and 1. @default {0.95}
 * @throws {TypeError} When the columns are not as long as each other
 * @throws {RangeError} When there are no samples, an option is out of range, or a draw has no value,
 *   as when it misses a class that the metric needs
 *
 * @example
 * ```ts
 * import { accuracy, bootstrapInterval } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const target = Array.from({ length: 100 }, () => 1);
 * const prediction = target.map((_, i) => i < 80 ? 1 : 0);
 * const pair = { target, prediction };
 * const { value, low, high } = bootstrapInterval(pair, { metric: accuracy, seed: 1 });
 * assert.equal(value, 0.8);
 * assert.ok(low > 0.7 && low < 0.75 && high > 0.85 && high < 0.9);
 * ```
 */
export function bootstrapInterval<const C extends Columns>(
  columns: C,
  options: {
    metric: (columns: Resampled<C>) => number;
    seed: number;
    resamples?: number;
    level?: number;
  },
): Interval {
  const { metric, seed, resamples = 2000, level = 0.95 } = options;
  const entries = Object.entries(columns)
    .map(([name, column]) => [name, plain(column as Numbers)] as const);
  const samples = checkColumns(entries);
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(
      `Cannot bootstrap: resamples is ${resamples}, wanted a whole number from 2`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`Cannot bootstrap: level is ${level}, wanted a number between 0 and 1`);
  }
  function evaluate(order: Int32Array): number {
    return metric(
      Object.fromEntries(
        entries.map(([name, column]) => [name, Array.from(order, (i) => column[i])]),
      ) as Resampled<C>,
    );
  }
  const value = evaluate(Int32Array.from({ length: samples }, (_, i) => i));
  const random = new Prng(seed, [streams.bootstrap]);
  const order = new Int32Array(samples);
  const values = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < samples; i++) order[i] = random.integer(samples);
    const drawn = evaluate(order);
    if (!Number.isNaN(drawn)) return drawn;
    throw new RangeError(
      "Cannot bootstrap: the metric is NaN for a draw, there are too few samples",
    );
  }).sort();
  return {
    value,
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
  };
}

function checkColumns(entries: (readonly [string, ArrayLike<unknown>])[]): number {
  const [first] = entries;
  const samples = first?.[1].length ?? 0;
  for (const [name, column] of entries) {
    if (column.length === samples) continue;
    throw new TypeError(
      `Cannot bootstrap: ${first[0]} has ${samples} samples, ${name} ${column.length}`,
    );
  }
  if (samples === 0) throw new RangeError("Cannot bootstrap: there are no samples");
  return samples;
}
