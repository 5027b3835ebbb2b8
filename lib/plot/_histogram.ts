/**
 * Counting values in bins of equal width.
 *
 * @module
 */

import { count } from "../text.ts";

/** Bins of equal width. */
export type Bins = { low: number; high: number; count: number };

/** How many values lie in each bin; the last one is closed, others and NaN outside are left out. */
export function histogram(values: Iterable<number>, { low, high, count }: Bins): Int32Array {
  const counts = new Int32Array(count);
  for (const value of values) {
    const bin = binOf(value, { low, high, count });
    if (bin >= 0) counts[bin]++;
  }
  return counts;
}

/** The bin of a value, or -1. */
export function binOf(value: number, { low, high, count }: Bins): number {
  if (typeof value !== "number" || !(value >= low && value <= high)) return -1; // null is no 0
  return Math.min(count - 1, Math.floor((value - low) / (high - low) * count));
}

/** The lower edge of a bin, or the upper one of the last for `bin` = count. */
export function binEdge(bin: number, { low, high, count }: Bins): number {
  return bin === count ? high : low + bin * (high - low) / count;
}

/** The cells of a map that hold something: their edges, and how much `n`. */
export function cellsOf(
  { x, y }: { x: ArrayLike<number>; y: ArrayLike<number> },
  bins: { x: Bins; y: Bins },
): { x: number; x2: number; y: number; y2: number; n: number }[] {
  const counts = new Int32Array(bins.x.count * bins.y.count);
  for (let row = 0; row < x.length; row++) {
    const [i, j] = [binOf(x[row]!, bins.x), binOf(y[row]!, bins.y)];
    if (i >= 0 && j >= 0) counts[i * bins.y.count + j]!++;
  }
  return [...counts.entries()].filter(([, n]) => n > 0).map(([place, n]) => {
    const [i, j] = [Math.floor(place / bins.y.count), place % bins.y.count];
    return {
      ...{ x: binEdge(i, bins.x), x2: binEdge(i + 1, bins.x) },
      ...{ y: binEdge(j, bins.y), y2: binEdge(j + 1, bins.y), n },
    };
  });
}

/** A row for each bin: its edges `from` and `to`, and what there is in it under the name given. */
export function binRows(amounts: Record<string, ArrayLike<number>>, bins: Bins) {
  return Array.from({ length: bins.count }, (_, bin) => ({
    ...{ from: binEdge(bin, bins), to: binEdge(bin + 1, bins) },
    ...Object.fromEntries(Object.entries(amounts).map(([name, values]) => [name, values[bin]])),
  }));
}

/**
 * The range that holds all but the outermost values, so that a few stray ones do not squeeze the
 * rest: from the quantile `outside` to the quantile 1 - `outside`, widened by a twentieth.
 */
export function innerRange(values: ArrayLike<number>, outside = 0.002): [number, number] {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return [0, 1];
  const last = sorted.length - 1;
  const [low, high] = [sorted[Math.floor(outside * last)], sorted[Math.ceil((1 - outside) * last)]];
  const margin = low === high ? Math.abs(low) / 10 || 1 : (high - low) / 20;
  return [low - margin, high + margin];
}

/** How many values have no place between two edges: missing or infinite ones, and those outside. */
export type LeftOut = { missing: number; outside: number };

/** Counts the values that a range of the axis leaves out. */
export function leftOut(
  values: Iterable<number>,
  { low, high }: Pick<Bins, "low" | "high">,
): LeftOut {
  const left = { missing: 0, outside: 0 };
  for (const value of values) {
    if (!Number.isFinite(value)) left.missing++;
    else if (value < low || value > high) left.outside++;
  }
  return left;
}

/** What was left out in words, to follow what is shown; nothing where that is nothing. */
export function tellLeftOut({ missing, outside }: LeftOut): string {
  return (missing > 0 ? `, ${count(missing)} others without a value` : "") +
    (outside > 0 ? `, ${count(outside)} outside the axes` : "");
}

/** How many bins suit the number of values that are finite: Rice's rule, from 8 to 60. */
export function riceBins(values: Float64Array): number {
  const count = values.filter(Number.isFinite).length;
  return Math.min(60, Math.max(8, Math.round(2 * Math.cbrt(count))));
}
