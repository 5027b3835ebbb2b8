/**
 * Sparse tensors: values and their places. TensorFlow has their indices in 64 bits, tfjs in 32.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { registerKernel, toInt32, toInt64 } from "./kernel.ts";

type Fill = Record<"indices" | "values" | "denseShape" | "defaultValue", tf.Tensor>;
type Reshape = Record<"inputIndices" | "inputShape" | "newShape", tf.Tensor>;
type Segments = Record<"data" | "indices" | "segmentIds", tf.Tensor>;

/** Registers the kernels of this file. */
export function registerSparse(): void {
  registerKernel<Fill>(
    tf.SparseFillEmptyRows,
    ({ inputs: { indices, values, denseShape, defaultValue } }) => {
      const [places, filled, isEmpty, reverse] = rawOp("SparseFillEmptyRows", [
        toInt64(indices),
        values,
        toInt64(denseShape),
        defaultValue,
      ], { outputs: 4 });
      return [toInt32(places), filled!, isEmpty!, toInt32(reverse!)];
    },
  );

  registerKernel<Reshape>(
    tf.SparseReshape,
    ({ inputs: { inputIndices, inputShape, newShape } }) =>
      rawOp(
        "SparseReshape",
        [inputIndices, inputShape, newShape].map((tensor) => toInt64(tensor)),
        { outputs: 2 },
      ).map(narrow),
  );

  // TensorFlow takes the mean of fractions only; tfjs's of whole numbers is cut off.
  registerKernel<Segments>(
    tf.SparseSegmentMean,
    ({ inputs: { data, indices, segmentIds } }) => {
      const numbers = data.dtype === "int32" ? tf.cast(data, "float32") : data;
      const [mean] = rawOp("SparseSegmentMean", [numbers, indices, segmentIds]);
      return data.dtype === "int32" ? tf.cast(mean, "int32") : mean;
    },
  );

  registerKernel<Segments>(
    tf.SparseSegmentSum,
    ({ inputs: { data, indices, segmentIds } }) =>
      rawOp("SparseSegmentSum", [data, indices, segmentIds])[0],
  );
}

/** Whole numbers in 32 bits, or an error where they do not fit: TensorFlow cuts them off. */
function narrow(x: tf.Tensor): tf.Tensor {
  const short = toInt32(x);
  const lost = rawOp("Cast", [rawOp("Sub", [x, toInt64(short)])[0]], {
    attributes: { DstT: attribute.type("float32") },
  })[0];
  // 0 where nothing is lost; infinite, which CheckNumerics refuses, where something is.
  const check = rawOp("CheckNumerics", [
    rawOp("SelectV2", [tf.notEqual(lost, 0), tf.scalar(Infinity), tf.zerosLike(lost)])[0],
  ], {
    attributes: { message: attribute.string("a number that does not fit into int32") },
  })[0];
  return tf.add(short, tf.cast(check, "int32"));
}
