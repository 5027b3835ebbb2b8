import assert from "node:assert/strict";
import {
  createModel,
  type ImageModelOptions,
  loadPretrained,
  modelCard,
  modelNames,
  ResNet,
} from "galaxykit/models";
import { addLora, lorasOf } from "galaxykit/nn";
import type { Binding } from "../../lib/tensorflow/binding.ts";
import { backend, type Key, key, tf } from "galaxykit/tensorflow";

/** Every family, with all that its options shape. */
const SHAPED: Record<string, Omit<ImageModelOptions, "key"> & Record<string, unknown>> = {
  resnet18: { classes: 3, width: 4, inChannels: 5, dropRate: 0.1, dropPathRate: 0.2 },
  tf_efficientnet_b0: { classes: 3, width: 8, channelDivisor: 4, epsilon: 1e-4, momentum: 0.01 },
  convnext_atto: { classes: 3, width: 8, dropPathRate: 0.1 },
  vit_small_mini: { classes: 3, width: 64, heads: 2, depth: 3, size: 48 },
};

for (const [name, options] of Object.entries(SHAPED)) {
  Deno.test(`createModel() makes ${name} again from its configuration`, () => {
    const model = modelCard(name).create({ ...options, key: key(1) });
    const config = model.config;
    assert.equal(config.name, name);
    for (const [option, value] of Object.entries(options)) {
      assert.deepEqual((config.options as Record<string, unknown>)[option], value, option);
    }
    const again = createModel(JSON.parse(JSON.stringify(config)));
    assert.deepEqual(again.config, config);
    again.loadStateDict(model.stateDict());
    const size = options.size ?? 64;
    const images = tf.randomNormal([1, size, size, options.inChannels ?? 3], 0, 1, "float32", 1);
    assert.deepEqual(again.call(images).dataSync(), model.call(images).dataSync());
    const training = { training: true, key: key(5) };
    assert.deepEqual(
      again.call(images, training).dataSync(),
      model.call(images, training).dataSync(),
    );
    const drawn = createModel(config, { key: key(1) });
    assert.deepEqual(
      drawn.stateDict()[`${model.headName}.weight`],
      model.stateDict()[
        `${model.headName}.weight`
      ],
    );
    for (const one of [model, again, drawn]) one.dispose();
  });
}

Deno.test("every registered model knows its name and makes itself again", () => {
  for (const name of modelNames()) {
    const depth = /vit|dinov2/.test(name) ? { depth: 2 } : {};
    const model = createModel({ name, options: { classes: 5, ...depth } });
    assert.equal(model.config.name, name);
    assert.equal(model.modelName, name);
    const again = createModel(model.config);
    assert.deepEqual(again.stateShapes(), model.stateShapes(), name);
    for (const one of [model, again]) one.dispose();
  }
});

Deno.test("ImageModel.config follows a new last layer", () => {
  const model = createModel({ name: "resnet18", options: { width: 4 } }, { key: key(1) });
  assert.equal(model.config.options.classes, 1000);
  const before = model.config;
  model.resetHead({ classes: 7, key: key(2) });
  assert.equal(model.config.options.classes, 7);
  assert.equal(before.options.classes, 1000, "what was given is a copy");
  createModel(model.config).loadStateDict(model.stateDict());
  model.dispose();
});

Deno.test("ImageModel.config of trained weights has their classes", async () => {
  const { model } = await loadPretrained("resnet18_mini");
  assert.deepEqual(model.config, {
    name: "resnet18_mini",
    options: { classes: 37, inChannels: 3, dropRate: 0, dropPathRate: 0, width: 16 },
  });
  const two = await loadPretrained("resnet18_mini", { classes: 2, key: key(1) });
  assert.equal(two.model.config.options.classes, 2);
});

