/**
 * Scaled dot-product attention.
 *
 * @module
 */

import { refuseOutside } from "../../options.ts";
import { backend, tf } from "../engine.ts";
import { FLOAT, rawOp } from "../raw.ts";
import { dropout, type Key } from "../random.ts";
import { activeGraph } from "../trace.ts";
import { checkFloat, describe } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { batchMatMul } from "./linear.ts";

/** Settings of {@linkcode scaledDotProductAttention}. */
export type AttentionOptions = {
  /**
   * Broadcast to [..., queries, keys]. Boolean: true where a query may look at a key. float32:
   * added to the scores. A query that may look at no key gives NaN. @default {none}
   */
  mask?: tf.Tensor;
  /** Whether query i may look only at keys 0 to i. @default {false} */
  causal?: boolean;
  /** Multiplies the scores. @default {1 / √dim} */
  scale?: number;
  /** Drops weights of the attention, in training. @default {none} */
  dropout?: { rate: number; key: Key };
  /**
   * The most scores in memory at once: where there are more, the queries have their turn in slices
   * (Rabe and Staats 2021, arXiv:2112.05682), in the gradient, too, which computes them again, so that
   * memory grows with their number, not its square. Dropped or causal attention is never sliced.
   *
   * @default {2^26, 268 MB}
   */
  maxScores?: number;
};

/**
 * softmax(scale · q kᵀ + mask) · v (https://arxiv.org/abs/1706.03762).
 *
 * @param q [..., queries, dim], usually [batch, heads, queries, dim]
 * @param k [..., keys, dim]
 * @param v [..., keys, values]
 * @returns [..., queries, values]
 * @throws {TypeError} When the shapes do not fit
 *
 * @example
 * ```ts
 * import { scaledDotProductAttention, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const q = tf.zeros([1, 1, 1, 4]);
 * const v = tf.tensor4d([2, 4], [1, 1, 2, 1]);
 * const y = scaledDotProductAttention(q, tf.zeros([1, 1, 2, 4]), v);
 * assert.equal(y.dataSync()[0], 3); // equal scores: the mean
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments -- tensors in the order of the formula
export function scaledDotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { mask, causal = false, scale, dropout: drop, maxScores = 2 ** 26 }: AttentionOptions = {},
): tf.Tensor {
  checkFloat("scaledDotProductAttention", { q, k, v });
  const [queries, dim] = q.shape.slice(-2) as [number, number];
  const keys = k.shape[k.rank - 2]!;
  const lead = String(q.shape.slice(0, -2));
  if (
    q.rank < 2 || k.rank !== q.rank || v.rank !== q.rank || k.shape[k.rank - 1] !== dim ||
    v.shape[v.rank - 2] !== keys || [k, v].some(({ shape }) => String(shape.slice(0, -2)) !== lead)
  ) {
    throw new TypeError(
      `Cannot run scaledDotProductAttention: q [..., queries, dim], k [..., keys, dim] and v [..., keys, values] must fit, found ${
        [q, k, v].map(describe).join(", ")
      }`,
    );
  }
  refuseOutside({ scale, maxScores }, { scale: "(-∞, ∞)", maxScores: "[1, ∞]" }, {
    what: "run scaledDotProductAttention",
  });
  const rows = Math.max(1, Math.floor(maxScores / (q.size / dim / queries * keys)));
  const factor = scale ?? 1 / Math.sqrt(dim);
  return tf.tidy(() => {
    const bias = causal ? add(additive(mask), causalMask(queries, keys)) : additive(mask);
    if (rows < queries && !causal && drop === undefined) {
      return inSlices({ q, k, v, bias }, { factor, rows });
    }
    return differentiableOne({
      op: "scaledDotProductAttention",
      inputs: { q, k, v, mask: bias },
      forward: () => {
        const weights = weigh(q, k, { bias, factor });
        const kept = drop === undefined ? weights : dropout(drop.key, weights, drop);
        const output = batchMatMul(kept, v);
        return {
          output,
          saved: drop ? [q, k, v, output, weights, drop.key] : [q, k, v, output, weights],
        };
      },
      gradient: (dy, [q, k, v, output, weights, key]) => {
        // Σ over keys of weight · dweight is the same as Σ over values of y · dy.
        const delta = tf.sum(tf.mul(dy, output), -1, true);
        const dropped = (x: tf.Tensor) => drop ? dropout(key as Key, x, drop) : x;
        const dWeights = dropped(batchMatMul(dy, v, { transposeB: true }));
        const dScores = tf.mul(weights, tf.sub(dWeights, delta));
        return {
          q: () => tf.mul(batchMatMul(dScores, k), factor),
          k: () => tf.mul(batchMatMul(dScores, q, { transposeA: true }), factor),
          v: () => batchMatMul(dropped(weights), dy, { transposeA: true }),
          mask: () => sumTo(dScores, bias!.shape),
        };
      },
    });
  });
}

/**
 * The attention of `rows` queries after the other. Their gradient computes the weights again, so that
 * never more than those of one slice are there.
 */
