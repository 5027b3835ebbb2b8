/**
 * How far two samples are from one distribution.
 *
 * @module
 */

/**
 * The two-sample Kolmogorov-Smirnov distance, in [0, 1]: `max_x |F_a(x) − F_b(x)|`, the largest
 * difference of the cumulative distributions. Ties are counted together, as SciPy's `ks_2samp` does.
 *
 * @throws {RangeError} When a sample is empty or holds NaN
 *
 * @example
 * ```ts
 * import { kolmogorovSmirnov } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(kolmogorovSmirnov({ a: [0, 0, 1, 1], b: [0, 1, 1, 1] }), 0.25);
 * ```
 */
export function kolmogorovSmirnov(
  { a, b }: { a: ArrayLike<number>; b: ArrayLike<number> },
): number {
  const [first, second] = [sorted("a", a), sorted("b", b)];
  let [i, j, distance] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i], second[j]);
    while (first[i] === value) i++;
    while (second[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / first.length - j / second.length));
  }
  return distance;
}

function sorted(name: string, values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  if (copy.length === 0) {
    throw new RangeError(`Cannot compare distributions: sample ${name} is empty`);
  }
  const bad = copy.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(`Cannot compare distributions: ${name}[${bad}] is NaN`);
  return copy.sort();
}
