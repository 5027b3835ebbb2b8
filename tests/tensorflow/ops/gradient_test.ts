import assert from "node:assert/strict";
import * as kit from "galaxykit/tensorflow";
import { jit, key, normal, tf } from "galaxykit/tensorflow";

/** Ops and their differentiable inputs, away from the kinks of relu and of the pooling. */
const OPS: { [name: string]: { op: (...xs: tf.Tensor[]) => tf.Tensor; shapes: number[][] } } = {
  relu: { op: (x) => kit.relu(tf.add(x!, tf.sign(x!))), shapes: [[7]] },
  // Between 1 and 5, below 0 and above 6
  relu6: {
    op: (x) =>
      kit.relu6(tf.concat([tf.add(tf.mul(tf.sin(x!), 2), 3), tf.add(x!, tf.mul(tf.sign(x!), 9))])),
    shapes: [[7]],
  },
  sigmoid: { op: (x) => kit.sigmoid(x!), shapes: [[7]] },
  silu: { op: (x) => kit.silu(x!), shapes: [[7]] },
  quickGelu: { op: (x) => kit.quickGelu(x!), shapes: [[7]] },
  gelu: { op: (x) => kit.gelu(x!), shapes: [[7]] },
  "gelu tanh": { op: (x) => kit.gelu(x!, { approximate: "tanh" }), shapes: [[7]] },
  softmax: { op: (x) => kit.softmax(x!), shapes: [[3, 4]] },
  logSoftmax: { op: (x) => kit.logSoftmax(x!), shapes: [[3, 4]] },
  linear: { op: (x, w, b) => kit.linear(x!, w!, b!), shapes: [[2, 3, 4], [4, 5], [5]] },
  scaledDotProductAttention: {
    op: (q, k, v, mask) =>
      kit.scaledDotProductAttention(q!, k!, v!, {
        mask: mask!,
        dropout: { rate: 0.3, key: key(5) },
      }),
    shapes: [[1, 2, 3, 4], [1, 2, 5, 4], [1, 2, 5, 2], [3, 5]],
  },
  conv2d: {
    op: (x, w, b) => kit.conv2d(x!, w!, { bias: b!, strides: 2, padding: "same" }),
    shapes: [[1, 6, 5, 2], [3, 3, 2, 3], [3]],
  },
  "conv2d depthwise": {
    op: (x, w) => kit.conv2d(x!, w!, { groups: 2, padding: 1 }),
    shapes: [[1, 6, 5, 2], [3, 3, 1, 4]],
  },
  "conv2d uneven padding": {
    op: (x, w) => kit.conv2d(x!, w!, { padding: [[0, 2], [1, 0]] }),
    shapes: [[1, 6, 5, 2], [3, 3, 2, 3]],
  },
  maxPool2d: {
    // Distinct values, far apart
    op: (x) => kit.maxPool2d(tf.add(x!, spread(x!)), { size: 3, strides: 2, padding: 1 }),
    shapes: [[1, 5, 4, 2]],
  },
  averagePool2d: {
    op: (x) => kit.averagePool2d(x!, { size: 3, strides: 2, padding: 1 }),
    shapes: [[1, 5, 4, 2]],
  },
  batchNorm: {
    op: (x, scale, offset) => {
      const [mean, variance] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 0.5])];
      return kit.batchNorm(x!, { scale: scale!, offset: offset!, mean, variance });
    },
    shapes: [[2, 3, 3, 2], [2], [2]],
  },
  batchNormTraining: {
    op: (x, scale, offset) =>
      kit.batchNormTraining(x!, { scale: scale!, offset: offset!, epsilon: 0.1 }).y,
    shapes: [[2, 3, 3, 2], [2], [2]],
  },
  groupNorm: {
    op: (x, scale, offset) =>
      kit.groupNorm(x!, { groups: 2, scale: scale!, offset: offset!, epsilon: 0.1 }),
    shapes: [[2, 2, 3, 4], [4], [4]],
  },
  layerNorm: {
    op: (x, scale, offset) => kit.layerNorm(x!, { scale: scale!, offset: offset!, epsilon: 0.1 }),
    shapes: [[3, 5], [5], [5]],
  },
  resize: { op: (x) => kit.resize(x!, [5, 3]), shapes: [[1, 3, 4, 2]] },
  "resize bicubic": {
    op: (x) => kit.resize(x!, [5, 3], { method: "bicubic" }),
    shapes: [[1, 3, 4, 2]],
  },
  embedding: { op: (x) => kit.embedding(x!, tf.tensor1d([2, 0, 2], "int32")), shapes: [[3, 2]] },
  batchGather: {
    op: (x) => kit.batchGather(x!, tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32")),
    shapes: [[2, 3, 2]],
  },
  softmaxCrossEntropy: {
    op: (x) =>
      kit.softmaxCrossEntropy(x!, tf.tensor1d([2, 0, 1], "int32"), { labelSmoothing: 0.1 }),
    shapes: [[3, 4]],
  },
  dropout: { op: (x) => kit.dropout(key(3), x!, { rate: 0.4 }), shapes: [[9]] },
  checkpoint: {
    op: (x, w) => kit.checkpoint(([x, w]) => kit.gelu(kit.linear(x!, w!)), [x!, w!]),
    shapes: [[2, 3], [3, 4]],
  },
  "checkpoint of a convolution": {
    op: (x, filter, bias) => {
      const layer = ([x, filter, bias]: tf.Tensor[]) =>
        kit.conv2d(kit.silu(x!), filter!, { bias, padding: 1 });
      return tf.square(kit.checkpoint(layer, [x!, filter!, bias!]));
    },
    shapes: [[1, 3, 3, 2], [3, 3, 2, 2], [2]],
  },
};

