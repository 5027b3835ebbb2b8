/**
 * Ragged tensors: rows of different lengths, as one list of values and the places where rows begin.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { registerKernel } from "./kernel.ts";

const INT32 = attribute.type("int32");

/** Registers the kernels of this file. */
export function registerRagged(): void {
  registerKernel<
    { paramsNestedSplits: tf.Tensor[]; paramsDenseValues: tf.Tensor; indices: tf.Tensor },
    { outputRaggedRank: number }
  >(
    tf.RaggedGather,
    ({ inputs: { paramsNestedSplits, paramsDenseValues, indices }, attrs }) => {
      // With another rank TensorFlow ends the process, on a failed check.
      const rank = indices.rank + paramsNestedSplits.length - 1;
      if (paramsNestedSplits.length === 0 || attrs.outputRaggedRank !== rank) {
        throw new RangeError(
          `Cannot run raggedGather: for indices of rank ${indices.rank} outputRaggedRank must be one less than that and the row splits (at least one) together, found ${attrs.outputRaggedRank} with ${paramsNestedSplits.length} row splits`,
        );
      }
      return rawOp("RaggedGather", [...paramsNestedSplits, paramsDenseValues, indices], {
        attributes: {
          Tvalues: attribute.type(paramsDenseValues.dtype),
          Tindices: INT32,
          Tsplits: INT32,
          PARAMS_RAGGED_RANK: attribute.int(paramsNestedSplits.length),
          OUTPUT_RAGGED_RANK: attribute.int(attrs.outputRaggedRank),
        },
        outputs: attrs.outputRaggedRank + 1,
      });
    },
  );

  registerKernel<{ starts: tf.Tensor; limits: tf.Tensor; deltas: tf.Tensor }>(
    tf.RaggedRange,
    ({ inputs: { starts, limits, deltas } }) =>
      rawOp("RaggedRange", [starts, limits, deltas], {
        attributes: { Tsplits: INT32 },
        outputs: 2,
      }),
  );

  registerKernel<
    {
      shape: tf.Tensor;
      values: tf.Tensor;
      defaultValue: tf.Tensor;
      rowPartitionTensors: tf.Tensor[];
    },
    { rowPartitionTypes: string[] }
  >(
    tf.RaggedTensorToTensor,
    ({ inputs: { shape, values, defaultValue, rowPartitionTensors }, attrs }) =>
      rawOp("RaggedTensorToTensor", [shape, values, defaultValue, ...rowPartitionTensors], {
        attributes: {
          T: attribute.type(values.dtype),
          Tindex: INT32,
          Tshape: INT32,
          num_row_partition_tensors: attribute.int(rowPartitionTensors.length),
          row_partition_types: attribute.string(attrs.rowPartitionTypes),
        },
      })[0],
  );
}
