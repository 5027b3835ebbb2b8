import assert from "node:assert/strict";
import { type ImageModel, type ImageModelOptions, modelCard, modelNames } from "galaxykit/models";
import { BatchNorm2d } from "galaxykit/nn";
import { jit, key, tf } from "galaxykit/tensorflow";
import { assertAllLearn } from "./_reference.ts";

/** A network of each kind of block, narrow; the others differ in numbers alone. */
const TINY: Record<string, Omit<ImageModelOptions, "key">> = {
  resnet18: { width: 4 },
  resnet50: { width: 2 },
  efficientnet_b0: { width: 4 },
  tf_efficientnet_b0: { width: 4 },
  convnext_atto: { width: 4 },
  convnext_tiny: { width: 4 },
  vit_small_mini: { width: 64, size: 48 },
  vit_small_patch14_reg4_dinov2: { width: 64, size: 28 },
};

function create(name: string, options: Partial<ImageModelOptions> = {}): ImageModel {
  return modelCard(name).create({ classes: 5, ...TINY[name], key: key(1), ...options });
}

const sizeOf = (name: string) => TINY[name]!.size ?? 70;

for (const name of Object.keys(TINY)) {
  Deno.test(`${name} takes other classes and channels, and every parameter has a gradient`, () => {
    const size = sizeOf(name);
    tf.tidy(() => {
      const model = create(name, { classes: 42, inChannels: 5 });
      const images = tf.ones([2, size, size, 5]);
      const features = model.features(images);
      const map = model.asMap(features, { height: size, width: size });
      assert.equal(map.shape[3], features.shape.at(-1));
      assert.deepEqual(model.pooled(images).shape, [2, features.shape.at(-1)]);
      assertAllLearn(model, images);
      model.dispose();
    });
  });

  Deno.test(`${name} has blocks in order, which hold every parameter but the head's once`, () => {
    const model = create(name);
    const blocks = model.blocks();
    assert.equal(blocks[0]!.name, "stem");
    const inBlocks = blocks.flatMap(({ parameters }) => Object.keys(parameters));
    const head = Object.keys(model.headParameters());
    assert.deepEqual(head, [`${model.headName}.weight`, `${model.headName}.bias`]);
    assert.deepEqual(
      [...inBlocks, ...head].sort(),
      Object.keys(model.namedParameters()).sort(),
    );
    const layers = blocks.flatMap(({ modules }) => Object.keys(modules));
    assert.equal(new Set(layers).size, layers.length);
    // Each block is called after the one before it
    const rows = model.summary({ size: sizeOf(name), by: "layer" }).rows.map(({ name }) => name);
    const first = blocks.map(({ modules }) => rows.findIndex((row) => Object.hasOwn(modules, row)));
    assert.deepEqual(first, first.toSorted((a, b) => a - b));
    const stages = model.blocks({ by: "stage" });
    assert.deepEqual(stages.map((stage) => stage.name), [...new Set(blocks.map((b) => b.stage))]);
    model.dispose();
  });

  Deno.test(`${name} keeps its features when the head is replaced`, () => {
    const model = create(name);
    const images = tf.ones([1, sizeOf(name), sizeOf(name), 3]);
    const [keys, before] = [Object.keys(model.stateDict()), model.pooled(images).dataSync()];
    const variables = tf.memory().numTensors;
    const second = key(2);
    model.resetHead({ classes: 7, key: second });
    second.dispose();
    assert.equal(tf.memory().numTensors, variables);
    assert.deepEqual(Object.keys(model.stateDict()), keys);
    assert.deepEqual(model.pooled(images).dataSync(), before);
    assert.deepEqual(model.call(images).shape, [1, 7]);
    model.dispose();
  });

  Deno.test(`${name} shows what any of its layers gives, without changing the logits`, () => {
    const model = create(name);
    const size = sizeOf(name);
    const images = tf.randomNormal([2, size, size, 3], 0, 1, "float32", 1);
    const plain = model.call(images);
    const layers = Object.keys(model.namedLayers());
    assert.ok(layers.includes(model.mapLayer));
    const inspect = jit((images: tf.Tensor) => model.inspect(images, { layers }));
    const { logits, outputs } = inspect(images);
    assert.deepEqual(Object.keys(outputs), layers);
    // Convolutions and normalisations are computed apart here: other rounding errors
    const error = tf.max(tf.abs(tf.sub(logits, plain))).dataSync()[0]!;
    assert.ok(error < 1e-4 * Math.max(1, tf.max(tf.abs(plain)).dataSync()[0]!), `off by ${error}`);
    const map = model.asMap(outputs[model.mapLayer]!, { height: size, width: size });
    assert.deepEqual([map.rank, map.shape[0]], [4, 2]);
    assert.ok(map.shape[1] > 1);
    assert.deepEqual(outputs[model.headName]!.dataSync(), logits.dataSync());
    inspect.dispose();
    model.dispose();
  });

  Deno.test(`${name} drops paths and features in training, by key`, () => {
    const model = create(name, { dropRate: 0.3, dropPathRate: 0.5 });
    const images = tf.ones([2, sizeOf(name), sizeOf(name), 3]);
    // ConvNeXt's and DINOv2's branches are all but nothing at first
    for (const [name, variable] of Object.entries(model.namedParameters())) {
      if (name.endsWith("gamma")) variable.assign(tf.onesLike(variable));
      if (name === "cls_token") variable.assign(tf.onesLike(variable));
    }
    const run = jit((key: tf.Tensor1D) => model.pooled(images, { training: true, key }));
    const [a, b, c] = [1, 1, 2].map((seed) => run(key(seed)).dataSync());
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c);
    const calls = [1, 2].map((seed) =>
      model.call(images, { training: true, key: key(seed) }).dataSync()
    );
    assert.notDeepEqual(calls[0], calls[1]);
    assert.throws(() => model.call(images, { training: true }), {
      message: /^Cannot drop (paths|values): training wants a key/,
    });
    assert.deepEqual(model.call(images).dataSync(), model.call(images).dataSync());
    run.dispose();
    model.dispose();
  });
}

