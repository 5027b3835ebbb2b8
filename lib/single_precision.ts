/**
 * Numbers of single precision (float32) among doubles.
 *
 * A double that was stored as float32 comes back a little off: 0.715 as 0.7149999737739563, which is
 * below a threshold of 0.715. The shortest decimal that has the same float32 is the number as it was
 * written, if that had up to six digits; so a float32 stands for its shortest decimal wherever it
 * becomes a double, and the same catalogue gives the same galaxies as CSV and as float32.
 *
 * @module
 */

/** 10^k for k from 0: exact doubles. */
const TENS = Array.from({ length: 19 }, (_, k) => 10 ** k);

/**
 * The shortest decimal of a float32.
 *
 * @example
 * ```ts
 * import { decimalOf } from "./single_precision.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(Math.fround(0.715), 0.7149999737739563);
 * assert.equal(decimalOf(Math.fround(0.715)), 0.715);
 * ```
 */
export function decimalOf(single: number): number {
  if (single === 0) return single; // Also -0
  const size = Math.abs(single);
  if (size > 1e-9 && size < 1e6) {
    for (const ten of TENS) {
      const decimal = Math.round(single * ten) / ten;
      if (Math.fround(decimal) === single) return decimal;
    }
  }
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return Number(single.toPrecision(9));
}

/** Numbers as doubles: those of a Float32Array by {@linkcode decimalOf}, others as they are. */
export function toDecimals<A extends ArrayLike<unknown>>(numbers: A): A | Float64Array {
  return numbers instanceof Float32Array ? Float64Array.from(numbers, decimalOf) : numbers;
}
