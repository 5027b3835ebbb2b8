import assert from "node:assert/strict";
import { formatModelTable, modelNames, modelTable } from "galaxykit/models";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

/** The README's own table, between `<!-- models -->` and `<!-- /models -->`. */
const BLOCK = README.match(/<!-- models -->([^]*?)<!-- \/models -->/)?.[1];

/** Made once: it makes every network. */
const rows = modelTable();

Deno.test("modelTable() has every model, and the parameters that are published", () => {
  assert.deepEqual([...new Set(rows.map(({ name }) => name))], modelNames());
  const of = (name: string) => rows.filter((row) => row.name === name);
  // torchvision's and timm's own counts
  assert.equal(of("resnet50")[0]!.parameters, 25_557_032);
  assert.equal(of("efficientnet_b0")[0]!.parameters, 5_288_548);
  assert.equal(of("vit_base_patch16_224")[0]!.parameters, 86_567_656);
  assert.deepEqual(of("convnext_nano")[1], {
    name: "convnext_nano",
    parameters: 15_593_560 - 641_000, // Without its last layer
    size: 224,
    weights: "hf:mwalmsley/zoobot-encoder-convnext_nano@main/pytorch_model.bin",
    source: "Zoobot, trained on Galaxy Zoo",
    licence: "Apache-2.0",
  });
  assert.deepEqual(of("efficientnet_b7"), [
    { name: "efficientnet_b7", parameters: 66_347_960, size: 600 },
  ]);
});

Deno.test("formatModelTable() sets columns, as text and as Markdown", () => {
  const two = [
    { name: "b7", parameters: 66_347_960, size: 600 },
    {
      ...{ name: "r18", parameters: 700, size: 64, weights: "kit:r18" },
      ...{ source: "galaxykit, trained on galaxies", licence: "CC0-1.0" },
    },
  ];
  assert.equal(
    formatModelTable(two),
    `
model  parameters  input  weights  trained by             licence
b7     66,347,960    600
r18           700     64  kit:r18  galaxykit on galaxies  CC0-1.0`.slice(1),
  );
  assert.equal(
    formatModelTable(two, { markdown: true }),
    `
| model | parameters | input | weights   | trained by            | licence |
| ----- | ---------: | ----: | --------- | --------------------- | ------- |
| \`b7\`  | 66,347,960 |   600 |           |                       |         |
| \`r18\` |        700 |    64 | \`kit:r18\` | galaxykit on galaxies | CC0-1.0 |`.slice(1),
  );
});

Deno.test("the README has the table of the models as it is", () => {
  assert.equal(BLOCK?.trim(), formatModelTable(rows, { markdown: true }));
});
