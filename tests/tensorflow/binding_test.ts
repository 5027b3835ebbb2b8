import assert from "node:assert/strict";
import { attribute, backend, DataType, rawOp, tf } from "galaxykit/tensorflow";

const { binding } = backend();

function roundTrip(dtype: number, shape: number[], values: unknown): unknown {
  const id = binding.createTensor(shape, dtype, values as Float32Array);
  const read = binding.tensorDataSync(id);
  binding.deleteTensor(id);
  return read;
}

Deno.test("Binding carries every type in and out, empty tensors too", () => {
  const cases: [keyof typeof DataType, unknown][] = [
    ["float32", Float32Array.of(0, -1.5, NaN, Infinity)],
    ["float64", Float64Array.of(Math.PI, -0, 1e300, 5e-324)],
    ["int32", Int32Array.of(0, -(2 ** 31), 2 ** 31 - 1, 7)],
    ["uint8", Uint8Array.of(0, 255, 1, 2)],
    ["int64", BigInt64Array.of(0n, 587722982297534495n, -(2n ** 63n), 2n ** 63n - 1n)],
    ["bool", Uint8Array.of(0, 1, 1, 0)],
    ["uint16", Uint16Array.of(0, 65535, 1, 2)],
  ];
  for (const [name, values] of cases) {
    assert.deepEqual(roundTrip(DataType[name], [2, 2], values), values, name);
    const empty = (values as Float32Array).slice(0, 0);
    assert.deepEqual(roundTrip(DataType[name], [0, 3], empty), empty, name);
  }
  const complex = Float32Array.of(1, 2, 3, 4);
  assert.deepEqual(roundTrip(DataType.complex64, [2], complex), complex);
});

Deno.test("Binding carries text of any length and script", () => {
  const texts = ["", "é中", "a text that is longer than the 22 bytes kept in place, 星系"];
  assert.deepEqual(tf.tensor1d(texts).dataSync() as unknown, texts);
});

Deno.test("Binding reads 64-bit numbers given as pairs of words, as tfjs gives them", () => {
  assert.deepEqual(
    roundTrip(DataType.int64, [2], Int32Array.of(5, 0, -1, -1)),
    BigInt64Array.of(5n, -1n),
  );
});

Deno.test("Binding refuses values that do not fill the shape", () => {
  assert.throws(() => binding.createTensor([2, 3], DataType.float32, Float32Array.of(1)), {
    name: "TypeError",
    message: "Cannot create a tensor of shape [2,3]: it wants 6 values, found 1",
  });
});

Deno.test("Binding passes lists, shapes and types as attributes, and lists as inputs", () => {
  const parts = tf.split(tf.tensor1d([1, 2, 3]), [1, 2]);
  assert.deepEqual(parts.map((part) => [...part.dataSync()]), [[1], [2, 3]]);
  const joined = tf.concat([...parts, tf.tensor1d([4])]);
  assert.deepEqual([...joined.dataSync()], [1, 2, 3, 4]);
  const [filled] = rawOp("Empty", [tf.tensor1d([2], "int32")], {
    attributes: { dtype: attribute.type("int32"), init: attribute.bool(true) },
  });
  assert.deepEqual([...filled.dataSync()], [0, 0]);
});

Deno.test("An error names the op, the types and shapes of its inputs, and TensorFlow's reason", () => {
  const inputs = [tf.ones([2, 3]), tf.ones([2, 3])];
  assert.throws(() => rawOp("MatMul", inputs, { attributes: { T: attribute.type("float32") } }), {
    name: "TensorFlowError",
    code: "INVALID_ARGUMENT",
    message:
      /^Cannot run "MatMul" on float32\[2,3\], float32\[2,3\]: Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]/,
  });
  assert.throws(() => rawOp("NoSuchOp", []), { name: "TensorFlowError", message: /"NoSuchOp"/ });
});

Deno.test("Tensors are freed once, also the 64-bit scalars that tfjs forgets", () => {
  function work(): void {
    tf.tidy(() => {
      const x = tf.tensor2d([[1, 2], [3, 4]]);
      tf.cumsum(tf.slice(x, [0, 1], [2, 1])).dataSync();
      tf.topk(x, 1).values.dataSync();
    });
  }
  work();
  const before = binding.getNumOfTensors();
  for (let index = 0; index < 20; index++) work();
  assert.equal(binding.getNumOfTensors(), before);
  const id = binding.createTensor([1], DataType.float32, Float32Array.of(1));
  binding.deleteTensor(id);
  binding.deleteTensor(id);
  assert.throws(() => binding.tensorDataSync(id), { name: "ReferenceError" });
});

Deno.test("data() gives the values without dataSync()", async () => {
  const product = tf.matMul(tf.ones([3, 2]), tf.ones([2, 3]));
  assert.deepEqual([...await product.data()], Array(9).fill(2));
});