function spread(x: tf.Tensor): tf.Tensor {
  const order = Array.from({ length: x.size }, (_, index) => 10 * ((index * 7) % x.size));
  return tf.tensor(order, x.shape);
}

for (const [name, { op, shapes }] of Object.entries(OPS)) {
  Deno.test(`${name} has the gradient that finite differences show`, () => {
    const tensorsBefore = tf.memory().numTensors;
    tf.tidy(() => {
      const inputs = shapes.map((shape, index) => normal(key(index + 1), shape));
      const weights = normal(key(20), op(...inputs).shape);
      const loss = (...xs: tf.Tensor[]) => tf.sum(tf.mul(op(...xs), weights)) as tf.Scalar;
      const run = jit((xs: tf.Tensor[]) => tf.grads(loss)(xs));
      for (const gradients of [tf.grads(loss)(inputs), run(inputs)]) {
        inputs.forEach((_, at) => {
          const direction = normal(key(30 + at), shapes[at]!);
          const step = 1e-2;
          const [after, before] = [step, -step].map((size) =>
            loss(...inputs.map((x, index) => index === at ? tf.add(x, tf.mul(direction, size)) : x))
              .dataSync()[0]!
          );
          const numeric = (after! - before!) / (2 * step);
          const exact = tf.sum(tf.mul(gradients[at]!, direction)).dataSync()[0]!;
          const error = Math.abs(numeric - exact);
          assert.ok(
            error < 2e-3 * Math.max(1, Math.abs(exact)),
            `input ${at}: ${exact} by gradient, ${numeric} by differences`,
          );
        });
      }
      run.dispose();
    });
    assert.equal(tf.memory().numTensors, tensorsBefore, "tensors leaked");
  });
}

Deno.test("gelu() refuses a second gradient", () => {
  const second = tf.grad(tf.grad((x) => kit.gelu(x)));
  assert.throws(() => second(tf.scalar(1)), {
    name: "TypeError",
    message:
      "Cannot take a second gradient of gelu: only its first gradient is defined; compose it of the ops of tf instead",
  });
});
