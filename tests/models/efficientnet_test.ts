import assert from "node:assert/strict";
import {
  efficientnetB0,
  efficientnetFromKeras,
  efficientnetFromTorchvision,
  type EfficientNetOptions,
  tfEfficientnetB0,
} from "galaxykit/models";
import type { LoadableTensor, StateDict } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import reference from "../reference/efficientnet_sizes.json" with { type: "json" };
import { assertClose, asTensor, readFixture, valuesOf, withPrefix } from "../nn/reference.ts";
import { assertAgrees, assertSize, type TinyNetwork } from "./_reference.ts";

const [tiny] = readFixture<TinyNetwork>("efficientnet_tiny.safetensors");
const options = { ...tiny!.options, classes: tiny!.classes } as Omit<EfficientNetOptions, "key">;

Deno.test("efficientnetB0() agrees with timm in inference and over three steps of SGD", () => {
  assertAgrees(efficientnetB0({ ...options, key: key(1) }), tiny!);
});

Deno.test("tfEfficientnetB0() pads and normalises as timm's", () => {
  const { tensors } = tiny!;
  const state = withPrefix<LoadableTensor>(tensors, "state/");
  const logits = [tfEfficientnetB0, efficientnetB0].map((create) => {
    const model = create({ ...options, key: key(1) });
    model.loadStateDict(state);
    return model.call(asTensor(tensors["images"]!));
  });
  const wanted = tensors["tf_logits"]!;
  assertClose(valuesOf(logits[0]!), wanted, { tolerance: 1e-4, what: "logits" });
  assert.ok(tf.max(tf.abs(tf.sub(logits[1]!, asTensor(wanted)))).dataSync()[0]! > 0.01);
});

for (const [name, size] of Object.entries(reference.sizes)) {
  // Keys and cost of B0 to B7 in TensorFlow's padding are the same, but for the pixels
  if (/^tf_.*b[1-7]/.test(name)) continue;
  Deno.test(`${name} has timm's keys, shapes and cost`, () => assertSize(name, size));
}

Deno.test("efficientnetFromTorchvision() gives every weight timm's name", () => {
  const tensor = { dtype: "F32" as const, shape: [1], data: new Float32Array(1) };
  const pairs = reference.torchvision as [string, string][];
  assert.equal(pairs.length, reference.sizes.efficientnet_b0.keys);
  const renamed = efficientnetFromTorchvision(
    Object.fromEntries(pairs.map(([theirs]) => [theirs, tensor])),
  );
  assert.deepEqual(Object.keys(renamed), pairs.map(([, ours]) => ours));
  assert.throws(() => efficientnetFromTorchvision({ "layer1.0.conv1.weight": tensor }), {
    name: "RangeError",
    message:
      'Cannot rename "layer1.0.conv1.weight": it is no weight of torchvision\'s EfficientNet',
  });
});

Deno.test("efficientnetFromKeras() makes tfEfficientnetB0() compute what Keras did", () => {
  const [{ tensors, classes, options }] = readFixture<TinyNetwork>(
    "efficientnet_keras.safetensors",
  ) as [TinyNetwork];
  const model = tfEfficientnetB0({ ...options, classes, key: key(1) });
  model.loadStateDict(efficientnetFromKeras(withPrefix(tensors, "state/") as StateDict));
  const logits = model.call(asTensor(tensors["images"]!));
  assertClose(valuesOf(logits), tensors["logits"]!, { tolerance: 1e-4, what: "logits" });
  const kernel = { dtype: "F32" as const, shape: [1], data: new Float32Array(1) };
  assert.deepEqual(efficientnetFromKeras({ "normalization/mean:0": kernel }), {});
  assert.throws(() => efficientnetFromKeras({ "conv1_conv/kernel:0": kernel }), {
    name: "RangeError",
    message: 'Cannot rename "conv1_conv/kernel:0": it is no weight of Keras\'s EfficientNet',
  });
});
