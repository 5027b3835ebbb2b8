/**
 * Drawing numbers.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, integers, rawOp } from "../raw.ts";
import { registerKernel } from "./kernel.ts";

/** Registers the kernels of this file. */
export function registerSampling(): void {
  // TensorFlow's Multinomial goes on where it was at each call of the same seed.
  registerKernel<
    { logits: tf.Tensor },
    { numSamples: number; seed: number; normalized: boolean }
  >(
    tf.Multinomial,
    ({ inputs: { logits }, attrs: { numSamples, seed, normalized } }) => {
      const words = new Int32Array(Float64Array.of(seed).buffer);
      return rawOp("StatelessMultinomial", [
        normalized ? tf.log(logits) : logits,
        tf.scalar(numSamples, "int32"),
        integers([...words]),
      ], { attributes: { output_dtype: attribute.type("int32") } })[0];
    },
  );
}
