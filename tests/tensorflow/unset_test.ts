import assert from "node:assert/strict";
import { jit, tf } from "galaxykit/tensorflow";
import { unset } from "../../lib/tensorflow/unset.ts";

const REFUSAL = {
  name: "ReferenceError",
  message:
    "Cannot use a parameter of shape [2,3]: it has no value yet; create the model with a key, or load its weights first",
};

Deno.test("unset() can be assigned, but neither computed with nor read", async () => {
  const before = tf.memory().numTensors;
  const initial = unset([2, 3]);
  const variable = tf.variable(initial);
  initial.dispose();
  assert.deepEqual(variable.shape, [2, 3]);
  assert.throws(() => tf.add(variable, 1), REFUSAL);
  assert.throws(() => variable.dataSync(), REFUSAL);
  await assert.rejects(variable.data(), REFUSAL);
  assert.throws(() => tf.clone(variable).dataSync(), REFUSAL);
  tf.tidy(() => variable.assign(tf.ones([2, 3])));
  assert.deepEqual([...variable.dataSync()], [1, 1, 1, 1, 1, 1]);
  variable.dispose();
  unset([4]).dispose();
  assert.equal(tf.memory().numTensors, before + 1, "the clone that was read");
});

Deno.test("unset() is refused by a traced function that uses it, and no other", () => {
  const variable = tf.variable(unset([2, 3]));
  const other = jit((x: tf.Tensor) => tf.add(x, 1));
  assert.equal(other(tf.scalar(1)).dataSync()[0], 2);
  const uses = jit((x: tf.Tensor) => tf.add(variable, x));
  assert.throws(() => uses(tf.scalar(1)), REFUSAL);
  variable.assign(tf.zeros([2, 3]));
  assert.deepEqual([...uses(tf.scalar(1)).dataSync()], [1, 1, 1, 1, 1, 1]);
  variable.dispose();
  other.dispose();
  uses.dispose();
});
