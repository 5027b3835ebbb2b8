import assert from "node:assert/strict";
import { backend, DataType, rawOp, tf } from "galaxykit/tensorflow";
import { AttributeType } from "../../../lib/tensorflow/c/attributes.ts";
import { Graph } from "../../../lib/tensorflow/graph.ts";

const { binding } = backend();
const { float32, int32 } = DataType;

function attributesOf(
  values: Record<string, [kind: keyof typeof AttributeType, value: unknown]>,
): Record<string, { type: number; value: unknown }> {
  return Object.fromEntries(
    Object.entries(values).map(([name, [kind, value]]) => [name, {
      type: AttributeType[kind],
      value,
    }]),
  );
}

/** A character for each byte. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

Deno.test("Attributes: text, bytes, list of texts, of types, of shapes, empty lists", () => {
  // A message without fields: every value is the default.
  const [x, y] = rawOp(
    "ParseSingleExample",
    [tf.scalar("", "string"), tf.tensor1d([1, 2]), tf.tensor2d([["é"]])],
    {
      outputs: 2,
      attributes: attributesOf({
        num_sparse: ["int", 0],
        sparse_keys: ["string", []],
        dense_keys: ["string", ["größe", "y"]],
        sparse_types: ["type", []],
        Tdense: ["type", [float32, DataType.string]],
        dense_shapes: ["shape", [[2], [1, 1]]],
      }),
    },
  );
  assert.deepEqual([...x.dataSync()], [1, 2]);
  assert.deepEqual([y!.shape, y!.dataSync() as unknown], [[1, 1], ["é"]]);
  for (const unit of ["UTF8_CHAR", new TextEncoder().encode("UTF8_CHAR")]) {
    const [length] = rawOp("StringLength", [tf.scalar("é中")], {
      attributes: attributesOf({ unit: ["string", unit] }),
    });
    assert.equal(length.dataSync()[0], 2);
  }
});

Deno.test("Attributes: numbers and truths, and lists of them", () => {
  const [bucket] = rawOp("Bucketize", [tf.tensor1d([-1, 0.5, 7])], {
    attributes: attributesOf({ boundaries: ["float", [0, 0.25, 5]] }),
  });
  assert.deepEqual([...bucket.dataSync()], [0, 2, 3]);
  const [squeezed] = rawOp("Squeeze", [tf.ones([1, 2, 1])], {
    attributes: attributesOf({ squeeze_dims: ["int", Int32Array.of(2)] }),
  });
  assert.deepEqual(squeezed.shape, [1, 2]);
  const [leaky] = rawOp("LeakyRelu", [tf.tensor1d([-2])], {
    attributes: attributesOf({ alpha: ["float", 1] }), // a float although it is whole
  });
  assert.deepEqual([...leaky.dataSync()], [-2]);
  const [flipped] = rawOp("MatMul", [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]])], {
    attributes: attributesOf({ transpose_a: ["bool", false], transpose_b: ["bool", true] }),
  });
  assert.deepEqual([...flipped.dataSync()], [11]);
  // TensorFlow's own ops have no list of truths, so that this one passes unused.
  const truths = attributesOf({ _truths: ["bool", [true, false]] });
  assert.equal(rawOp("Identity", [tf.scalar(1)], { attributes: truths })[0].dataSync()[0], 1);
  const graph = new Graph((handle) => handle);
  graph.execute("NoOp", [{ name: "_truths", ...truths._truths! }], [], 0);
  // AttrValue { list { b: [true, false] } }
  assert.ok(latin1(graph.toGraphDef()).includes("\x0a\x04\x2a\x02\x01\x00"));
  graph.delete();
});

Deno.test("Attributes: a shape that is known in part, or not at all", () => {
  const graph = new Graph((handle) => handle);
  graph.allowUnknownShapes = true;
  for (const shape of [[2, -1], [2, null], null]) {
    graph.execute(
      "Placeholder",
      [
        { name: "dtype", type: AttributeType.type, value: float32 },
        { name: "shape", type: AttributeType.shape, value: shape },
      ],
      [],
      1,
    );
  }
  const text = latin1(graph.toGraphDef());
  graph.delete();
  // TensorShapeProto: { dim { size: 2 } dim { size: -1 } } twice, and { unknown_rank: true }
  assert.equal(text.split("\x12\x02\x08\x02\x12\x0b\x08" + "\xff".repeat(9) + "\x01").length, 3);
  assert.equal(text.split(":\x02\x18\x01").length, 2);
});

Deno.test("Attributes: the name of a function", () => {
  const graph = new Graph((handle) => handle);
  const x = graph.input({ dtype: float32, shape: [2] });
  const outputs = graph.execute("Square", [], [x], 1);
  const f = graph.toFunction({ name: "square", outputs });
  graph.delete();
  const [y] = rawOp("PartitionedCall", [tf.tensor1d([3, -4])], {
    attributes: attributesOf({
      Tin: ["type", [float32]],
      Tout: ["type", [float32]],
      f: ["func", f],
    }),
  });
  assert.deepEqual([...y.dataSync()], [9, 16]);
});

Deno.test("Attributes: the types of inputs win over those that are stated, traced and eager", () => {
  const stated = attributesOf({ T: ["type", int32] });
  assert.deepEqual([...rawOp("Neg", [tf.tensor1d([0.5])], { attributes: stated })[0].dataSync()], [
    -0.5,
  ]);
  const graph = new Graph((handle) => handle);
  const x = graph.input({ dtype: float32, shape: [1] });
  const attributes = [{ name: "T", ...stated.T! }];
  assert.equal(graph.execute("Neg", attributes, [x], 1)[0]!.dtype, float32);
  graph.delete();
});

Deno.test("Attributes that are not what their type says are refused", () => {
  const before = binding.getNumOfTensors();
  const x = tf.scalar(1);
  const cases: [kind: keyof typeof AttributeType, value: unknown, message: string][] = [
    ["string", 1, "a text or bytes wanted, found 1"],
    ["string", ["a", null], "a text or bytes wanted, found null"],
    ["int", "1", "a whole number wanted, found 1"],
    ["float", false, "a number wanted, found false"],
    ["bool", 1, "true or false wanted, found 1"],
    ["bool", undefined, "true or false wanted, found undefined"],
    ["type", "float32", "the number of a type wanted, found float32"],
    ["shape", 3, "a shape wanted, found 3"],
    ["func", 3, "the name of a function wanted, found 3"],
  ];
  for (const [kind, value, message] of cases) {
    assert.throws(() => rawOp("Neg", [x], { attributes: attributesOf({ T: [kind, value] }) }), {
      name: "TypeError",
      message: `Cannot set attribute "T": ${message}`,
    });
  }
  assert.throws(() => rawOp("Neg", [x], { attributes: { T: { type: 6, value: 1 } } }), {
    name: "TypeError",
    message: 'Cannot set attribute "T": its type must be one of 0, 1, 2, 3, 4, 5, 8, found 6',
  });
  assert.throws(() => rawOp("Neg", [x], { attributes: attributesOf({ T: ["type", [float32]] }) }), {
    name: "TypeError",
    message: "Cannot set a list of types: one type is wanted",
  });
  x.dispose();
  assert.equal(binding.getNumOfTensors(), before);
});
