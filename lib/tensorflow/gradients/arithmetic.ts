/**
 * Gradients of arithmetic: operands that are broadcast, products of matrices, comparisons.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { none, registerGradient, sumToShape } from "./register.ts";

/** Comparisons and logic step from one value to the other. */
const STEPS = [
  tf.Equal,
  tf.NotEqual,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalOr,
  tf.LogicalXor,
];

for (const kernel of STEPS) {
  registerGradient({
    kernel,
    inputs: ["a", "b"],
    of: (_dy, [a, b]) => ({ a: () => none(a), b: () => none(b) }),
  });
}

/** Whole quotients step, too; of whole numbers, tfjs means by it the gradient of `tf.div`. */
registerGradient({
  kernel: tf.FloorDiv,
  inputs: ["a", "b"],
  of: (dy, [a, b]) => {
    if (a.dtype !== "int32") return { a: () => none(a), b: () => none(b) };
    const divisor = () => tf.cast(b, "float32");
    return {
      a: () => sumToShape(tf.div(dy, divisor()), a.shape),
      b: () => sumToShape(tf.neg(tf.div(tf.mul(dy, a), tf.square(divisor()))), b.shape),
    };
  },
});

for (const kernel of [tf.LogicalNot, tf.All, tf.Any, tf.Floor, tf.Ceil, tf.Round, tf.Sign]) {
  registerGradient({ kernel, inputs: ["x"], of: (_dy, [x]) => ({ x: () => none(x) }) });
}

/** Where both are equal, the first one counts, as in tfjs. */
for (
  const [kernel, isFirst] of [[tf.Maximum, tf.greaterEqual], [tf.Minimum, tf.lessEqual]] as const
) {
  registerGradient({
    kernel,
    inputs: ["a", "b"],
    of: (dy, [a, b]) => {
      const first = () => tf.cast(isFirst(a, b), "float32");
      return {
        a: () => sumToShape(tf.mul(dy, first()), a.shape),
        b: () => sumToShape(tf.mul(dy, tf.sub(1, first())), b.shape),
      };
    },
  });
}

registerGradient({
  kernel: tf.SquaredDifference,
  inputs: ["a", "b"],
  of: (dy, [a, b]) => {
    const slope = () => tf.mul(tf.mul(dy, 2), tf.sub(a, b));
    return {
      a: () => sumToShape(slope(), a.shape),
      b: () => sumToShape(tf.neg(slope()), b.shape),
    };
  },
});

registerGradient({
  kernel: tf.BatchMatMul,
  inputs: ["a", "b"],
  of: (dy, [a, b], { transposeA, transposeB }) => ({
    a: () => {
      const da = transposeA
        ? tf.matMul(b, dy, transposeB, true)
        : tf.matMul(dy, b, false, !transposeB);
      return sumToShape(da, a.shape);
    },
    b: () => {
      const db = transposeB
        ? tf.matMul(dy, a, true, transposeA)
        : tf.matMul(a, dy, !transposeA, false);
      return sumToShape(db, b.shape);
    },
  }),
});

/** The derivative from the output: 1 where it is positive, y + 1 below. */
registerGradient({
  kernel: tf.EluGrad,
  inputs: ["dy", "y"],
  of: (ddx, [dy, y]) => {
    const negative = tf.cast(tf.less(y, 0), "float32");
    return {
      dy: () => tf.mul(ddx, tf.add(1, tf.mul(negative, y))),
      y: () => tf.mul(tf.mul(ddx, dy), negative),
    };
  },
});

/**
 * y = x · n^-β with n = bias + α · (sums of x² over the neighbouring channels): of the ops of tf, for
 * TensorFlow's own gradient has none.
 */
registerGradient({
  kernel: tf.LRN,
  inputs: ["x"],
  of: (dy, [x], { depthRadius, bias, alpha, beta }) => ({
    x: () => {
      const channels = x.shape[x.rank - 1];
      const near = tf.linalg.bandPart(tf.ones([channels, channels]), depthRadius, depthRadius);
      const sums = (values: tf.Tensor) =>
        tf.reshape(tf.matMul(tf.reshape(values, [-1, channels]), near), x.shape);
      const norm = tf.add(bias, tf.mul(alpha, sums(tf.square(x))));
      const apart = tf.mul(tf.mul(dy, x), tf.pow(norm, -beta - 1));
      return tf.sub(
        tf.mul(dy, tf.pow(norm, -beta)),
        tf.mul(2 * alpha * beta, tf.mul(x, sums(apart))),
      );
    },
  }),
});