function inSlices(
  { q, k, v, bias }: { q: tf.Tensor; k: tf.Tensor; v: tf.Tensor; bias?: tf.Tensor },
  { factor, rows }: { factor: number; rows: number },
): tf.Tensor {
  const queries = q.shape[q.rank - 2]!;
  const firsts = Array.from({ length: Math.ceil(queries / rows) }, (_, index) => index * rows);
  const isBiasSliced = bias !== undefined && bias.rank > 1 && bias.shape[bias.rank - 2] !== 1;
  const slice = (x: tf.Tensor, first: number) => {
    const [begin, size] = [x.shape.map(() => 0), [...x.shape]];
    begin[x.rank - 2] = first;
    size[x.rank - 2] = Math.min(rows, queries - first);
    return tf.slice(x, begin, size);
  };
  const biasOf = (bias: tf.Tensor | undefined, first: number) =>
    bias && isBiasSliced ? slice(bias, first) : bias;
  return differentiableOne({
    op: "scaledDotProductAttention",
    inputs: { q, k, v, mask: bias },
    forward: () => {
      const parts: tf.Tensor[] = [];
      for (const first of firsts) {
        const part = () =>
          batchMatMul(weigh(slice(q, first), k, { bias: biasOf(bias, first), factor }), v);
        parts.push(after(parts.at(-1), () => tf.tidy(part)));
      }
      const output = tf.concat(parts, q.rank - 2);
      tf.dispose(parts);
      return { output, saved: bias ? [q, k, v, output, bias] : [q, k, v, output] };
    },
    gradient: (dy, [q, k, v, output, bias]) => {
      const scoresOf = (first: number) => {
        const own = slice(dy, first);
        const weights = weigh(slice(q, first), k, { bias: biasOf(bias, first), factor });
        const delta = tf.sum(tf.mul(own, slice(output, first)), -1, true);
        const dWeights = batchMatMul(own, v, { transposeB: true });
        return { own, weights, dScores: tf.mul(weights, tf.sub(dWeights, delta)) };
      };
      const dq: tf.Tensor[] = [];
      let sums: { dk: tf.Tensor; dv: tf.Tensor } | undefined;
      for (const first of firsts) {
        const part = after(sums?.dk ?? dy, () =>
          tf.tidy(() => {
            const { own, weights, dScores } = scoresOf(first);
            const dv = batchMatMul(weights, own, { transposeA: true });
            const dq = after(dv, () => tf.mul(batchMatMul(dScores, k), factor));
            const dk = after(dq, () =>
              tf.mul(batchMatMul(dScores, slice(q, first), { transposeA: true }), factor));
            return sums === undefined
              ? { dq, dk, dv }
              : { dq, dk: tf.add(sums.dk, dk), dv: tf.add(sums.dv, dv) };
          }));
        tf.dispose(sums);
        dq.push(part.dq);
        sums = { dk: part.dk, dv: part.dv };
      }
      return {
        q: () => tf.concat(dq, q.rank - 2),
        k: () => sums!.dk.clone(),
        v: () => sums!.dv.clone(),
        mask: () => {
          const parts = firsts.map((first) =>
            tf.tidy(() => sumTo(scoresOf(first).dScores, biasOf(bias, first)!.shape))
          );
          return isBiasSliced ? tf.concat(parts, bias!.rank - 2) : tf.addN(parts);
        },
      };
    },
  });
}

/** softmax(factor · q kᵀ + bias). */
function weigh(
  q: tf.Tensor,
  k: tf.Tensor,
  { bias, factor }: { bias?: tf.Tensor; factor: number },
): tf.Tensor {
  const products = batchMatMul(tf.mul(q, factor), k, { transposeB: true });
  return rawOp("Softmax", [add(bias, products)], { attributes: FLOAT })[0];
}

/** In a trace, what comes once `before` is there: TensorFlow would compute all slices at once. */
function after<T>(before: tf.Tensor | undefined, build: () => T): T {
  const graph = activeGraph();
  return graph && before ? graph.after(backend().handleOf(before), build) : build();
}

/** A mask as numbers to add to the scores. */
function additive(mask: tf.Tensor | undefined): tf.Tensor | undefined {
  if (mask?.dtype !== "bool") return mask;
  return tf.where(mask, 0, -Infinity);
}

function causalMask(queries: number, keys: number): tf.Tensor {
  const values = new Float32Array(queries * keys);
  for (let i = 0; i < queries; i++) {
    values.fill(-Infinity, Math.min(i * keys + i + 1, (i + 1) * keys), (i + 1) * keys);
  }
  return tf.tensor2d(values, [queries, keys]);
}

function add(a: tf.Tensor | undefined, b: tf.Tensor): tf.Tensor {
  return a === undefined ? b : tf.add(a, b);
}

/** The sum over the axes that were broadcast. */
function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, axis) => axis)
    .filter((axis) => axis < lead || shape[axis - lead] !== x.shape[axis]);
  return (axes.length === 0 ? x.clone() : tf.sum(x, axes)).reshape([...shape]);
}
