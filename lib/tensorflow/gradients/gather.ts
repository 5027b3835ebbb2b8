/**
 * Gradients of reading and writing by index.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { none, positiveAxis, registerGradient } from "./register.ts";

registerGradient({
  kernel: tf.GatherV2,
  inputs: ["x", "indices"],
  of: (dy: tf.Tensor, [x, indices]: tf.Tensor[], { axis, batchDims = 0 }) => ({
    x: () => {
      // [batch, before, gathered, after] to [batch, gathered, before, after], summed by index.
      const at = positiveAxis(axis, x!.rank);
      const [batch, before, after] = [
        x!.shape.slice(0, batchDims),
        x!.shape.slice(batchDims, at),
        x!.shape.slice(at + 1),
      ];
      const gathered = indices!.rank - batchDims;
      const order = [
        ...range(0, batchDims),
        ...range(at, at + gathered),
        ...range(batchDims, at),
        ...range(at + gathered, dy.rank),
      ];
      const [items, length] = [tf.util.sizeFromShape(batch), x!.shape[at]!];
      const rows = tf.reshape(tf.transpose(dy, order), [indices!.size, ...before, ...after]);
      const starts = integers(range(0, items).map((item) => item * length), [items, 1]);
      const places = tf.add(tf.reshape(indices!, [items, -1]), starts);
      const sums = tf.unsortedSegmentSum(rows, tf.reshape(places, [-1]), items * length);
      const apart = tf.reshape(sums, [...batch, length, ...before, ...after]);
      const back = [
        ...range(0, batchDims),
        ...range(batchDims + 1, at + 1),
        batchDims,
        ...range(at + 1, x!.rank),
      ];
      return tf.transpose(apart, back);
    },
    indices: () => none(indices!),
  }),
});

registerGradient({
  kernel: tf.UnsortedSegmentSum,
  inputs: ["x", "segmentIds"],
  of: (dy: tf.Tensor, [x, ids]: tf.Tensor[]) => ({
    x: () => {
      // A row of a negative segment counts nowhere.
      const isCounted = tf.greaterEqual(ids!, tf.scalar(0, "int32"));
      const rows = tf.gather(dy, tf.maximum(ids!, tf.scalar(0, "int32")));
      const mask = tf.reshape(isCounted, x!.shape.map((length, at) => at === 0 ? length : 1));
      return tf.where(mask, rows, tf.zerosLike(rows));
    },
    segmentIds: () => none(ids!),
  }),
});

registerGradient({
  kernel: tf.GatherNd,
  inputs: ["params", "indices"],
  of: (dy: tf.Tensor, [params, indices]: tf.Tensor[]) => ({
    params: () => tf.scatterND(indices!, dy, params!.shape),
    indices: () => none(indices!),
  }),
});

registerGradient({
  kernel: tf.ScatterNd,
  inputs: ["indices"],
  of: (dy: tf.Tensor, [indices]: tf.Tensor[]) => ({
    updates: () => tf.gatherND(dy, indices!),
    indices: () => none(indices!),
  }),
});

registerGradient({
  kernel: tf.TensorScatterUpdate,
  inputs: ["indices", "updates"],
  of: (dy: tf.Tensor, [indices, updates]: tf.Tensor[]) => ({
    tensor: () => tf.tensorScatterUpdate(dy, indices!, tf.zerosLike(updates!)),
    updates: () => tf.gatherND(dy, indices!),
    indices: () => none(indices!),
  }),
});

registerGradient({
  kernel: tf.SparseToDense,
  inputs: ["sparseIndices", "sparseValues"],
  of: (dy: tf.Tensor, [indices, values]: tf.Tensor[]) => {
    // Of numbers, which are places along the one axis, or of rows of an index for each axis.
    const places = () => indices!.rank === 2 ? indices! : tf.reshape(indices!, [-1, 1]);
    return {
      sparseIndices: () => none(indices!),
      sparseValues: () => {
        const read = tf.gatherND(dy, places());
        return values!.rank === 0 ? tf.sum(read) : tf.reshape(read, values!.shape);
      },
      defaultValue: () => {
        const count = places().shape[0]!;
        return tf.sum(tf.tensorScatterUpdate(dy, places(), tf.zeros([count])));
      },
    };
  },
});

for (const kernel of [tf.SparseSegmentSum, tf.SparseSegmentMean]) {
  registerGradient({
    kernel,
    inputs: ["data", "indices", "segmentIds"],
    of: (dy: tf.Tensor, [data, indices, ids]: tf.Tensor[]) => ({
      data: () => {
        const places = indices as tf.Tensor1D;
        const segments = ids as tf.Tensor1D;
        let rows = tf.gather(dy, segments);
        if (kernel === tf.SparseSegmentMean) {
          const counts = tf.unsortedSegmentSum(tf.ones([ids!.size]), segments, dy.shape[0]!);
          const shares = tf.div(1, tf.gather(counts, segments));
          rows = tf.mul(rows, tf.reshape(shares, rows.shape.map((n, at) => at === 0 ? n : 1)));
        }
        return tf.unsortedSegmentSum(rows, places, data!.shape[0]!);
      },
      indices: () => none(indices!),
      segmentIds: () => none(ids!),
    }),
  });
}

/** The places of the largest values take their gradients. */
registerGradient({
  kernel: tf.TopK,
  inputs: ["x"],
  outputs: [false, true],
  of: ([dy]: tf.Tensor[], [x, indices]: tf.Tensor[]) => ({
    x: () => {
      const length = x!.shape[x!.rank - 1]!;
      const rows = x!.size / length;
      const starts = integers(range(0, rows).map((row) => row * length), [rows, 1]);
      const places = tf.add(tf.reshape(indices!, [rows, -1]), starts);
      const sums = tf.unsortedSegmentSum(
        tf.reshape(dy!, [-1]),
        tf.reshape(places, [-1]) as tf.Tensor1D,
        x!.size,
      );
      return tf.reshape(sums, x!.shape);
    },
  }),
});

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(end - start, 0) }, (_, at) => start + at);
}

function integers(values: number[], shape: number[]): tf.Tensor {
  return tf.tensor(values, shape, "int32");
}
