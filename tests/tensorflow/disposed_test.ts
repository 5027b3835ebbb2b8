import assert from "node:assert/strict";
import { conv2d, jit, key, linear, normal, relu, tf } from "galaxykit/tensorflow";

const x = tf.tensor2d([[1, 2], [3, 4]]);

/** A tensor that is gone. */
function gone(): tf.Tensor2D {
  const tensor = tf.tensor2d([[1, 2], [3, 4]]);
  tensor.dispose();
  return tensor;
}

const GONE = "a tensor float32[2,2]";

Deno.test("Using a tensor that was disposed is refused by name", () => {
  const variable = tf.variable(x.clone(), true, "the weight");
  variable.dispose();
  const key1 = key(1);
  key1.dispose();
  const calls: [() => unknown, string][] = [
    [() => tf.add(gone(), 1), `Cannot run Add: its input a, ${GONE}, was disposed`],
    [() => tf.matMul(x, gone()), `Cannot run BatchMatMul: its input b, ${GONE}, was disposed`],
    [() => tf.reshape(gone(), [4]), `Cannot run Reshape: its input x, ${GONE}, was disposed`],
    [() => tf.concat([x, gone()]), `Cannot run Concat: its input 1, ${GONE}, was disposed`],
    [() => tf.sum(gone()), `Cannot run Sum: its input x, ${GONE}, was disposed`],
    [
      () => tf.mul(variable, x),
      'Cannot run Multiply: its input a, variable "the weight", was disposed',
    ],
    [() => relu(gone()), `Cannot run Relu: its input 0, ${GONE}, was disposed`],
    [() => linear(x, gone()), `Cannot run MatMul: its input 1, ${GONE}, was disposed`],
    [() => normal(key1, [2]), "its input 0, a tensor int32[2], was disposed"],
    [
      () =>
        jit(function step(x: tf.Tensor) {
          return tf.add(x, 1);
        })(gone()),
      `Cannot run step: ${GONE} among its arguments was disposed`,
    ],
    [() => jit((x: tf.Tensor) => tf.add(x, gone()))(x), `its input b, ${GONE}, was disposed`],
    [() => tf.grad((x) => tf.square(x))(gone()), `its input x, ${GONE}, was disposed`],
    [() => tf.variable(gone()), `Cannot make a variable: its value, ${GONE}, was disposed`],
    [
      () => tf.variable(x.clone(), true, "bias").assign(gone()),
      `Cannot assign to variable "bias": ${GONE} was disposed`,
    ],
    [
      () => variable.assign(x),
      'Cannot assign to variable "the weight": variable "the weight" was disposed',
    ],
    [() => jit(() => gone())(), "Cannot use a tensor that was disposed"],
    [() => gone().dataSync(), "Tensor is disposed."],
  ];
  for (const [call, message] of calls) {
    assert.throws(call, (error: Error) => {
      assert.ok(error.message.includes(message), `${error.message}; wanted: ${message}`);
      return true;
    });
  }
});

Deno.test("Using a disposed image in a convolution is refused by name", async () => {
  const image = tf.ones([1, 4, 4, 1]);
  image.dispose();
  const filter = tf.ones([2, 2, 1, 1]);
  assert.throws(() => conv2d(image, filter), /Cannot run Conv2D: its input 0, .* was disposed/);
  await assert.rejects(jit((x: tf.Tensor) => tf.neg(x)).async(image), {
    name: "ReferenceError",
    message: "Cannot run jit: a tensor float32[1,4,4,1] among its arguments was disposed",
  });
});
