import assert from "node:assert/strict";
import { join } from "node:path";
import { BatchNorm2d, Conv2d, Dropout, Linear, Module, Sequential } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { openSafetensors, readSafetensors, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

class Net extends Module {
  stem = new Sequential({ conv: new Conv2d(3, 4, { kernelSize: 3, key: key(1) }) });
  blocks = [new BatchNorm2d(4), new BatchNorm2d(4)];
  heads = { a: new Linear(4, 2, { key: key(2) }), b: new Linear(4, 3, { key: key(3) }) };
  size = 7;
  #hidden = new Linear(2, 2, { key: key(4) });

  override get modelName(): string {
    return "net";
  }

  get hidden(): Linear {
    return this.#hidden;
  }
}

const NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];

Deno.test("Module.stateDict() names variables by the path of properties, in PyTorch's layout", () => {
  const state = new Net().stateDict();
  assert.deepEqual(Object.keys(state), [
    "stem.conv.weight",
    "stem.conv.bias",
    ...NORM.map((name) => `blocks.0.${name}`),
    ...NORM.map((name) => `blocks.1.${name}`),
    "heads.a.weight",
    "heads.a.bias",
    "heads.b.weight",
    "heads.b.bias",
  ]);
  assert.deepEqual(state["stem.conv.weight"]!.shape, [4, 3, 3, 3]);
  assert.deepEqual(state["heads.b.weight"]!.shape, [3, 4]);
  const { dtype, shape, data } = state["blocks.0.num_batches_tracked"]!;
  assert.deepEqual({ dtype, shape, data }, { dtype: "I64", shape: [], data: BigInt64Array.of(0n) });
});

Deno.test("Module.namedParameters() leaves buffers out, namedBuffers() parameters", () => {
  const net = new Net();
  const all = [...Object.keys(net.namedParameters()), ...Object.keys(net.namedBuffers())];
  assert.equal(Object.keys(net.namedBuffers()).length, 6);
  assert.deepEqual(all.sort(), Object.keys(net.stateDict()).sort());
  net.heads.a.weight.trainable = false; // frozen, but still a parameter
  assert.ok("heads.a.weight" in net.namedParameters());
  assert.equal(net.parameterCount(), 3 * 4 * 9 + 4 + 4 * 4 + 4 * 2 + 2 + 4 * 3 + 3);
});

Deno.test("Module.loadStateDict() restores what stateDict() gave, in every layout", () => {
  const [a, b] = [new Net(), new Net()];
  b.heads.b.loadStateDict({
    weight: { dtype: "F64", shape: [3, 4], data: Float64Array.from({ length: 12 }, (_, i) => i) },
    bias: { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) },
  });
  assert.deepEqual([...b.heads.b.weight.dataSync()], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  b.blocks[1]!.num_batches_tracked.assign(tf.scalar(12, "int32"));
  a.loadStateDict(b.stateDict());
  assert.deepEqual(a.stateDict(), b.stateDict());
});

Deno.test("Module.loadStateDict() converts 16-bit weights exactly, as a file holds them", () => {
  const layer = new Linear(2, 2, { key: key(1) });
  const path = join(temporaryFolder(), "half.safetensors");
  writeSafetensors(path, {
    // 1, -2, 2^-24 (subnormal) and 65504 (the largest) in IEEE half floats, row by row
    weight: { dtype: "F16", shape: [2, 2], data: Uint16Array.of(0x3c00, 0xc000, 1, 0x7bff) },
    // 1.5 and -2^100 in brain floats
    bias: { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3fc0, 0xf180) },
  });
  using file = openSafetensors(path);
  layer.loadStateDict({ weight: file.view("weight"), bias: file.view("bias") });
  const { weight, bias } = layer.stateDict();
  assert.deepEqual(weight!.data, Float32Array.of(1, -2, 2 ** -24, 65504));
  assert.deepEqual(bias!.data, Float32Array.of(1.5, -(2 ** 100)));
});

Deno.test("Module.loadStateDict() lists missing, unexpected and misshapen keys, and loads nothing", () => {
  const net = new Net();
  const before = net.stateDict();
  const { "stem.conv.bias": _, ...state } = new Net().stateDict();
  const wrong = { dtype: "F32", shape: [37, 4], data: new Float32Array(148) };
  const given = { ...state, "heads.b.weight": wrong, "fc.weight": wrong, "fc.bias": wrong };
  assert.throws(() => net.loadStateDict(given, { source: '"a.safetensors"' }), {
    name: "TypeError",
    message: 'Cannot load "a.safetensors" into net: 1 key missing (first "stem.conv.bias"), ' +
      '2 keys unexpected (first "fc.weight"), ' +
      '1 key misshapen ("heads.b.weight": 37x4 found, 3x4 wanted)',
  });
  assert.deepEqual(net.stateDict(), before);
  assert.deepEqual(net.loadStateDict(given, { strict: false }), {
    missing: ["stem.conv.bias"],
    unexpected: ["fc.weight", "fc.bias"],
    misshapen: [{ key: "heads.b.weight", found: [37, 4], wanted: [3, 4] }],
  });
  assert.deepEqual(net.stateDict()["heads.a.weight"], state["heads.a.weight"]);
  assert.deepEqual(net.stateDict()["stem.conv.bias"], before["stem.conv.bias"]);
});

