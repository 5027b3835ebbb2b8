import assert from "node:assert/strict";
import { join } from "node:path";
import { createModel, openModel, saveModel } from "galaxykit/models";
import { addLora, Linear } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { openSafetensors, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

Deno.test("openModel() makes what saveModel() wrote again, with adapters and normalisation", async () => {
  const path = join(temporaryFolder(), "model.safetensors");
  const model = createModel({ name: "vit_small_mini", options: { classes: 3, depth: 2 } }, {
    key: key(1),
  });
  model.normalization = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] };
  const lora = addLora(model, { targets: ["qkv"], rank: 2, key: key(2) });
  for (const variable of lora.parameters()) variable.assign(tf.onesLike(variable));
  await saveModel(path, model);
  const again = await openModel(path);
  assert.deepEqual(again.config, model.config);
  assert.deepEqual(again.normalization, model.normalization);
  assert.deepEqual(again.stateDict({ adapters: true }), model.stateDict({ adapters: true }));
  const images = tf.ones([1, 128, 128, 3]);
  assert.deepEqual(again.call(images).dataSync(), model.call(images).dataSync());
  for (const one of [model, again]) one.dispose();
});

Deno.test("saveModel() writes a module without a configuration, which openModel() refuses", async () => {
  const path = join(temporaryFolder(), "own.safetensors");
  await saveModel(path, new Linear(2, 1, { key: key(1) }));
  using file = openSafetensors(path);
  assert.deepEqual([file.metadata, file.names], [{}, ["bias", "weight"]]);
  await assert.rejects(openModel(path), {
    name: "TypeError",
    message:
      `Cannot open "${path}": it does not say which network it is of; name it, with loadPretrained(name, { source })`,
  });
});

Deno.test("openModel() refuses values of another network, and leaves no tensor", async () => {
  const path = join(temporaryFolder(), "model.safetensors");
  const { config } = createModel({ name: "resnet18", options: { width: 4, classes: 3 } });
  const weight = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
  writeSafetensors(path, { weight }, { metadata: { galaxykit: JSON.stringify(config) } });
  const before = tf.memory().numTensors;
  await assert.rejects(openModel(path), {
    name: "TypeError",
    message: RegExp(`^Cannot load "${path}" into resnet18: \\d+ keys missing .*1 key unexpected`),
  });
  assert.equal(tf.memory().numTensors, before);
});
