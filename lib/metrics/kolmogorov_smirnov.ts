/**
 * How far two samples are from one distribution.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { type Numbers, plain } from "./_numbers.ts";

/**
 * The two-sample Kolmogorov-Smirnov distance, in [0, 1]: `max_x |F_a(x) − F_b(x)|`, the largest
 * difference of the cumulative distributions. Ties are counted together, as SciPy's `ks_2samp` does.
 *
 * An infinite value counts as the highest or the lowest one.
 *
 * @throws {RangeError} When a sample is empty or has a missing value
 *
 * @example
 * ```ts
 * import { kolmogorovSmirnov } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(kolmogorovSmirnov({ a: [0, 0, 1, 1], b: [0, 1, 1, 1] }), 0.25);
 * ```
 */
export function kolmogorovSmirnov(samples: { a: Numbers; b: Numbers }): number {
  refuseUnknown(samples, { a: true, b: true }, { what: "compare distributions" });
  const [first, second] = [sorted("a", samples.a), sorted("b", samples.b)];
  let [i, j, distance] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i], second[j]);
    while (first[i] === value) i++;
    while (second[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / first.length - j / second.length));
  }
  return distance;
}

function sorted(name: string, numbers: Numbers): Float64Array {
  const values = plain(numbers);
  if (values.length === 0) {
    throw new RangeError(`Cannot compare distributions: sample ${name} is empty`);
  }
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] === "number" && !Number.isNaN(values[i])) continue;
    throw new RangeError(`Cannot compare distributions: ${name}[${i}] is ${values[i]}`);
  }
  return Float64Array.from(values).sort();
}
