/**
 * Looking rows up by index, and adding to them.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { checkFloat, checkInteger, describe } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";

/**
 * Row `indices[...]` of a table, for each index.
 *
 * @param table [rows, channels]
 * @param indices int32 [...], each in [0, rows)
 * @returns [..., channels]
 * @throws {TypeError} When the indices are no int32
 *
 * @example
 * ```ts
 * import { embedding, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = embedding(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 1], "int32"));
 * assert.deepEqual([...y.dataSync()], [3, 4, 3, 4]);
 * ```
 */
export function embedding(table: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  checkFloat("embedding", { table }, [2]);
  return gather(table, indices);
}

/**
 * The slices of `x` along an axis that the indices name.
 *
 * @param x Of any shape
 * @param indices int32 of any shape, each in [0, length of the axis)
 * @returns x's shape with the axis replaced by the shape of the indices
 * @throws {TypeError} When the indices are no int32
 */
export function gather(
  x: tf.Tensor,
  indices: tf.Tensor,
  { axis = 0 }: {
    /** @default {0} */
    axis?: number;
  } = {},
): tf.Tensor {
  checkFloat("gather", { x });
  checkInteger("gather", "indices", indices);
  const at = axis < 0 ? axis + x.rank : axis;
  if (!(Number.isInteger(at) && at >= 0 && at < x.rank)) {
    throw new RangeError(
      `Cannot run gather: axis must be in [-${x.rank}, ${x.rank}), found ${axis}`,
    );
  }
  return differentiableOne({
    op: "gather",
    inputs: { x },
    forward: () => {
      const [output] = rawOp("GatherV2", [x, indices, tf.scalar(at, "int32")], {
        attributes: {
          Tparams: attribute.type("float32"),
          Tindices: attribute.type("int32"),
          Taxis: attribute.type("int32"),
        },
      });
      return { output, saved: [indices] };
    },
    gradient: (dy, [indices]) => ({
      x: () => {
        // The gathered axes first, then those before the axis, then those after.
        const gathered = indices.shape.map((_, i) => at + i);
        const others = dy.shape.map((_, i) => i).filter((i) => !gathered.includes(i));
        const rows = at === 0 ? dy : tf.transpose(dy, [...gathered, ...others]);
        const sums = sumByIndex(rows, indices, x.shape[at]!);
        if (at === 0) return sums;
        const back = x.shape.map((_, i) => i < at ? i + 1 : i === at ? 0 : i);
        return tf.transpose(sums, back);
      },
    }),
  });
}

/**
 * As {@linkcode gather} along axis 1, with indices of its own for each item of the batch.
 *
 * @param x [batch, length, ...]
 * @param indices int32 [batch, n], each in [0, length)
 * @returns [batch, n, ...]
 * @throws {TypeError} When the indices are not int32 [batch, n]
 *
 * @example
 * ```ts
 * import { batchGather, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = batchGather(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [0]], [2, 1], "int32"));
 * assert.deepEqual([...y.dataSync()], [2, 3]);
 * ```
 */
export function batchGather(x: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  checkInteger("batchGather", "indices", indices);
  if (x.rank < 2 || indices.rank !== 2 || indices.shape[0] !== x.shape[0]) {
    throw new TypeError(
      `Cannot run batchGather: it takes x [batch, length, ...] and indices [batch, n], found ${
        [x, indices].map(describe).join(" and ")
      }`,
    );
  }
  const [batch, length, ...rest] = x.shape as [number, number, ...number[]];
  return tf.tidy(() => {
    const starts = tf.range(0, batch * length, length, "int32").expandDims(1);
    return gather(x.reshape([batch * length, ...rest]), tf.add(indices, starts));
  });
}

/**
 * A copy of `x` to whose rows the updates are added; an index may come more than once.
 *
 * @param x [rows, ...]
 * @param indices int32 [n], each in [0, rows)
 * @param updates [n, ...]
 * @throws {TypeError} When the shapes do not fit
 *
 * @example
 * ```ts
 * import { scatterAdd, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = scatterAdd(tf.zeros([3]), tf.tensor1d([2, 2], "int32"), tf.tensor1d([1, 5]));
 * assert.deepEqual([...y.dataSync()], [0, 0, 6]);
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments -- tensors in the order of the formula
export function scatterAdd<T extends tf.Tensor>(
  x: T,
  indices: tf.Tensor,
  updates: tf.Tensor,
): T {
  checkFloat("scatterAdd", { x, updates });
  checkInteger("scatterAdd", "indices", indices);
  const fits = indices.rank === 1 &&
    String(updates.shape) === String([indices.size, ...x.shape.slice(1)]);
  if (!fits) {
    throw new TypeError(
      `Cannot run scatterAdd: updates must be [n, ...] for indices [n] and x [rows, ...], found ${
        [updates, indices, x].map(describe).join(", ")
      }`,
    );
  }
  return differentiableOne({
    op: "scatterAdd",
    inputs: { x, updates },
    forward: () => ({
      output: tf.add(x, sumByIndex(updates, indices, x.shape[0]!)),
      saved: [indices],
    }),
    gradient: (dy, [indices]) => ({
      x: () => dy.clone(),
      updates: () => gather(dy, indices),
    }),
  }) as T;
}

/** Sums the rows that have the same index: [...indices' shape, ...rest] to [count, ...rest]. */
function sumByIndex(rows: tf.Tensor, indices: tf.Tensor, count: number): tf.Tensor {
  return rawOp("UnsortedSegmentSum", [rows, indices, tf.scalar(count, "int32")], {
    attributes: {
      ...FLOAT,
      Tindices: attribute.type("int32"),
      Tnumsegments: attribute.type("int32"),
    },
  })[0];
}
