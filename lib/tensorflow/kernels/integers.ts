/**
 * Ops on whole numbers: bits, counts, places in a sorted list.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { checkChoice, checkWhole, registerKernel } from "./kernel.ts";

const BOUNDS = { left: "LowerBound", right: "UpperBound" };

/** Registers the kernels of this file. */
export function registerIntegers(): void {
  registerKernel<{ a: tf.Tensor; b: tf.Tensor }>(
    tf.BitwiseAnd,
    ({ inputs: { a, b } }) => rawOp("BitwiseAnd", [a, b])[0],
  );

  registerKernel<{ x: tf.Tensor; weights: tf.Tensor }, { size: number; binaryOutput: boolean }>(
    tf.DenseBincount,
    ({ inputs: { x, weights }, attrs: { size, binaryOutput } }) => {
      checkWhole("denseBincount", { size });
      return rawOp("DenseBincount", [x, tf.scalar(size, "int32"), weights], {
        attributes: { binary_output: attribute.bool(binaryOutput) },
      })[0];
    },
  );

  registerKernel<{ sortedSequence: tf.Tensor; values: tf.Tensor }, { side: "left" | "right" }>(
    tf.SearchSorted,
    ({ inputs: { sortedSequence, values }, attrs: { side } }) => {
      checkChoice("searchSorted", { side }, Object.keys(BOUNDS));
      return rawOp(BOUNDS[side], [sortedSequence, values], {
        attributes: { out_type: attribute.type("int32") },
      })[0];
    },
  );
}
