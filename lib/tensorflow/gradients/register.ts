/**
 * Registering gradients, and what several of them need.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

export { integers } from "../raw.ts";

/** How to find the gradients of one kernel of tfjs. */
export type Gradient = {
  kernel: string;
  /** Inputs to keep; "all" of those that come as a list. @default {none} */
  inputs?: string[] | "all";
  /** Which outputs to keep. @default {none} */
  outputs?: boolean[];
  /**
   * The gradient of each input, as a function that is called only when it is wanted.
   *
   * @param dy The gradient of the output; of each output, where there are several
   * @param saved The inputs and outputs that were kept
   * @param attributes The kernel's attributes
   */
  // deno-lint-ignore no-explicit-any
  of(dy: any, saved: any, attributes: any): { [input: string]: () => tf.Tensor };
};

const registered: Gradient[] = [];

/** Registers a gradient in the place of tfjs's own. */
export function registerGradient(gradient: Gradient): void {
  registered.push(gradient);
  register(gradient);
}

/** Registers all gradients once more: tfjs-layers, when it is loaded, brings tfjs's own back. */
export function registerAgain(): void {
  registered.forEach(register);
}

function register({ kernel, inputs, outputs, of }: Gradient): void {
  tf.registerGradient({
    kernelName: kernel,
    inputsToSave: inputs === "all" ? undefined : inputs,
    saveAllInputs: inputs === "all",
    outputsToSave: outputs,
    gradFunc: of as unknown as tf.GradFunc,
  });
}

/** A function of a tensor. */
type Map = (x: tf.Tensor) => tf.Tensor;

/**
 * A linear function of a tensor, by ops that have no gradient of their own: each is the other's, so
 * that there are gradients of any order.
 *
 * @param adjoint Takes the gradient of the output to that of the input
 */
// deno-lint-ignore galaxykit/few-arguments -- a function and its adjoint
export function linear(x: tf.Tensor, map: Map, adjoint: Map): tf.Tensor {
  return tf.customGrad((x) => ({
    value: map(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => linear(dy, adjoint, map),
  }))(x);
}

/** Sums over the axes along which a tensor of this shape was repeated. */
export function sumToShape(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes(shape, x.shape);
  return tf.reshape(axes.length === 0 ? x : tf.sum(x, axes), shape);
}

/** Zeros: what does not change with an input by small steps has no other gradient. */
export function none(input: tf.Tensor): tf.Tensor {
  return tf.zeros(input.shape);
}

/** An axis counted from the front. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
