/**
 * Sums of products.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerKernel } from "./kernel.ts";

/** Registers the kernel of this file. */
export function registerEinsum(): void {
  registerKernel<tf.Tensor[], { equation: string }>(
    tf.Einsum,
    ({ inputs, attrs: { equation }, original }) => {
      // TensorFlow passes over a label of the output that no input has.
      const [given = "", wanted = ""] = equation.split("->");
      const unknown = /[a-z]/i.test(wanted) && [...wanted].some((label) => !given.includes(label));
      // tfjs says which.
      if (unknown) tf.backend_util.decodeEinsumEquation(equation, Object.keys(inputs).length);
      return original();
    },
  );
}
