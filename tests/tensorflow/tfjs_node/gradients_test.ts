import assert from "node:assert/strict";
import "galaxykit/tensorflow"; // First: tfjs-layers comes later, with gradients of its own
import * as tf from "@tensorflow/tfjs-node-gpu";

Deno.test("tfjs-node-gpu leaves the kit's gradients in their place when it is imported later", () => {
  const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  const weights = tf.range(0, 9).reshape([1, 3, 3, 1]);
  const resized = tf.grad((x) =>
    tf.sum(tf.mul(weights, tf.image.resizeBilinear(x as tf.Tensor4D, [3, 3], false, true)))
  );
  // Along each axis the three places take (1, 0), (1/2, 1/2), (0, 1) of the two
  assert.deepEqual([...resized(x).dataSync()], [3, 6, 12, 15]);

  const dilated = tf.grad((x) =>
    tf.sum(tf.conv2d(x as tf.Tensor4D, tf.ones([1, 1, 1, 1]), 1, "same", "NHWC", 2))
  );
  assert.deepEqual([...dilated(x).dataSync()], [1, 1, 1, 1]);

  const larger = tf.grad((row) => tf.sum(tf.maximum(row, tf.tensor2d([[0], [5]]))));
  assert.deepEqual([...larger(tf.tensor2d([[1, 2]])).dataSync()], [1, 1]);
});
