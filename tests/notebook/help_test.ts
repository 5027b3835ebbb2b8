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
  assert.throws(() => help({}), {
    message:
      'Cannot help with this object: it is plain data; name its type, as in help("ImageSet")',
  });
  assert.throws(() => help(() => 1), { message: /help\(\) lists what there is$/ });
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

Deno.test("help() lists the rooms, and what is in one", () => {
  assert.match(help().markdown, /`data`, .*`plot`/);
  for (const room of [plot, "plot"]) {
    assert.match(
      help(room).markdown,
      /^\*\*plot\*\*\n\n[^]*- `plot\.sampleGrid` Draws some galaxies of each class at random and shows [^\n]*\.\n/,
    );
  }
});

Deno.test("help() shows the options of a function, and those that they are joined from", () => {
  const shown = help(train.finetune).markdown;
  for (const option of ["phases: readonly Phase", "train: ImageSubset", "batchSize: number"]) {
    assert.ok(shown.includes(`  ${option}`), option);
  }
  assert.match(help(plot.sampleGrid).markdown, /\n {2}perClass\?: number;/);
});

Deno.test("help() shows the method of an object, and never a function that is called as it is", () => {
  const survey = data.openSurvey("data/sky");
  assert.match(
    help(survey.images).markdown,
    /^\*\*GalaxySurvey\.images\*\*[^]*options: SurveyImageOptions/,
  );
  const set = data.imageSet({ images: new Uint8Array(48), size: 4 });
  assert.match(help(set.tile).markdown, /^\*\*ImageSet\.tile\*\*[^]*One image, with its class/);
  assert.throws(() => help(set.read), { message: /^Cannot help with the method read: / });
});

Deno.test("help() sends to the reference of TensorFlow.js for what is of it", () => {
  for (
    const [what, name] of [[kit.tf.add, "add"], [kit.tf.tensor2d, "tensor2d"], ["tf.relu", "relu"]]
  ) {
    assert.throws(() => help(what as object), {
      message:
        `Cannot help with tf.${name}: it is of TensorFlow.js, see https://js.tensorflow.org/api/latest/#${name}`,
    });
  }
});
