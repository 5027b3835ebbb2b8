import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
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

Deno.test("raggedGather() refuses a rank that its inputs do not have", () => {
  const splits = tf.tensor1d([0, 1], "int32");
  const indices = tf.tensor1d([0], "int32");
  for (const [rank, given] of [[5, [splits]], [1.5, [splits]], [-1, [splits]], [0, []]] as const) {
    assert.throws(() => tf.raggedGather([...given] as never, tf.tensor1d([1]), indices, rank), {
      name: "RangeError",
      message:
        `Cannot run raggedGather: for indices of rank 1 outputRaggedRank must be one less than that and the row splits (at least one) together, found ${rank} with ${given.length} row splits`,
    });
  }
});
