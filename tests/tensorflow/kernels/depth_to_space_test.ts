import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";

Deno.test("depthToSpace() with channels first is the one with channels last, turned", () => {
  const last = tf.reshape(tf.range(0, 48), [1, 2, 3, 8]) as tf.Tensor4D;
  const first = tf.transpose(last, [0, 3, 1, 2]);
  const wanted = tf.transpose(tf.depthToSpace(last, 2), [0, 3, 1, 2]);
  const run = (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, 2, "NCHW");
  for (const f of [run, jit(run), jit(run, { compiler: "xla" })]) {
    const y = f(first);
    assert.deepEqual(y.shape, [1, 2, 4, 6]);
    assert.deepEqual(y.dataSync(), wanted.dataSync());
  }
  const gradient = tf.grad((x) => tf.sum(tf.square(run(x))))(first);
  assert.deepEqual(gradient.dataSync(), tf.mul(first, 2).dataSync());
});
