import { tf } from "galaxykit/tensorflow";
import { testKernels } from "./reference.ts";

await testKernels({
  RaggedGather: ({ paramsNestedSplits, paramsDenseValues, indices }, { outputRaggedRank }) => {
    const { outputNestedSplits, outputDenseValues } = tf.raggedGather(
      paramsNestedSplits,
      paramsDenseValues,
      indices,
      outputRaggedRank,
    );
    return [...outputNestedSplits, outputDenseValues];
  },
  RaggedRange: ({ starts, limits, deltas }) => {
    const { rtNestedSplits, rtDenseValues } = tf.raggedRange(starts, limits, deltas);
    return [rtNestedSplits!, rtDenseValues!];
  },
  RaggedTensorToTensor: (
    { shape, values, defaultValue, rowPartitionTensors },
    { rowPartitionTypes },
  ) => tf.raggedTensorToTensor(shape, values, defaultValue, rowPartitionTensors, rowPartitionTypes),
}, { openShapes: ["RaggedGather", "RaggedRange", "RaggedTensorToTensor"] });
