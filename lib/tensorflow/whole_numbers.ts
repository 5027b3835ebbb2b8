/**
 * Lengths, places and counts are whole numbers: TensorFlow is handed them as int32 tensors, in which
 * 1.5 would become 1 and NaN 0.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

/**
 * The settings of tfjs's kernels that are whole numbers, or lists of them, and that travel as tensors:
 * TensorFlow's attributes are checked as they are set.
 */
const WHOLE = new Set([
  "axis",
  "batchDims",
  "begin",
  "blockShape",
  "blockSize",
  "cropSize",
  "crops",
  "depth",
  "dim",
  "dims",
  "end",
  "filterShape",
  "inputShape",
  "k",
  "maxOutputSize",
  "num",
  "numOrSizeSplits",
  "numSamples",
  "numSegments",
  "outputShape",
  "paddings",
  "perm",
  "reps",
  "shape",
  "size",
]);

/** @throws {RangeError} When one of the numbers, in lists of any depth, is not whole */
// deno-lint-ignore galaxykit/few-arguments
export function refuseFractions(op: string, name: string, value: unknown): void {
  if (typeof value === "number") {
    if (Number.isInteger(value)) return;
    throw new RangeError(
      `Cannot run ${op}: ${name} must be made of whole numbers, found ${value}; round it first`,
    );
  }
  if (Array.isArray(value)) value.forEach((part) => refuseFractions(op, name, part));
}

/** @throws {RangeError} When an attribute of a kernel that is whole numbers has others */
export function refuseFractionsOf(kernel: string, attributes: Record<string, unknown>): void {
  for (const name in attributes) {
    if (isWhole(kernel, name)) refuseFractions(kernel, name, attributes[name]);
  }
}

function isWhole(kernel: string, name: string): boolean {
  if (name === "strides") return kernel === tf.StridedSlice;
  return WHOLE.has(name) && kernel !== tf.DenseBincount; // It has bounds of its own
}
