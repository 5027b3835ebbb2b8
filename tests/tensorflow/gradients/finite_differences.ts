/**
 * Compares the gradients of a function with finite differences: eager and traced, the first and the
 * second.
 *
 * @module
 */

import assert from "node:assert/strict";
import { jit, key, tf, uniform } from "galaxykit/tensorflow";
import type { Case } from "./cases.ts";

type Loss = (...xs: tf.Tensor[]) => tf.Scalar;

/** Largest error, relative to the value or to 1 if that is larger. */
const TOLERANCE = 2e-3;

/** @throws {AssertionError} Naming the mode, the order and the input */
export function checkGradients({ f, shapes, range, apart, first, eager }: Case): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const inputs = inputsOf(shapes, { range, apart });
    const y = f(...inputs as never[]);
    const weights = drawn(20, y.shape, [0.5, 1.5]);
    const directions = inputs.map((x, at) => drawn(40 + at, x.shape, [-1, 1]));
    // Squares, so that linear functions have a second gradient, too.
    const loss: Loss = (...xs) => {
      const y = f(...xs as never[]);
      return tf.sum(tf.mul(y, tf.add(weights, tf.mul(y, 0.5))));
    };
    /** The change of the loss along all directions. */
    const slope: Loss = (...xs) =>
      tf.addN(tf.grads(loss)(xs).map((dx, at) => tf.sum(tf.mul(dx, directions[at]!))));
    check("first", loss);
    if (first === undefined) check("second", slope);

    function check(order: string, loss: Loss): void {
      const traced = jit((xs: tf.Tensor[]) => tf.grads(loss)(xs));
      const wanted = inputs.map((_, at) => difference(loss, at));
      const modes = { eager: tf.grads(loss), ...eager === undefined ? { traced } : {} };
      for (const [mode, run] of Object.entries(modes)) {
        run(inputs).forEach((gradient, at) => {
          assert.deepEqual(gradient.shape, inputs[at]!.shape);
          const found = tf.sum(tf.mul(gradient, directions[at]!)).dataSync()[0]!;
          assert.ok(
            Math.abs(found - wanted[at]!) <= TOLERANCE * Math.max(1, Math.abs(wanted[at]!)),
            `${order} gradient, ${mode}, input ${at}: ${found}, by differences ${wanted[at]}`,
          );
        });
      }
      traced.dispose();
    }

    /** Richardson's, of the fourth order. */
    function difference(loss: Loss, at: number): number {
      const value = (step: number) =>
        loss(
          ...inputs.map((x, other) => other === at ? tf.add(x, tf.mul(directions[at]!, step)) : x),
        ).dataSync()[0]!;
      const central = (step: number) => (value(step) - value(-step)) / (2 * step);
      return (4 * central(0.01) - central(0.02)) / 3;
    }
  });
  assert.equal(tf.memory().numTensors, before, "tensors leaked");
}

function drawn(seed: number, shape: readonly number[], [minimum, maximum]: readonly number[]) {
  return uniform(key(seed), [...shape] as never, { minimum, maximum }) as tf.Tensor;
}

function inputsOf(
  shapes: Case["shapes"],
  { range = [-2, 2], apart = false }: Partial<Case>,
): tf.Tensor[] {
  if (!apart) return shapes.map((shape, at) => drawn(100 + at, shape, range));
  const sizes = shapes.map((shape) => shape.reduce((product, length) => product * length, 1));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const [low, high] = range;
  // A permutation of evenly spaced numbers, none of them near 0.
  const step = (high - low) / all;
  const factor = [7, 11, 13, 17].find((prime) => all % prime !== 0)!;
  let next = 0;
  return shapes.map((shape, at) => {
    const values = Array.from({ length: sizes[at]! }, () => {
      const value = low + step * (((next++ * factor) % all) + 0.5);
      return Math.abs(value) < 0.05 ? 0.08 : value;
    });
    return tf.tensor(values, [...shape]);
  });
}
