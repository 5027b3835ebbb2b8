/**
 * Means and quantiles of numbers. None of no numbers: NaN. A missing value among them (NaN, null) is
 * refused: it would count as 0, or as the highest.
 *
 * @module
 */

import { isMissing } from "./missing.ts";

/**
 * The sum over the number of values.
 *
 * @throws {RangeError} When a value is missing
 */
export function mean(values: ArrayLike<number>): number {
  refuseMissing(values, "mean");
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * The middle of the sorted values, or the mean of the two in the middle.
 *
 * @throws {RangeError} When a value is missing
 */
export function median(values: ArrayLike<number>): number {
  refuseMissing(values, "median");
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** The quantile of sorted values at a share from 0 to 1, between two of them linearly. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function refuseMissing(values: ArrayLike<unknown>, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!isMissing(values[i])) continue;
    throw new RangeError(`Cannot take the ${what}: value ${i} is ${values[i]}`);
  }
}
