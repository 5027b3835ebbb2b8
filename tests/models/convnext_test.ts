import assert from "node:assert/strict";
import { ConvNeXt, convnextFromTorchvision } from "galaxykit/models";
import { key } from "galaxykit/tensorflow";
import reference from "../reference/convnext_sizes.json" with { type: "json" };
import { readFixture } from "../nn/reference.ts";
import {
  assertAgrees,
  assertAgreesRenamed,
  assertSize,
  type NamedNetwork,
  type TinyNetwork,
} from "./_reference.ts";

type Options = { width: number; depths: [number, number, number, number]; convolutions: boolean };

for (const network of readFixture<TinyNetwork>("convnext_tiny.safetensors")) {
  Deno.test(`ConvNeXt agrees with timm's, its layers stored as ${network.name}`, () => {
    const options = network.options as Options;
    const { classes } = network;
    assertAgrees(new ConvNeXt({ name: "tiny", ...options }, { classes, key: key(1) }), network);
  });
}

for (const [name, size] of Object.entries(reference.sizes)) {
  Deno.test(`${name} has timm's keys, shapes and cost`, () => assertSize(name, size));
}

Deno.test("convnextFromTorchvision() makes ConvNeXt compute what torchvision's did", () => {
  const [network] = readFixture<NamedNetwork>("convnext_names.safetensors");
  const options = network!.options as Options;
  const model = new ConvNeXt({ name: "tiny", ...options }, { classes: 3, key: key(1) });
  assertAgreesRenamed(model, network!, { rename: convnextFromTorchvision });
  const tensor = { dtype: "F32" as const, shape: [1], data: new Float32Array(1) };
  for (const key of ["stem.0.weight", "features.1.0.block.1.weight", "features.2.0.block.0.bias"]) {
    assert.throws(() => convnextFromTorchvision({ [key]: tensor }), {
      name: "RangeError",
      message: `Cannot rename "${key}": it is no weight of torchvision's ConvNeXt`,
    });
  }
});