Deno.test("createModel() puts the adapters of a configuration on", () => {
  const model = createModel({ name: "resnet18", options: { width: 4, classes: 3 } }, {
    key: key(1),
  });
  const lora = addLora(model, {
    ...{ targets: /layer4.*conv/, rank: 2, alpha: 4, dropout: 0.1, useRsLora: true },
    modulesToSave: ["fc"],
    key: key(2),
  });
  for (const variable of lora.parameters()) variable.assign(tf.onesLike(variable));
  const again = createModel(JSON.parse(JSON.stringify(model.config)));
  assert.deepEqual(again.config, model.config);
  again.loadStateDict(model.stateDict({ adapters: true }), { adapters: true });
  const images = tf.ones([1, 32, 32, 3]) as tf.Tensor4D;
  assert.deepEqual(again.call(images).dataSync(), model.call(images).dataSync());
  const [same] = lorasOf(again);
  assert.deepEqual(same!.config, lora.config);
  assert.deepEqual(
    again.parameters().map(({ trainable }) => trainable),
    model.parameters().map(({ trainable }) => trainable),
  );
  // Merged or removed, they lie over it no more
  lora.merge();
  assert.equal(model.config.lora, undefined);
  lora.unmerge();
  assert.deepEqual(model.config.lora, [lora.config]);
  lora.remove();
  assert.deepEqual(lorasOf(model), []);
  again.dispose();
  model.dispose();
});

Deno.test("createModel() refuses what the registry does not know", () => {
  const own = new (class extends ResNet {})(
    { name: "mine", block: Object as never, depths: [0, 0, 0, 0] },
    { classes: 2, width: 4, key: key(1) },
  );
  assert.equal(own.config.name, "mine");
  assert.throws(() => createModel(own.config), {
    name: "RangeError",
    message: /^Cannot find model "mine": .*modelNames\(\) has them all$/,
  });
  assert.throws(() => own.normalization, /^RangeError: Cannot tell the normalisation of mine/);
  own.dispose();
});

Deno.test("a model without a key is not drawn, and cannot be used before it is loaded", () => {
  const ops: string[] = [];
  const binding: Binding = backend().binding;
  const { executeOp } = binding;
  binding.executeOp = function (op, ...rest) {
    ops.push(op);
    return executeOp.call(binding, op, ...rest);
  };
  const create = (options: { key?: tf.Tensor1D }) =>
    createModel({ name: "vit_small_mini", options: { classes: 3 } }, options);
  const model = create({});
  const drawing = (op: string) => op.startsWith("StatelessRandom");
  assert.ok(!ops.some(drawing), `${ops.filter(drawing)}`);
  const refusal = {
    name: "ReferenceError",
    message: /^Cannot use a parameter of shape \[[\d,]+\]: it has no value yet; create the model /,
  };
  assert.throws(() => model.call(tf.zeros([1, 128, 128, 3])), refusal);
  assert.throws(() => model.stateDict(), refusal);
  assert.throws(() => model.headLayer.weight.dataSync(), refusal);
  const { "norm.weight": _, ...state } = create({ key: key(1) }).stateDict();
  assert.ok(ops.some(drawing));
  binding.executeOp = executeOp;
  assert.throws(() => model.loadStateDict(state), {
    message: 'Cannot load state dict into vit_small_mini: 1 key missing (first "norm.weight")',
  });
  model.dispose();
});

Deno.test("models refuse options that are not theirs, and what is no key", () => {
  for (const [name, option] of [["resnet18", "heads"], ["vit_small_mini", "momentum"]]) {
    const options = { classes: 2, [option!]: 3, key: key(1) };
    assert.throws(() => modelCard(name!).create(options), {
      name: "RangeError",
      message: new RegExp(`^Cannot make ${name}: there is no option "${option}", `),
    });
  }
  assert.throws(() => modelCard("resnet18").create({ key: 7 as unknown as Key }), {
    name: "TypeError",
    message: "Cannot make resnet18: a key is wanted, such as key(1), 7 found",
  });
});
