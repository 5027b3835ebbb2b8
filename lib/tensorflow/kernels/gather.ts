/**
 * tfjs's kernel GatherV2 without reading the indices: inside `jit` they have no values yet.
 *
 * An index that is out of range is refused, as ever; only what XLA compiles, or a graph on a GPU,
 * cannot refuse it: there it gives NaN (0 among whole numbers), neither the last row nor a 0.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Backend } from "../backend.ts";
import { Graph } from "../graph.ts";
import { attribute, rawOp } from "../raw.ts";
import { registerKernel } from "./kernel.ts";

type Inputs = { x: tf.Tensor; indices: tf.Tensor };
type Attributes = { axis: number; batchDims?: number };

/** GatherV2. */
export function registerGather(): void {
  registerKernel<Inputs, Attributes>(tf.GatherV2, ({ inputs: { x, indices }, attrs }) => {
    const { axis, batchDims = 0 } = attrs;
    const [at] = tf.util.parseAxisParam(axis, x.shape);
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, at!, batchDims);
    const backend = tf.backend() as unknown as Backend;
    const { executor } = backend.binding;
    const length = x.shape[at!]!;
    const isTraced = executor instanceof Graph;
    if (!isTraced && backend.isUsingGpuDevice) checkIndices(indices.dataSync(), length);
    const found = gather(x, indices, { axis: at!, batchDims });
    if (!isTraced || !executor.xla && !backend.isUsingGpuDevice) return found;
    const isIn = tf.logicalAnd(tf.greaterEqual(indices, 0), tf.less(indices, length));
    const lengths = [
      ...indices.shape.slice(0, batchDims),
      ...x.shape.slice(batchDims, at).map(() => 1),
      ...indices.shape.slice(batchDims),
      ...x.shape.slice(at! + 1).map(() => 1),
    ];
    const filling = x.dtype === "float32" ? tf.scalar(NaN) : tf.cast(0, x.dtype);
    return tf.where(tf.reshape(isIn, lengths), found, filling);
  });
}

function gather(x: tf.Tensor, indices: tf.Tensor, { axis, batchDims }: Required<Attributes>) {
  try {
    return rawOp("GatherV2", [x, indices, tf.scalar(axis, "int32")], {
      attributes: {
        batch_dims: attribute.int(batchDims),
        Tparams: attribute.type("float32"),
        Tindices: attribute.type("int32"),
        Taxis: attribute.type("int32"),
      },
    })[0];
  } catch (error) {
    // TensorFlow's own check, in tfjs's words.
    const index = /indices\S* = (-?\d+) is not in/.exec((error as Error).message)?.[1];
    if (index === undefined) throw error;
    throw outOfRange(index, x.shape[axis]!, error);
  }
}

function checkIndices(indices: ArrayLike<number>, length: number): void {
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!;
    if (!(index >= 0 && index < length)) throw outOfRange(index, length);
  }
}

function outOfRange(index: number | string, length: number, cause?: unknown): RangeError {
  return new RangeError(
    `Cannot run GatherV2: the index value ${index} is not in [0, ${length - 1}]`,
    { cause },
  );
}
