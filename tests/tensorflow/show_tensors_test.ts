import assert from "node:assert/strict";
import { jit, key, tf } from "galaxykit/tensorflow";

Deno.test("a tensor shows its type and shape, and its values where they are few", () => {
  assert.equal(Deno.inspect(tf.zeros([64, 64, 3])), "Tensor float32, 64 x 64 x 3");
  assert.equal(Deno.inspect(tf.scalar(3, "int32")), "Tensor int32, scalar\n    3");
  assert.equal(
    Deno.inspect(tf.tensor2d([[1, 2], [3, 4]])),
    "Tensor float32, 2 x 2\n    [[1, 2],\n     [3, 4]]",
  );
  assert.match(Deno.inspect(tf.variable(tf.ones([2]))), /^Variable float32, 2\n {4}\[1, 1\]$/);
  assert.equal(Deno.inspect(tf.zeros([0, 3])), "Tensor float32, 0 x 3");
  assert.match(Deno.inspect(key(1)), /^Tensor int32, 2\n/);
  const gone = tf.zeros([2]);
  gone.dispose();
  assert.equal(Deno.inspect(gone), "Tensor float32, 2, disposed of");
});

Deno.test("a tensor that is being traced shows no values, and stays what it is", () => {
  let shown = "";
  const twice = jit((x: tf.Tensor) => {
    shown = Deno.inspect(x);
    return tf.add(x, x);
  });
  assert.equal(twice(tf.tensor1d([1, 2])).dataSync()[1], 4);
  assert.equal(shown, "Tensor float32, 2");
  assert.deepEqual(Object.keys(tf.scalar(1)).includes("inspect"), false);
});
