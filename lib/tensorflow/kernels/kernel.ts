/**
 * Kernels: what carries out tfjs's ops. Those of the kit add to tfjs-node's, or stand in the place
 * of one. They are made of TensorFlow's ops, so that they work inside `jit`, too.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";

/** A call of a kernel. */
export type KernelCall<I, A> = {
  inputs: I;
  /** The settings that are no tensors. */
  attrs: A;
  /** Runs the kernel of tfjs-node in whose place this one stands, with other inputs or settings. */
  original(changed?: { inputs?: Partial<I>; attrs?: Partial<A> }): tf.Tensor;
};

const BACKEND = "tensorflow";

/** Registers a kernel, in the place of tfjs-node's where it has one. */
export function registerKernel<I = { x: tf.Tensor }, A = Record<string, never>>(
  kernelName: string,
  compute: (call: KernelCall<I, A>) => tf.Tensor | tf.Tensor[],
): void {
  const replaced = tf.getKernel(kernelName, BACKEND);
  if (replaced !== undefined) tf.unregisterKernel(kernelName, BACKEND);
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc({ inputs, attrs, backend }) {
      function original(changed: { inputs?: Partial<I>; attrs?: Partial<A> } = {}): tf.Tensor {
        return replaced.kernelFunc({
          inputs: changed.inputs === undefined ? inputs : { ...inputs, ...changed.inputs },
          attrs: { ...attrs, ...changed.attrs },
          backend,
        }) as tf.Tensor;
      }
      return tf.tidy(() => compute({ inputs: inputs as I, attrs: attrs as A, original }));
    },
  });
}

/** Whole numbers in 64 bits, which tfjs takes for int32, too. */
export function toInt64(x: tf.Tensor): tf.Tensor {
  return rawOp("Cast", [x], { attributes: { DstT: attribute.type("int64") } })[0];
}

/** Whole numbers in 32 bits. */
export function toInt32(x: tf.Tensor): tf.Tensor {
  return rawOp("Cast", [x], { attributes: { DstT: attribute.type("int32") } })[0];
}

/** @throws {RangeError} When a setting is no whole number from `least` to `most` */
export function checkWhole(
  op: string,
  setting: Record<string, number>,
  { least = 0, most = 2 ** 31 - 1 }: { least?: number; most?: number } = {},
): void {
  for (const [name, value] of Object.entries(setting)) {
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new RangeError(
      `Cannot run ${op}: ${name} must be a whole number from ${least} to ${most}, found ${value}`,
    );
  }
}

/** @throws {RangeError} When a setting is none of the choices */
// deno-lint-ignore galaxykit/few-arguments
export function checkChoice(
  op: string,
  setting: Record<string, string>,
  choices: readonly string[],
): void {
  for (const [name, value] of Object.entries(setting)) {
    if (choices.includes(value)) continue;
    throw new RangeError(
      `Cannot run ${op}: ${name} must be one of ${choices.join(", ")}, found ${value}`,
    );
  }
}
