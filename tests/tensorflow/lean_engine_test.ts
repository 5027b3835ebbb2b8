import { deepEqual, equal, throws } from "node:assert/strict";
import { tf } from "galaxykit/tensorflow";

Deno.test("endScope() frees all but the result, which the outer scope frees", () => {
  const before = tf.memory().numTensors;
  const outside = tf.tensor1d([1, 2]);
  const kept: tf.Tensor[] = [];
  const result = tf.tidy(() => {
    const inner = tf.tidy(() => {
      kept.push(tf.keep(tf.add(outside, 1)));
      return tf.mul(tf.add(outside, 1), 2);
    });
    equal(tf.memory().numTensors, before + 3);
    tf.tidy(() => outside);
    return tf.neg(inner);
  });
  deepEqual([...result.dataSync()], [-4, -6]);
  deepEqual([...kept[0]!.dataSync()], [2, 3]);
  deepEqual([...outside.dataSync()], [1, 2]);
  equal(tf.memory().numTensors, before + 3);
  tf.dispose([result, outside, ...kept]);
  equal(tf.memory().numTensors, before);
});

Deno.test("runKernel() of an unknown kernel and of a failing one leave the engine as it was", () => {
  const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2, 3])];
  const before = tf.memory().numTensors;
  throws(() => tf.engine().runKernel("NoSuchKernel", { a }), /NoSuchKernel.*not registered/);
  throws(() => tf.add(a, b), /Cannot run "Add" on float32\[2\], float32\[3\]/);
  equal(tf.memory().numTensors, before);
  // Of a kernel that failed nothing is left: its gradient would not be recorded
  const slope = tf.grad((x) => tf.sum(tf.square(x)))(a);
  deepEqual([...slope.dataSync()], [2, 4]);
  tf.dispose([a, b, slope]);
});

Deno.test("runKernel() tells tf.profile of each kernel", async () => {
  const a = tf.tensor1d([1, 2]);
  const { kernels, result } = await tf.profile(() => tf.relu(tf.add(a, a)));
  deepEqual(kernels.map(({ name }) => name), ["Add", "Relu"]);
  tf.dispose([a, result as tf.Tensor]);
});
