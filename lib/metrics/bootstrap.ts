/**
 * How much a number would vary with other samples of the same kind.
 *
 * @module
 */

import { isMissing } from "../missing.ts";
import { refuseUnknown } from "../options.ts";
import { Prng, streams } from "../prng.ts";
import { quantile } from "../statistics.ts";
import type { LabelPair } from "./_labels.ts";
import { type Numbers, plain } from "./_numbers.ts";
import { accuracy, areRight } from "./classification.ts";

/** A number with its interval. */
export type Interval = {
  /** For all samples as they are. */
  value: number;
  low: number;
  high: number;
  /** The probability that such an interval covers the truth, about. */
  level: number;
  /** Draws that had no value and were made again, of a bootstrap that had such. */
  redrawn?: number;
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
 * A draw can miss a rare class, so that the metric has no value: it is NaN, or throws a RangeError.
 * Such a draw is made again, up to as often as there are draws, and `redrawn` tells how often: the
 * interval then is that of samples on which the metric has a value. With `strata` each class is drawn
 * as often as it is there, and none is missed.
 *
 * Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13. Quantiles are
 * interpolated linearly, as NumPy does.
 *
 * @param columns What the metric takes, one entry a sample in each; none missing
 * @param options.metric A number for columns of the same names, whose arrays the next draw fills anew
 * @param options.strata A class of each sample, drawn as often as it is there. @default {none}
 * @param options.seed Any integer, by default 0; the same one gives the same interval
 * @param options.resamples How often to draw. @default {2000}
 * @param options.level Between 0 and 1. @default {0.95}
 * @throws {TypeError} When the columns are not as long as each other
 * @throws {RangeError} When there are no samples, a value is missing, an option is out of range, or
 *   more than half of the draws have no value
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
    seed?: number;
    resamples?: number;
    level?: number;
    strata?: Numbers | ArrayLike<string>;
  },
): Interval {
  refuseUnknown(options, { metric: true, seed: true, resamples: true, level: true, strata: true }, {
    what: "bootstrap",
  });
  const { metric, seed = 0, resamples = 2000, level = 0.95, strata } = options;
  const given = { ...columns, ...(strata === undefined ? {} : { strata }) };
  const checked = Object.entries(given)
    .map(([name, column]) => [name, plain(column as Numbers)] as const);
  const samples = checkColumns(checked);
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(
      `Cannot bootstrap: resamples is ${resamples}, wanted a whole number from 2`,
    );
  }
  checkLevel(level);
  const names = Object.keys(columns);
  const from = checked.slice(0, names.length).map(([, column]) => Array.from(column));
  const value = metric(Object.fromEntries(names.map((name, i) => [name, from[i]])) as Resampled<C>);
  if (Number.isNaN(value)) throw noValue();
  const each = metric as unknown === accuracy
    ? areRight(columns as unknown as LabelPair)
    : undefined;
  const drawn = from.map((column) => column.slice());
  const resampled = Object.fromEntries(names.map((name, i) => [name, drawn[i]])) as Resampled<C>;
  const random = new Prng(seed, [streams.bootstrap]);
  const groups = strata && [...rowsOf(checked.at(-1)![1]).values()];
  const order = new Int32Array(samples);
  function draw(): number {
    if (groups) drawWithin(groups, order, random);
    else random.integers(order, { bound: samples });
    if (each) return meanOf(each, order); // the metric of the draw, without its columns
    for (let c = 0; c < from.length; c++) gather(from[c], order, drawn[c]);
    return metric(resampled);
  }
  const values = new Float64Array(resamples);
  let redrawn = 0;
  for (let at = 0; at < resamples;) {
    let reason: unknown;
    try {
      values[at] = draw();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      [values[at], reason] = [NaN, error];
    }
    if (!Number.isNaN(values[at])) at++;
    else if (++redrawn > resamples) throw noValue(reason);
  }
  values.sort();
  return {
    value,
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
    ...(redrawn > 0 ? { redrawn } : {}),
  };
}

function noValue(cause?: unknown): RangeError {
  return new RangeError(
    "Cannot bootstrap: the metric is NaN for a draw, there are too few samples",
    { cause },
  );
}

/** The samples of each class. */
function rowsOf(strata: ArrayLike<unknown>): Map<unknown, number[]> {
  return Map.groupBy(Array(strata.length).keys(), (row) => strata[row]);
}

/** Each place gets a sample of its own class. */
function drawWithin(groups: readonly number[][], order: Int32Array, random: Prng): void {
  for (const rows of groups) {
    for (const row of rows) order[row] = rows[random.integer(rows.length)];
  }
}

/** The mean over samples, some of them several times. */
function meanOf(values: Uint8Array, order: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < order.length; i++) sum += values[order[i]];
  return sum / order.length;
}

function gather(from: readonly unknown[], order: Int32Array, to: unknown[]): void {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i]];
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
  for (const [name, column] of entries) {
    for (let i = 0; i < samples; i++) {
      if (!holdsMissing(column[i])) continue;
      throw new RangeError(
        `Cannot bootstrap: ${name}[${i}] is ${shown(column[i])}; leave such samples out`,
      );
    }
  }
  return samples;
}

/** Whether an entry is missing, or one of its numbers is. */
function holdsMissing(entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null) return isMissing(entry);
  return "length" in entry && Array.prototype.some.call(entry, isMissing);
}

function shown(entry: unknown): string {
  return typeof entry === "object" && entry !== null
    ? `[${Array.from(entry as ArrayLike<unknown>, String).slice(0, 8)}]`
    : String(entry);
}

/** Refuses a level of intervals that is none. */
export function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new RangeError(`Cannot bootstrap: level is ${level}, wanted a number between 0 and 1`);
}