Deno.test("ImageModel.inspect() says what layers there are", () => {
  const model = create("resnet18");
  assert.throws(() => model.inspect(tf.ones([1, 32, 32, 3]), { layers: ["layer5"] }), {
    name: "RangeError",
    message:
      'Cannot find layer "layer5" in resnet18: nearest is "layer1", namedLayers() has them all',
  });
  const { outputs } = model.inspect(tf.ones([1, 32, 32, 3]), { layers: ["layer4.0.conv1"] });
  const { outputs: apart } = model.inspect(tf.ones([1, 32, 32, 3]), {
    layers: ["layer4.0.conv1", "layer4.0.bn1"],
  });
  assert.deepEqual(outputs["layer4.0.conv1"]!.dataSync(), apart["layer4.0.conv1"]!.dataSync());
  model.dispose();
});

Deno.test("ImageModel.inspect() leaves no tensors behind but what it gives", () => {
  const model = create("efficientnet_b0");
  const images = tf.ones([1, 32, 32, 3]);
  tf.tidy(() => {
    const { outputs } = model.inspect(images, { layers: ["blocks.6", "act2"] });
    assert.deepEqual(outputs["act2"]!.shape, [1, 1, 1, 160]);
  });
  const before = tf.memory().numTensors;
  tf.tidy(() => void model.inspect(images, { layers: ["blocks.6", "act2"] }));
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

Deno.test("frozen normalisations keep their statistics in training", () => {
  const model = create("resnet18");
  const images = tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 1);
  const [frozen, trained] = [model.blocks()[1]!, model.blocks()[2]!];
  for (const module of Object.values(frozen.modules)) {
    if (module instanceof BatchNorm2d) module.frozen = true;
  }
  model.call(images, { training: true });
  const state = model.stateDict();
  const steps = ({ name }: { name: string }) => state[`${name}.bn1.num_batches_tracked`]!.data[0];
  assert.deepEqual([steps(frozen), steps(trained)], [0n, 1n]);
  const alone = new BatchNorm2d(1);
  alone.frozen = true;
  const x = tf.tensor4d([1, 3], [2, 1, 1, 1]);
  assert.deepEqual(
    alone.call(x, { training: true }).dataSync(),
    alone.call(x).dataSync(),
  );
  model.dispose();
});

Deno.test("every registered model has a layer to map and a head of its name", () => {
  // Made at full size elsewhere; here those whose cards are the kit's own
  for (const name of modelNames().filter((name) => name.endsWith("_mini"))) {
    const card = modelCard(name);
    const model = card.create({ classes: 3, key: key(1) });
    const { multiplyAdds, text } = model.summary({ size: card.size });
    assert.ok(multiplyAdds < 2e8, `${name}: ${multiplyAdds}`);
    assert.match(text, /^layer +output +parameters +multiply-adds\nstem /);
    model.dispose();
  }
});

Deno.test("models are shown by name, parameters and what they are made from", () => {
  const model = create("resnet18", { classes: 3, width: 4 });
  const count = model.parameters().reduce((sum, { size }) => sum + size, 0).toLocaleString("en");
  const made = "classes 3, inChannels 3, dropRate 0, dropPathRate 0, width 4";
  assert.equal(Deno.inspect(model), `resnet18: ${count} parameters\n  ${made}`);
  for (const variable of model.parameters()) variable.trainable = false;
  for (const variable of Object.values(model.headParameters())) variable.trainable = true;
  assert.equal(Deno.inspect(model.headLayer), "Linear: 99 parameters");
  assert.match(
    Deno.inspect(model),
    new RegExp(`^resnet18: ${count} parameters, 99 of them trained`),
  );
  model.dispose();
});
