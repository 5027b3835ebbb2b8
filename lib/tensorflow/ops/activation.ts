/**
 * Activations with their gradients: one TensorFlow op each where there is one.
 *
 * @module
 */

import { backend, tf } from "../engine.ts";
import { FLOAT, rawOp } from "../raw.ts";
import { checkFloat } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { activeGraph } from "../trace.ts";
import { asRows, reshape } from "./reshape.ts";

/** max(x, 0). The gradient at 0 is 0. */
export function relu<T extends tf.Tensor>(x: T): T {
  checkFloat("relu", { x });
  return differentiableOne({
    op: "relu",
    inputs: { x },
    forward: () => {
      const [output] = rawOp("Relu", [x], { attributes: FLOAT });
      return { output, saved: [output] };
    },
    gradient: (dy, [y]) => ({ x: () => rawOp("ReluGrad", [dy, y], { attributes: FLOAT })[0] }),
  }) as T;
}

/**
 * min(max(x, 0), 6). The gradient at 0 and at 6 is 0.
 *
 * @example
 * ```ts
 * import { relu6, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...relu6(tf.tensor1d([-1, 2, 7])).dataSync()], [0, 2, 6]);
 * ```
 */
export function relu6<T extends tf.Tensor>(x: T): T {
  checkFloat("relu6", { x });
  return differentiableOne({
    op: "relu6",
    inputs: { x },
    forward: () => {
      const [output] = rawOp("Relu6", [x], { attributes: FLOAT });
      return { output, saved: [output] };
    },
    gradient: (dy, [y]) => ({ x: () => rawOp("Relu6Grad", [dy, y], { attributes: FLOAT })[0] }),
  }) as T;
}

/** 1 / (1 + exp(-x)). */
export function sigmoid<T extends tf.Tensor>(x: T): T {
  checkFloat("sigmoid", { x });
  return differentiableOne({
    op: "sigmoid",
    inputs: { x },
    forward: () => {
      const [output] = rawOp("Sigmoid", [x], { attributes: FLOAT });
      return { output, saved: [output] };
    },
    gradient: (dy, [y]) => ({ x: () => rawOp("SigmoidGrad", [y, dy], { attributes: FLOAT })[0] }),
  }) as T;
}

/**
 * x · sigmoid(x), also called swish.
 *
 * @example
 * ```ts
 * import { silu, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(silu(tf.scalar(1)).dataSync()[0]! - 0.7310586) < 1e-6);
 * ```
 */
export function silu<T extends tf.Tensor>(x: T): T {
  checkFloat("silu", { x });
  return differentiableOne({
    op: "silu",
    inputs: { x },
    forward: () => {
      const [gate] = rawOp("Sigmoid", [x], { attributes: FLOAT });
      const output = tf.mul(x, gate);
      return { output, saved: [gate, output] };
    },
    // y' = s + y (1 - s)
    gradient: (dy, [gate, y]) => ({
      x: () => tf.mul(dy, tf.add(gate, tf.mul(y, tf.sub(1, gate)))),
    }),
  }) as T;
}

/** x · sigmoid(1.702 x), the approximation of GELU in CLIP's first weights. */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, sigmoid(tf.mul(x, 1.702))) as T;
}

/**
 * The Gaussian error linear unit (https://arxiv.org/abs/1606.08415): x · Φ(x), with Φ the normal
 * distribution's cumulative function.
 *
 * @example
 * ```ts
 * import { gelu, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(gelu(tf.scalar(1)).dataSync()[0]! - 0.8413447) < 1e-6);
 * ```
 */
export function gelu<T extends tf.Tensor>(
  x: T,
  { approximate = "none" }: {
    /** `"tanh"`: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). @default {"none"} */
    approximate?: "none" | "tanh";
  } = {},
): T {
  checkFloat("gelu", { x });
  const { forward, derivative } = approximate === "tanh" ? TANH_GELU : EXACT_GELU;
  return differentiableOne({
    op: "gelu",
    inputs: { x },
    forward: () => ({ output: reshape(forward(asRows(x)), x.shape), saved: [x] }),
    gradient: (dy, [x]) => ({ x: () => tf.mul(dy, derivative(x)) }),
  }) as T;
}

