/**
 * Matrix products: TensorFlow's `MatMul` and `BiasAdd`, which its graph rewriter fuses with each
 * other and with the activation after them. (tfjs would emit `BatchMatMulV2` and `AddV2`.)
 *
 * @module
 */

import type { tf } from "../engine.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { checkFloat, checkShape } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { asRows, reshape } from "./reshape.ts";

/**
 * x · weight + bias.
 *
 * @param x [..., inputs]
 * @param weight [inputs, outputs]
 * @returns [..., outputs]
 * @throws {TypeError} When the shapes do not fit
 *
 * @example
 * ```ts
 * import { linear, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const y = linear(tf.tensor1d([1, 2]), tf.tensor2d([[3], [4]]), tf.tensor1d([0.5]));
 * assert.deepEqual([y.shape, y.dataSync()[0]], [[1], 11.5]);
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments -- tensors in the order of the formula
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor, bias?: tf.Tensor): T {
  checkFloat("linear", { x, bias });
  checkFloat("linear", { weight }, [2]);
  const [inputs, outputs] = weight.shape as [number, number];
  checkShape("linear", "x", x, [...x.shape.slice(0, -1), inputs]);
  checkShape("linear", "bias", bias, [outputs]);
  return differentiableOne({
    op: "linear",
    inputs: { x, weight, bias },
    forward: () => {
      const product = matMul(asRows(x), weight);
      const sum = bias === undefined ? product : addBias(product, bias);
      return { output: reshape(sum, [...x.shape.slice(0, -1), outputs]), saved: [x, weight] };
    },
    gradient: (dy, [x, weight]) => {
      const rows = asRows(dy);
      return {
        x: () => reshape(matMul(rows, weight, { transposeB: true }), x.shape),
        weight: () => matMul(asRows(x), rows, { transposeA: true }),
        bias: () => sumRows(rows),
      };
    },
  }) as T;
}

/** The product of two matrices; no gradient. */
export function matMul(
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean } = {},
): tf.Tensor {
  return rawOp("MatMul", [a, b], {
    attributes: {
      ...FLOAT,
      transpose_a: attribute.bool(transposeA),
      transpose_b: attribute.bool(transposeB),
    },
  })[0];
}

/** The products of two stacks of matrices; no gradient. */
export function batchMatMul(
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean } = {},
): tf.Tensor {
  return rawOp("BatchMatMulV2", [a, b], {
    attributes: { ...FLOAT, adj_x: attribute.bool(transposeA), adj_y: attribute.bool(transposeB) },
  })[0];
}

/** Adds a vector along the last axis; no gradient. */
export function addBias(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return rawOp("BiasAdd", [x, bias], { attributes: FLOAT })[0];
}

/** The sum over all axes but the last: the gradient of a bias. */
export function sumRows(x: tf.Tensor): tf.Tensor {
  return rawOp("BiasAddGrad", [x], { attributes: FLOAT })[0];
}
