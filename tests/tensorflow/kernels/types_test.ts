import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testKernels } from "./reference.ts";

await testKernels({
  LeakyRelu: ({ x }) => tf.leakyRelu(x),
  ScatterNd: ({ indices, updates }, { shape }) => tf.scatterND(indices, updates, shape),
});

Deno.test("step() takes whole numbers, and cuts the slope off", () => {
  for (const step of [tf.step, jit((x: tf.Tensor) => tf.step(x))] as (typeof tf.step)[]) {
    const y = step(tf.tensor1d([-(2 ** 31), 0, 2 ** 31 - 1], "int32"));
    assert.deepEqual([y.dtype, [...y.dataSync()]], ["int32", [0, 0, 1]]);
  }
  assert.deepEqual([...tf.step(tf.tensor1d([-3, 3], "int32"), 2.7).dataSync()], [2, 1]);
});

Deno.test("diag() takes booleans", () => {
  const y = tf.diag(tf.tensor1d([1, 0, 1], "bool"));
  assert.deepEqual([y.dtype, [...y.dataSync()]], ["bool", [1, 0, 0, 0, 0, 0, 0, 0, 1]]);
  assert.deepEqual(tf.diag(tf.tensor1d([], "bool")).shape, [0, 0]);
});
