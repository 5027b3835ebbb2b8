import assert from "node:assert/strict";
import { data, help, jit, models, nn, plot, random, train } from "galaxykit";
import * as kit from "galaxykit";

Deno.test("help() shows documentation of functions, classes and types, given or by name", () => {
  const cases: [object | string, ...RegExp[]][] = [
    [
      plot.sampleGrid,
      /^\*\*sampleGrid\*\* \(lib\/plot\//,
      /Draws some galaxies of each class/,
      /throws/,
    ],
    ["sampleGrid", /function sampleGrid\(/],
    ["plot.sampleGrid", /function sampleGrid\(/],
    [nn.Linear, /class Linear extends Layer\n {2}constructor\(inFeatures: number/],
    [jit, /function jit</],
    [random.normal, /lib\/tensorflow\//],
    ["ModelConfig", /type ModelConfig = \{/],
    [train.fit, /The rows of all epochs/],
    [models.resnet18({ classes: 2, width: 4 }), /class ResNet extends ImageModel/],
  ];
  for (const [what, ...patterns] of cases) {
    for (const pattern of patterns) assert.match(help(what).markdown, pattern);
  }
});

Deno.test("help() displays itself as Markdown in a notebook, as text in a console", () => {
  const shown = help(data.readTable) as unknown as Record<symbol, () => Record<string, string>>;
  const bundle = shown[Symbol.for("Jupyter.display")]!();
  assert.match(bundle["text/markdown"]!, /```ts\nfunction readTable\(/);
  assert.doesNotMatch(bundle["text/plain"]!, /```/);
  assert.equal(Deno.inspect(help(data.readTable)), bundle["text/plain"]);
});

Deno.test("help() refuses what the kit does not have, naming the nearest", () => {
  assert.throws(() => help("plot.sampleGird"), {
    name: "RangeError",
    message: 'Cannot help with "plot.sampleGird": nearest is "sampleGrid"',
  });
  assert.throws(() => help({}), { message: /^Cannot help with "Object": / });
  assert.throws(() => help(undefined as never), { message: /^Cannot help with this value: / });
});

Deno.test("help() knows every public function and class", () => {
  const silent: string[] = [];
  for (const [room, value] of Object.entries(kit)) {
    if (room === "tf" || room === "pl" || typeof value !== "object") continue;
    for (const [name, item] of Object.entries(value)) {
      if (typeof item !== "function") continue;
      const text = help(item).markdown;
      if (!text.includes(`**${name}**`) || text.split("\n\n").length < 3) {
        silent.push(`${room}.${name}`);
      }
    }
  }
  assert.deepEqual(silent, []);
});
