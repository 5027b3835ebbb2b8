import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testKernels } from "./reference.ts";

await testKernels({
  SparseFillEmptyRows: ({ indices, values, denseShape, defaultValue }) => {
    const { outputIndices, outputValues, emptyRowIndicator, reverseIndexMap } = tf.sparse
      .sparseFillEmptyRows(indices, values, denseShape, defaultValue);
    return [outputIndices!, outputValues!, emptyRowIndicator!, reverseIndexMap!];
  },
  SparseReshape: ({ inputIndices, inputShape, newShape }) => {
    const { outputIndices, outputShape } = tf.sparse.sparseReshape(
      inputIndices,
      inputShape,
      newShape,
    );
    return [outputIndices!, outputShape!];
  },
  SparseSegmentMean: ({ data, indices, segmentIds }) =>
    tf.sparse.sparseSegmentMean(data, indices, segmentIds),
  SparseSegmentSum: ({ data, indices, segmentIds }) =>
    tf.sparse.sparseSegmentSum(data, indices, segmentIds),
}, { openShapes: ["SparseFillEmptyRows", "SparseSegmentMean", "SparseSegmentSum"] });

Deno.test("sparseReshape() refuses places and lengths past int32, at once and traced", () => {
  const places = tf.tensor2d([[65535, 65535]], [1, 2], "int32");
  const reshape = (shape: number[]) => {
    const { outputIndices, outputShape } = tf.sparse.sparseReshape(places, [65536, 65536], shape);
    return [outputIndices!, outputShape!];
  };
  for (const run of [reshape, jit(reshape)]) {
    assert.throws(() => run([-1]), {
      name: "TensorFlowError",
      message: /a number that does not fit into int32/,
    });
    assert.deepEqual(run([65536, -1]).map((y) => [...y.dataSync()]), [[65535, 65535], [
      65536,
      65536,
    ]]);
  }
});