/**
 * Written in the form that TensorFlow's rewriter fuses with the matrix product before it. XLA's erf is
 * never quite -1, so that -Infinity, which is NaN elsewhere, would stay what it is.
 */
const EXACT_GELU = {
  forward: (x: tf.Tensor): tf.Tensor => {
    const twice = activeGraph()?.xla
      ? rawOp("Erfc", [tf.mul(x, -Math.SQRT1_2)], { attributes: FLOAT })[0]
      : plusOne(tf.erf(tf.mul(x, Math.SQRT1_2)));
    return tf.mul(tf.mul(twice, 0.5), x);
  },
  // Φ(x) + x φ(x)
  derivative: (x: tf.Tensor): tf.Tensor => {
    const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.add(cumulative, tf.mul(x, density));
  },
};

/** The rewriter looks for `AddV2`, where tfjs has `Add`. */
function plusOne(x: tf.Tensor): tf.Tensor {
  return rawOp("AddV2", [x, tf.scalar(1)], { attributes: FLOAT })[0];
}

const TANH_GELU = {
  forward: (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(tf.add(tf.tanh(tanhArgument(x)), 1), 0.5), x),
  derivative: (x: tf.Tensor): tf.Tensor => {
    const t = tf.tanh(tanhArgument(x));
    const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * 0.044715), 1), Math.sqrt(2 / Math.PI));
    const inner = tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), slope);
    return tf.mul(tf.add(tf.add(t, 1), inner), 0.5);
  },
};

function tanhArgument(x: tf.Tensor): tf.Tensor {
  return tf.mul(
    tf.mul(tf.add(tf.mul(tf.square(x), 0.044715), 1), x),
    Math.sqrt(2 / Math.PI),
  );
}

/**
 * exp(x) / Σ exp(x) along an axis.
 *
 * @example
 * ```ts
 * import { softmax, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...softmax(tf.tensor1d([5, 5])).dataSync()], [0.5, 0.5]);
 * ```
 */
export function softmax<T extends tf.Tensor>(
  x: T,
  { axis = -1 }: {
    /** @default {-1} */
    axis?: number;
  } = {},
): T {
  return alongAxis("softmax", x, axis, (last) =>
    differentiableOne({
      op: "softmax",
      inputs: { x: last },
      forward: () => {
        const output = backend().executeSingleInput("Softmax", last);
        return { output, saved: [output] };
      },
      gradient: (dy, [y]) => ({
        x: () => tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)), y),
      }),
    })) as T;
}

/** x - log Σ exp(x) along an axis. */
export function logSoftmax<T extends tf.Tensor>(
  x: T,
  { axis = -1 }: {
    /** @default {-1} */
    axis?: number;
  } = {},
): T {
  return alongAxis("logSoftmax", x, axis, (last) =>
    differentiableOne({
      op: "logSoftmax",
      inputs: { x: last },
      forward: () => {
        const [output] = rawOp("LogSoftmax", [last], { attributes: FLOAT });
        return { output, saved: [output] };
      },
      gradient: (dy, [y]) => ({
        x: () => tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true))),
      }),
    })) as T;
}

/** Runs an op of the last axis along another one. */
function alongAxis(
  op: string,
  x: tf.Tensor,
  axis: number,
  body: (last: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  checkFloat(op, { x });
  const at = axis < 0 ? axis + x.rank : axis;
  if (!(Number.isInteger(at) && at >= 0 && at < x.rank)) {
    throw new RangeError(
      `Cannot run ${op}: axis must be in [-${x.rank}, ${x.rank}), found ${axis}`,
    );
  }
  if (at === x.rank - 1) return body(x);
  const order = x.shape.map((_, i) => i === at ? x.rank - 1 : i === x.rank - 1 ? at : i);
  return tf.tidy(() => tf.transpose(body(tf.transpose(x, order)), order));
}
