import { tf } from "galaxykit/tensorflow";
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
