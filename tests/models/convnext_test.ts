import { ConvNeXt } from "galaxykit/models";
import { key } from "galaxykit/tensorflow";
import reference from "../reference/convnext_sizes.json" with { type: "json" };
import { readFixture } from "../nn/reference.ts";
import { assertAgrees, assertSize, type TinyNetwork } from "./_reference.ts";

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
