/**
 * The logarithm of a rising factorial: what likelihoods of counts are made of.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";

/** Steps by which small numbers are raised to where Stirling's series has seven digits. */
const STEPS = 8;

/** Between which α is taken: beyond, float32 has no more squares. */
const [LEAST, MOST] = [1e-18, 1e18];

/**
 * `ln Γ(α + n) − ln Γ(α)`: the logarithm of α (α + 1) … (α + n − 1). Exactly 0, as is its gradient,
 * for n = 0.
 *
 * The difference of two log-gammas loses its digits where α is large beside n. Here α is raised by
 * `x = α + 8`, and the rest follows from Stirling's series s:
 *
 * `(x + n − ½) ln(1 + n/x) + n ln x − n + s(x + n) − s(x) − Σ_{i<8} ln(1 + n/(α + i))`
 *
 * Source: Abramowitz and Stegun 1964, "Handbook of mathematical functions", 6.1.41 and 6.1.22.
 *
 * @param alpha Positive; below 1e-18 or above 1e18 it counts as that
 * @param n At least 0, of the same shape; need not be whole. It counts as a constant
 * @param options `over`: a number β beside each α, of the same shape, whose n ln β is taken off: where
 * several of these are compared, that is what they have in common, and costs the digits. It counts as
 * a constant
 * @throws {TypeError} When one is not float32, or the shapes differ
 *
 * @example
 * ```ts
 * import { logRisingFactorial, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [value, none] = logRisingFactorial(tf.tensor1d([2, 7]), tf.tensor1d([3, 0])).dataSync();
 * assert.ok(Math.abs(value! - Math.log(2 * 3 * 4)) < 1e-6);
 * assert.equal(none, 0);
 * ```
 */
export function logRisingFactorial(
  alpha: tf.Tensor,
  n: tf.Tensor,
  { over }: { over?: tf.Tensor } = {},
): tf.Tensor {
  const op = "logRisingFactorial";
  checkFloat(op, { alpha, n, over });
  checkShape(op, "n", n, alpha.shape);
  checkShape(op, "over", over, alpha.shape);
  return differentiableOne({
    op,
    inputs: { alpha },
    forward: () => {
      const a = tf.clipByValue(alpha, LEAST, MOST);
      const x = tf.add(a, STEPS);
      const ratio = over === undefined ? x : tf.div(x, tf.clipByValue(over, LEAST, MOST));
      const stirling = tf.add(
        tf.sub(tf.mul(tf.sub(tf.add(x, n), 0.5), tf.log1p(tf.div(n, x))), n),
        tf.add(tf.mul(n, tf.log(ratio)), tf.sub(series(tf.add(x, n)), series(x))),
      );
      const steps = Array.from({ length: STEPS }, (_, i) => tf.log1p(tf.div(n, tf.add(a, i))));
      return { output: tf.sub(stirling, tf.addN(steps)), saved: [a, n] };
    },
    gradient: (dy, [a, n]) => ({
      alpha: () => {
        const x = tf.add(a, STEPS);
        const y = tf.add(x, n);
        const stirling = tf.add(
          tf.log1p(tf.div(n, x)),
          tf.sub(
            tf.div(tf.div(tf.mul(n, 0.5), x), y),
            tf.sub(seriesSlope(x), seriesSlope(y)),
          ),
        );
        const steps = Array.from({ length: STEPS }, (_, i) => {
          const z = tf.add(a, i);
          return tf.div(tf.div(n, z), tf.add(z, n));
        });
        return tf.mul(dy, tf.add(stirling, tf.addN(steps)));
      },
    }),
  });
}

/** 1/12x − 1/360x³ + 1/1260x⁵. */
function series(x: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(x);
  const square = tf.square(inverse);
  const inner = tf.sub(1 / 360, tf.mul(square, 1 / 1260));
  return tf.mul(inverse, tf.sub(1 / 12, tf.mul(square, inner)));
}

/** Its slope, −1/12x² + 1/120x⁴ − 1/252x⁶. */
function seriesSlope(x: tf.Tensor): tf.Tensor {
  const square = tf.square(tf.reciprocal(x));
  const inner = tf.sub(1 / 120, tf.mul(square, 1 / 252));
  return tf.mul(square, tf.sub(tf.mul(square, inner), 1 / 12));
}
