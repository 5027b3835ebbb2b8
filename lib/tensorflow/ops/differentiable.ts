/**
 * Giving TensorFlow's own ops a gradient.
 *
 * @module
 */

import { tf } from "../engine.ts";

/** An op with a gradient: `N` are the names of its inputs, `S` what it keeps for the gradient. */
export type Differentiable<N extends string, S extends readonly tf.Tensor[]> = {
  /** Its name, for messages. */
  op: string;
  /** The tensors that can have a gradient; those that are undefined are left out. */
  inputs: { [K in N]: tf.Tensor | undefined };
  /** Computes the outputs. What it runs leaves no trace on tfjs's tape. */
  forward: () => { outputs: readonly tf.Tensor[]; saved: S };
  /**
   * The gradient of each input that was given, as a function that is called only when it is wanted.
   *
   * @param dy The gradient of each output
   */
  gradient: (dy: readonly tf.Tensor[], saved: S) => { [K in N]: () => tf.Tensor };
};

type NamedTensors = { [name: string]: tf.Tensor };

/** The part of tfjs's engine under `tf.customGrad`, which knows only one output. */
type OpenEngine = {
  state: { gradientDepth: number };
  runKernelFunc(op: {
    inputs: NamedTensors;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
    backwardsFunc: (
      dy: tf.Tensor | tf.Tensor[],
      saved: tf.Tensor[],
    ) => { [name: string]: () => tf.Tensor };
  }): tf.Tensor[];
};

/**
 * Runs an op that brings its own gradient; only first gradients are defined.
 *
 * @returns Its outputs
 */
export function differentiable<N extends string, const S extends readonly tf.Tensor[]>(
  { op, inputs, forward, gradient }: Differentiable<N, S>,
): tf.Tensor[] {
  const engine = tf.engine() as unknown as OpenEngine;
  const given = Object.entries<tf.Tensor | undefined>(inputs).filter(([, tensor]) => tensor);
  return engine.runKernelFunc({
    inputs: Object.fromEntries(given) as NamedTensors,
    forwardFunc: (_backend, save) => {
      const { outputs, saved } = forward();
      save([...saved]);
      return [...outputs];
    },
    backwardsFunc: (dy, saved) => {
      if (engine.state.gradientDepth > 0) {
        throw new TypeError(
          `Cannot take a second gradient of ${op}: only its first gradient is defined; compose it of the ops of tf instead`,
        );
      }
      return gradient(Array.isArray(dy) ? dy : [dy], saved as unknown as S);
    },
  });
}

/** As {@linkcode differentiable}, for an op with one output. */
export function differentiableOne<N extends string, const S extends readonly tf.Tensor[]>(
  { forward, gradient, ...rest }: Omit<Differentiable<N, S>, "forward" | "gradient"> & {
    forward: () => { output: tf.Tensor; saved: S };
    gradient: (dy: tf.Tensor, saved: S) => { [K in N]: () => tf.Tensor };
  },
): tf.Tensor {
  return differentiable<N, S>({
    ...rest,
    forward: () => {
      const { output, saved } = forward();
      return { outputs: [output], saved };
    },
    gradient: ([dy], saved) => gradient(dy!, saved),
  })[0]!;
}
