/**
 * Whether intervals hold as much of the truth as they promise.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkNumbers, type Numbers } from "./_numbers.ts";
import type { Interval } from "./bootstrap.ts";
import { wilsonInterval } from "./wilson.ts";

/**
 * The share of numbers that lie in their intervals, ends included, with Wilson's interval of that
 * share: intervals of 80 % should hold 80 %; fewer, and the posterior is too sure.
 *
 * Numbers of one galaxy are not independent: give one answer at a time, or count galaxies.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, a number is not finite, or `low` is above `high`
 *
 * @example
 * ```ts
 * import { coverage } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const { value } = coverage({
 *   target: [0.1, 0.5, 0.9, 0.3],
 *   low: [0, 0.4, 0.95, 0.2],
 *   high: [0.2, 0.6, 1, 0.4],
 * });
 * assert.equal(value, 0.75);
 * ```
 */
export function coverage(intervals: {
  /** What is true. */
  target: Numbers;
  low: Numbers;
  high: Numbers;
}): Interval {
  refuseUnknown(intervals, { target: true, low: true, high: true }, { what: "tell the coverage" });
  const { target, low, high } = checkNumbers("coverage", {
    ...{ target: intervals.target, low: intervals.low, high: intervals.high },
  });
  let successes = 0;
  for (let i = 0; i < target.length; i++) {
    if (low[i]! > high[i]!) {
      throw new RangeError(
        `Cannot compute coverage: interval ${i} begins at ${low[i]} and ends at ${high[i]}`,
      );
    }
    if (low[i]! <= target[i]! && target[i]! <= high[i]!) successes++;
  }
  return wilsonInterval({ successes, trials: target.length });
}
