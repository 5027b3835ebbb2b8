/**
 * Drawing numbers.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, integers, rawOp } from "../raw.ts";
import { checkWhole, registerKernel } from "./kernel.ts";

/** Registers the kernels of this file. */
export function registerSampling(): void {
  // TensorFlow's Multinomial goes on where it was at each call of the same seed.
  registerKernel<
    { logits: tf.Tensor },
    { numSamples: number; seed: number; normalized: boolean }
  >(
    tf.Multinomial,
    ({ inputs: { logits }, attrs: { numSamples, seed, normalized } }) => {
      checkWhole("multinomial", { numSamples });
      const given = normalized ? tf.log(logits) : logits;
      // TensorFlow draws a number past the last for a row without a finite largest logit.
      const isNone = tf.logicalOr(
        tf.any(tf.isNaN(given)),
        tf.any(tf.logicalNot(tf.isFinite(tf.max(given, 1)))),
      );
      if (isNone.dataSync()[0]) {
        throw new RangeError(
          "Cannot run multinomial: each row wants logits that are numbers, the largest of them finite; found a row with NaN, or without a finite largest",
        );
      }
      const words = new Int32Array(Float64Array.of(seed).buffer);
      return rawOp("StatelessMultinomial", [
        given,
        tf.scalar(numSamples, "int32"),
        integers([...words]),
      ], { attributes: { output_dtype: attribute.type("int32") } })[0];
    },
  );
}
