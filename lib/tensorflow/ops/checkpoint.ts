/**
 * Gradient checkpointing: memory for time.
 *
 * @module
 */

import { backend, tf } from "../engine.ts";
import { activeGraph } from "../trace.ts";
import { differentiableOne } from "./differentiable.ts";

/**
 * Runs `f` without keeping what its gradient will need; the gradient runs `f` again
 * (https://arxiv.org/abs/1604.06174).
 *
 * `f` must give the same result both times: draw randomness in it from keys, and assign no
 * variables in it.
 *
 * @param f A function of tensors with one tensor as result
 * @param inputs Its arguments
 *
 * @example
 * ```ts
 * import { checkpoint, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const gradient = tf.grad((x) => checkpoint(([x]) => tf.square(tf.square(x!)), [x]));
 * assert.equal(gradient(tf.scalar(2)).dataSync()[0], 32);
 * ```
 */
export function checkpoint<T extends tf.Tensor>(
  f: (inputs: tf.Tensor[]) => T,
  inputs: readonly tf.Tensor[],
  { variables = [], constants = [] }: {
    /** The variables that `f` uses: the others get no gradient. @default {[]} */
    variables?: readonly tf.Variable[];
    /** What `f` is given after the inputs, and has no gradient, such as a key. @default {[]} */
    constants?: readonly tf.Tensor[];
  } = {},
): T {
  const arguments_ = Object.fromEntries(inputs.map((input, index) => [`input${index}`, input]));
  const parameters = Object.fromEntries(variables.map((v, index) => [`variable${index}`, v]));
  return differentiableOne({
    op: "checkpoint",
    inputs: { ...arguments_, ...parameters },
    forward: () => ({
      output: f([...inputs, ...constants]),
      saved: [...inputs, ...constants],
    }),
    gradient: (dy, kept) => {
      const saved = kept.slice(0, inputs.length);
      const again = () =>
        withOwnTape(() =>
          tf.engine().gradients(() => f([...kept]), [...saved, ...variables], dy, true).grads
        );
      const graph = activeGraph();
      // TensorFlow would merge the second run with the first, and so keep everything after all:
      // let it wait for the gradient.
      const grads = graph === undefined ? again() : graph.after(backend().handleOf(dy), again);
      const names = [...Object.keys(arguments_), ...Object.keys(parameters)];
      return Object.fromEntries(
        names.map((
          name,
          index,
        ) => [name, () => gradientOr0(grads[index], saved, variables, index)]),
      );
    },
  }) as T;
}

/** tfjs takes the gradient that it is busy with for finished when an inner one ends. */
function withOwnTape<T>(body: () => T): T {
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    return body();
  } finally {
    state.activeTape = outer;
  }
}

/** tfjs leaves out the gradient of what has no part in the result. */
function gradientOr0(
  gradient: tf.Tensor | null | undefined,
  saved: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
  index: number,
): tf.Tensor {
  return gradient?.clone() ?? tf.zerosLike([...saved, ...variables][index]!);
}
