import assert from "node:assert/strict";
import { resizePositions, ViT, vitFromTorchvision, vitMini } from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import reference from "../reference/vit_sizes.json" with { type: "json" };
import { assertClose, readFixture } from "../nn/reference.ts";
import {
  assertAgrees,
  assertAgreesRenamed,
  assertSize,
  type NamedNetwork,
  type NetworkSize,
  type TinyNetwork,
} from "./_reference.ts";

type Options = {
  width: number;
  heads: number;
  depth: number;
  size: number;
  patch: number;
  registers?: number;
  layerScale?: number;
};

for (const network of readFixture<TinyNetwork>("vit_tiny.safetensors")) {
  Deno.test(`ViT agrees with timm's: ${network.name}`, () => {
    const { heads, ...options } = network.options as Options;
    const { classes } = network;
    const model = new ViT({ name: "tiny", ...options }, { classes, heads, key: key(1) });
    assertAgrees(model, network);
  });
}

for (const network of readFixture<NamedNetwork>("vit_names.safetensors")) {
  Deno.test(`vitFromTorchvision() makes ViT compute what ${network.name} did`, () => {
    const { heads, ...options } = network.options as Options;
    const model = new ViT({ name: "tiny", ...options }, { classes: 3, heads, key: key(1) });
    assertAgreesRenamed(model, network, { rename: vitFromTorchvision });
  });
}

Deno.test("vitFromTorchvision() refuses what it does not know", () => {
  const tensor = { dtype: "F32" as const, shape: [1], data: new Float32Array(1) };
  for (const key of ["blocks.0.norm1.weight", "encoder.layer.0.gate.weight", "norm.bias"]) {
    assert.throws(() => vitFromTorchvision({ [key]: tensor }), {
      name: "RangeError",
      message: `Cannot rename "${key}": it is no weight of torchvision's vision transformers`,
    });
  }
});

/** Those that are left out differ from these in numbers that are tested here too. */
const FULL_SIZE = [
  "vit_small_patch16_224",
  "vit_base_patch16_224",
  "vit_small_patch14_dinov2",
  "vit_small_patch14_reg4_dinov2",
  "vit_large_patch14_reg4_dinov2",
];
for (const name of FULL_SIZE) {
  const size = (reference.sizes as Record<string, NetworkSize>)[name]!;
  Deno.test(`${name} has timm's keys, shapes and cost`, () => assertSize(name, size));
}

Deno.test("ViT says which image sizes and widths it takes", () => {
  const model = vitMini({ classes: 2, depth: 1, key: key(1) });
  assert.throws(() => model.call(tf.zeros([1, 32, 60, 3])), {
    name: "TypeError",
    message:
      "Cannot run vit_small_mini: the sides of images must be multiples of its patch of 16 pixels, found 32x60",
  });
  assert.throws(() => vitMini({ positions: "nearest" as never, key: key(1) }), {
    name: "RangeError",
    message:
      "Cannot make vit_small_mini: positions must be one of antialias, size, offset, found nearest",
  });
  assert.throws(() => vitMini({ size: 60, key: key(1) }), {
    name: "RangeError",
    message:
      "Cannot make vit_small_mini: the size must be a multiple of its patch of 16 pixels, found 60",
  });
  assert.throws(() => vitMini({ width: 100, key: key(1) }), {
    name: "RangeError",
    message:
      "Cannot make vit_small_mini: heads must be given where the width is no multiple of 64, found 100",
  });
});

Deno.test("ViT.asMap() puts tokens in their places and leaves out those before them", () => {
  const options = { name: "tiny", patch: 8, width: 2, depth: 1, size: 24, registers: 2 };
  const model = new ViT(options, { heads: 1, key: key(1) });
  const tokens = tf.range(0, 3 + 9).reshape([1, 12, 1]);
  const map = model.asMap(tokens, { height: 24, width: 24 });
  assert.deepEqual(map.squeeze().arraySync(), [[3, 4, 5], [6, 7, 8], [9, 10, 11]]);
  assert.throws(() => model.asMap(tf.zeros([1, 5, 2]), { height: 24, width: 24 }), {
    name: "TypeError",
    message: "Cannot make a map of tiny: an output of 4 dimensions is wanted, found [1,5,2]",
  });
});

type Resampling = { from: number; to: number; prefixTokens: number };

for (const network of readFixture<Resampling>("vit_positions.safetensors")) {
  const { from, to, prefixTokens, tensors } = network;
  Deno.test(`resizePositions() from ${from} to ${to} patches a side agrees with timm`, () => {
    const { shape, data } = tensors["positions"]!;
    const positions = { dtype: "F32" as const, shape, data: data as Float32Array };
    const found = resizePositions(positions, { rows: to, prefixTokens });
    assertClose(found, tensors["resized"] as typeof found, { tolerance: 1e-6, what: "positions" });
  });
}

Deno.test("resizePositions() refuses what is no square", () => {
  const positions = { dtype: "F32" as const, shape: [1, 11, 1], data: new Float32Array(11) };
  assert.throws(() => resizePositions(positions, { rows: 2, prefixTokens: 1 }), {
    name: "RangeError",
    message: "Cannot resize positions: the tokens after the first 1 must make a square, found 10",
  });
});
