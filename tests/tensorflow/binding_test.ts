import assert from "node:assert/strict";
import { attribute, backend, DataType, listDevices, rawOp, tf } from "galaxykit/tensorflow";
import { executeInBackground } from "../../lib/tensorflow/eager.ts";

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
    ["int8", Int8Array.of(0, -128, 127, 1)],
    ["int16", Int16Array.of(0, -32768, 32767, 1)],
    ["uint16", Uint16Array.of(0, 65535, 1, 2)],
    ["uint32", Uint32Array.of(0, 2 ** 32 - 1, 1, 2)],
    ["uint64", BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n)],
    ["float16", Uint16Array.of(0x3c00, 0x7e00, 0x8000, 1)], // raw bits
    ["bfloat16", Uint16Array.of(0x3f80, 0x7fc0, 0x8000, 1)],
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

Deno.test("Binding shows tfjs every type of TensorFlow as one that it knows", () => {
  const shown: [keyof typeof DataType, tf.DataType][] = [
    ["float64", "float32"],
    ["float16", "float32"],
    ["bfloat16", "float32"],
    ["int64", "int32"],
    ["int16", "int32"],
    ["int8", "int32"],
    ["uint8", "int32"],
    ["uint16", "int32"],
    ["uint32", "int32"],
    ["uint64", "int32"],
    ["bool", "bool"],
    ["complex64", "complex64"],
  ];
  for (const [name, dtype] of shown) {
    const [wide] = rawOp("Cast", [tf.scalar(1)], {
      attributes: { SrcT: attribute.type("float32"), DstT: attribute.type(name) },
    });
    assert.equal(wide.dtype, dtype, name);
    const [back] = rawOp("Cast", [wide], {
      attributes: { SrcT: attribute.type(name), DstT: attribute.type("float32") },
    });
    assert.equal(back.dataSync()[0], 1, name);
  }
});

Deno.test("Binding passes complex numbers in and out", () => {
  const z = tf.complex(tf.tensor1d([1, 2]), tf.tensor1d([3, -4]));
  assert.deepEqual([...tf.mul(z, z).dataSync()], [-8, 6, -12, -16]);
  assert.deepEqual([...tf.imag(z).dataSync()], [3, -4]);
});

Deno.test("Binding passes lists of tensors as inputs", () => {
  const parts = tf.split(tf.tensor1d([1, 2, 3]), [1, 2]);
  assert.deepEqual(parts.map((part) => [...part.dataSync()]), [[1], [2, 3]]);
  assert.deepEqual([...tf.concat([...parts, tf.tensor1d([4])]).dataSync()], [1, 2, 3, 4]);
  assert.deepEqual([...tf.addN([tf.scalar(1), tf.scalar(2), tf.scalar(4)]).dataSync()], [7]);
  // Lists in the midst of other inputs, and of several types
  const [shown] = rawOp("StringFormat", [tf.scalar(1, "int32"), tf.scalar("é"), tf.scalar(true)], {
    attributes: {
      T: { type: 4, value: [DataType.int32, DataType.string, DataType.bool] },
      template: attribute.string("{} and {} and {}"),
      placeholder: attribute.string("{}"),
    },
  });
  assert.deepEqual(shown.dataSync() as unknown, ['1 and "é" and 1']);
});

Deno.test("round() leaves whole numbers as they are", () => {
  const x = tf.tensor1d([-12345678, 10, 12345678], "int32");
  assert.deepEqual([...tf.round(x).dataSync()], [-12345678, 10, 12345678]);
  assert.deepEqual([...tf.round(tf.tensor1d([2.5, -0.6])).dataSync()], [2, -1]);
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

Deno.test("A failure does not spoil the calls after it", () => {
  const inputs = [tf.ones([2, 3]), tf.ones([2, 3])];
  const attributes = { T: attribute.type("float32") };
  assert.throws(() => rawOp("MatMul", inputs, { attributes }), { name: "TensorFlowError" });
  assert.equal(listDevices()[0]!.type, "CPU"); // does not reset the status that it is given
});

Deno.test("data() gives the values, also of a tensor disposed meanwhile", async () => {
  const product = tf.matMul(tf.ones([3, 2]), tf.ones([2, 3]));
  const reading = product.data();
  product.dispose();
  assert.deepEqual([...await reading], Array(9).fill(2));
});

Deno.test("The event loop goes on while an op runs in the background", async () => {
  // Taking from an empty queue waits until something is put in.
  const types = { type: 4, value: [DataType.float32] };
  const [queue] = rawOp("FIFOQueueV2", [], { attributes: { component_types: types } });
  const handle = backend().handleOf(queue);
  const taking = executeInBackground({
    op: "QueueDequeueV2",
    attributes: [{ name: "component_types", ...types }],
    inputs: [handle],
    outputs: 1,
  });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  while (ticks < 5) await new Promise((resolve) => setTimeout(resolve, 1));
  clearInterval(timer);
  binding.executeOp("QueueEnqueueV2", [{ name: "Tcomponents", ...types }], [
    ...backend().getInputTensorIds([queue, tf.scalar(42)]),
  ], 0);
  const [taken] = await taking;
  const { id } = binding.adopt(taken!);
  assert.deepEqual(await binding.tensorData(id), Float32Array.of(42));
  binding.deleteTensor(id);
});

Deno.test("executeOp() keeps nothing of a call for the next call of the same op", () => {
  const float = { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const turned = { name: "transpose_a", type: binding.TF_ATTR_BOOL, value: true };
  const matrix = binding.createTensor([2, 1], binding.TF_FLOAT, Float32Array.of(1, 2));
  const multiply = (attributes: Parameters<typeof binding.executeOp>[1]) => {
    const [product] = binding.executeOp("MatMul", attributes, [matrix, matrix], 1);
    const { id, shape } = product!;
    binding.deleteTensor(id);
    return shape;
  };
  assert.deepEqual(multiply([float, turned]), [1, 1]);
  assert.throws(() => multiply([float]), /Cannot run "MatMul" on float32\[2,1\], float32\[2,1\]/);
  assert.throws(
    () => multiply([float, { ...turned, value: "yes" }]),
    /"transpose_a": true or false/,
  );
  assert.deepEqual(multiply([float, turned]), [1, 1]);
  binding.deleteTensor(matrix);
});