Deno.test("Module.loadStateDict() refuses an element type that it cannot convert", () => {
  const layer = new Linear(1, 1, { bias: false, key: key(1) });
  const weight = { dtype: "U16", shape: [1, 1], data: Uint16Array.of(1) };
  assert.throws(() => layer.loadStateDict({ weight }), {
    name: "TypeError",
    message: 'Cannot load "weight": its dtype is U16, wanted F32, F64, F16 or BF16',
  });
});

Deno.test("Module.loadStateDict() changes nothing when a later element type does not fit", () => {
  const layer = new Linear(2, 1, { key: key(1) });
  const before = layer.stateDict();
  const weight = { dtype: "F32", shape: [1, 2], data: Float32Array.of(5, 6) };
  const bias = { dtype: "I64", shape: [1], data: BigInt64Array.of(7n) };
  assert.throws(() => layer.loadStateDict({ weight, bias }), {
    name: "TypeError",
    message: 'Cannot load "bias": its dtype is I64, wanted F32, F64, F16 or BF16',
  });
  assert.deepEqual(layer.stateDict(), before);
});

Deno.test("Module.loadStateDict() refuses NaN and infinite values of every type, and loads nothing", () => {
  const layer = new Linear(2, 1, { key: key(1) });
  const before = layer.stateDict();
  const bias = { dtype: "F32", shape: [1], data: Float32Array.of(1) };
  const weights = [
    ["F32", Float32Array.of(1, NaN), NaN],
    ["F32", Float32Array.of(1, -Infinity), -Infinity],
    ["F64", Float64Array.of(1, 1e300), Infinity],
    ["F16", Uint16Array.of(0x3c00, 0x7c00), Infinity],
    ["BF16", Uint16Array.of(0x3f80, 0x7fc0), NaN],
  ] as const;
  for (const [dtype, data, found] of weights) {
    for (const strict of [true, false]) {
      const state = { bias, weight: { dtype, shape: [1, 2], data } };
      assert.throws(() => layer.loadStateDict(state, { strict, source: '"a.safetensors"' }), {
        name: "RangeError",
        message:
          `Cannot load "a.safetensors" into Linear: "weight" holds ${found} (value 1 of 2), wanted finite numbers; take weights from before that`,
      });
    }
  }
  assert.deepEqual(layer.stateDict(), before);
});

Deno.test("Module.stateDict() survives a safetensors file", () => {
  const [a, b] = [new Net(), new Net()];
  b.blocks[1]!.num_batches_tracked.assign(tf.scalar(12, "int32"));
  b.heads.a.weight.assign(tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]));
  const path = join(temporaryFolder(), "net.safetensors");
  writeSafetensors(path, b.stateDict());
  const { tensors } = readSafetensors(path);
  assert.deepEqual([...tensors["heads.a.weight"]!.data], [1, 3, 5, 7, 2, 4, 6, 8]);
  a.loadStateDict(tensors);
  assert.deepEqual(a.stateDict(), b.stateDict());
});

Deno.test("Module calls, state dicts and loading leave no tensors behind", () => {
  const layers = {
    conv: new Conv2d(3, 4, { kernelSize: 3, key: key(1) }),
    norm: new BatchNorm2d(4),
  };
  const net = new Sequential({ ...layers, drop: new Dropout(0.5) });
  const [x, from] = [tf.ones([2, 5, 5, 3]), key(2)];
  const before = tf.memory().numTensors;
  for (let pass = 0; pass < 3; pass++) {
    tf.dispose(tf.tidy(() => net.call(x, { training: true, key: from })));
    net.loadStateDict(net.stateDict());
    net.namedParameters();
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("Module.dispose() frees every variable", () => {
  const before = tf.memory().numTensors;
  const layer = new Sequential([
    new Linear(2, 3, { key: tf.tidy(() => key(1)) }),
    new BatchNorm2d(3),
  ]);
  layer.dispose();
  assert.equal(tf.memory().numTensors, before + 1); // the key
});

Deno.test("loadStateDict() takes a BatchNorm2d without its count of batches, as PyTorch does", () => {
  const [a, b] = [1, 2].map(() => new BatchNorm2d(3));
  const { num_batches_tracked, ...state } = a!.stateDict();
  assert.deepEqual(num_batches_tracked!.data, BigInt64Array.of(0n));
  const { missing } = b!.loadStateDict({
    ...state,
    running_mean: { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) },
  });
  assert.deepEqual(missing, []);
  assert.deepEqual(b!.stateDict().running_mean!.data, Float32Array.of(1, 2, 3));
  const { running_var: _, ...less } = state;
  assert.throws(() => b!.loadStateDict(less), {
    message: 'Cannot load state dict into BatchNorm2d: 1 key missing (first "running_var")',
  });
});

Deno.test("loadStateDict() takes whole numbers of any width, within those of 32 bits", () => {
  const norm = new BatchNorm2d(1);
  const state = norm.stateDict();
  const count = (dtype: string, data: ArrayLike<number> | ArrayLike<bigint>) => {
    norm.loadStateDict({ ...state, num_batches_tracked: { dtype, shape: [], data } });
    return norm.num_batches_tracked.dataSync()[0];
  };
  assert.equal(count("U16", Uint16Array.of(65535)), 65535);
  assert.equal(count("U64", BigUint64Array.of(7n)), 7);
  assert.throws(() => count("U32", Uint32Array.of(2 ** 31)), {
    name: "RangeError",
    message: "Cannot load 2147483648 as a whole number: it is beyond 2147483647",
  });
  assert.equal(norm.num_batches_tracked.dataSync()[0], 7); // Nothing changed
});
