/**
 * How sure a share is.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import type { Interval } from "./bootstrap.ts";
import { complementaryErrorFunction } from "./mcnemar.ts";

/**
 * Wilson's confidence interval of a share p = successes / trials: all shares from which p is less
 * than z standard errors away,
 *
 * `(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`
 *
 * It stays in [0, 1] and holds for few trials and for shares of 0 and 1, too. Trials that are not
 * independent, such as the same galaxies in several runs, make it too narrow: give means over the
 * runs then; successes need not be whole.
 *
 * Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA
 * 22:209.
 *
 * @throws {RangeError} When there are no trials, more successes than trials, or the level is not
 * between 0 and 1
 *
 * @example
 * ```ts
 * import { wilsonInterval } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const { value, low, high } = wilsonInterval({ successes: 81, trials: 90 });
 * assert.deepEqual([value, low.toFixed(3), high.toFixed(3)], [0.9, "0.821", "0.946"]);
 * ```
 */
export function wilsonInterval(options: {
  successes: number;
  trials: number;
  /** The probability that such an interval covers the truth. @default {0.95} */
  level?: number;
}): Interval {
  refuseUnknown(options, { successes: true, trials: true, level: true }, {
    what: "compute an interval",
  });
  const { successes, trials, level = 0.95 } = options;
  const isShare = Number.isFinite(trials) && Number.isFinite(successes) && trials > 0 &&
    successes >= 0 && successes <= trials;
  if (!isShare) {
    throw new RangeError(
      `Cannot compute an interval: ${successes} of ${trials} is no share`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(
      `Cannot compute an interval: level is ${level}, wanted a number between 0 and 1`,
    );
  }
  const z = deviationsOf(level);
  const value = successes / trials;
  const scale = 1 + z * z / trials;
  const centre = (value + z * z / 2 / trials) / scale;
  const spread = value * (1 - value) / trials + z * z / 4 / trials ** 2;
  const half = z * Math.sqrt(spread) / scale;
  // At 0 and 1 the ends are exact; what rounding adds is not theirs.
  const [low, high] = [Math.max(0, centre - half), Math.min(1, centre + half)];
  return { value, low: Math.min(low, value), high: Math.max(high, value), level };
}

/** How many standard deviations on both sides hold this part of the normal distribution. */
function deviationsOf(level: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (complementaryErrorFunction(middle / Math.SQRT2) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
