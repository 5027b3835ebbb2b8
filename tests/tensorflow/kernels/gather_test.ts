import assert from "node:assert/strict";
import { jit, tf } from "galaxykit/tensorflow";

const ints = (values: tf.TensorLike) => tf.tensor(values, undefined, "int32");
const x = tf.range(0, 24).reshape([2, 3, 4]);

const CALLS: [string, tf.Tensor, (indices: tf.Tensor) => tf.Tensor][] = [
  ["the first axis", ints([1, 0, 1]), (indices) => tf.gather(x, indices)],
  ["axis -1", ints([3, 0]), (indices) => tf.gather(x, indices, -1)],
  ["axis 1, indices of rank 2", ints([[1, 0], [2, 2]]), (indices) => tf.gather(x, indices, 1)],
  ["a batch dimension", ints([[1, 0], [2, 2]]), (indices) => tf.gather(x, indices, 1, 1)],
  [
    "two batch dimensions, axis -1",
    ints([[[0], [1], [3]], [[2], [2], [0]]]),
    (indices) => tf.gather(x, indices, -1, 2),
  ],
  ["a scalar index", tf.scalar(2, "int32"), (indices) => tf.gather(x, indices, 1)],
  ["whole numbers", ints([1, 0]), (indices) => tf.gather(x.toInt(), indices)],
];

for (const [name, indices, call] of CALLS) {
  Deno.test(`gather is the same eager, traced and with XLA: ${name}`, () => {
    const wanted = call(indices);
    for (const compiler of ["graph", "xla"] as const) {
      const traced = jit(call, { compiler });
      const found = traced(indices);
      assert.deepEqual(found.shape, wanted.shape);
      assert.deepEqual(found.dataSync(), wanted.dataSync(), compiler);
      traced.dispose();
    }
  });
}

Deno.test("gather along axis 1 with batch dimensions takes what Python's TensorFlow takes", () => {
  // tf.gather(tf.reshape(tf.range(24), [2, 3, 4]), [[1, 0], [2, 2]], axis=2, batch_dims=1)
  const found = tf.gather(x, ints([[1, 0], [2, 2]]), 2, 1);
  assert.deepEqual([...found.dataSync()], [1, 0, 5, 4, 9, 8, 14, 14, 18, 18, 22, 22]);
});

Deno.test("gather refuses an index out of range, eager and traced; XLA gives NaN", () => {
  const call = (indices: tf.Tensor) => tf.gather(tf.tensor1d([1, 2, 3]), indices);
  for (const index of [3, -1]) {
    assert.throws(() => call(ints([0, index])), {
      name: "RangeError",
      message: `Cannot run GatherV2: the index value ${index} is not in [0, 2]`,
    });
    assert.throws(() => jit(call)(ints([0, index])), {
      name: "TensorFlowError",
      message: new RegExp(`= ${index} is not in \\[0, 3\\)`),
    });
    assert.deepEqual([...jit(call, { compiler: "xla" })(ints([0, index])).dataSync()], [1, NaN]);
  }
  assert.throws(() => tf.gather(x, ints([0]), 3), { message: /axis/ });
});
