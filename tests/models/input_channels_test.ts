import assert from "node:assert/strict";
import { join } from "node:path";
import { imageSet } from "galaxykit/data";
import { loadPretrained, modelCard, normalizeImages, openModel, saveModel } from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import { constant, fit, openRun, predictProbabilities, sgd } from "galaxykit/train";
import type { StoredTensor } from "galaxykit/weights";
import { adaptChannels } from "../../lib/models/_input_channels.ts";
import { assertClose, asTensor, readFixture, valuesOf } from "../nn/reference.ts";
import { temporaryFolder } from "../temporary.ts";

/** Computed by timm: tests/reference/channels.py. */
const { tensors } = readFixture("channels.safetensors")[0]!;

for (const inChannels of [1, 2, 4, 5, 7]) {
  Deno.test(`adaptChannels() agrees with timm for ${inChannels} channels`, () => {
    const found = adaptChannels(tensors.weight as StoredTensor, { inChannels });
    assert.deepEqual(found.shape, [4, inChannels, 3, 2]);
    const wanted = tensors[`weight.${inChannels}`]!;
    assertClose(valuesOf(asTensor(found)), wanted, { tolerance: 1e-6, what: "weight" });
  });
}

Deno.test("loadPretrained() adapts the first convolution of every family to other channels", async () => {
  for (
    const name of ["resnet18_mini", "efficientnet_b0_mini", "convnext_nano_mini", "vit_small_mini"]
  ) {
    const source = join(temporaryFolder(), "model.safetensors");
    const colour = modelCard(name).create({ classes: 3, size: 64, key: key(1) });
    await saveModel(source, colour);
    const grey = (await loadPretrained(name, { source, inChannels: 1, size: 64 })).model;
    const six = (await loadPretrained(name, { source, inChannels: 6, size: 64 })).model;
    // What three equal colours give, one gives; what three give, two of each give
    const image = tf.randomNormal([2, 64, 64, 3], 0, 1, "float32", 1) as tf.Tensor4D;
    const same = tf.tile(image.slice([0, 0, 0, 0], [2, 64, 64, 1]), [1, 1, 1, 3]);
    const wanted = [colour.call(same), colour.call(image)];
    const found = [
      grey.call(image.slice([0, 0, 0, 0], [2, 64, 64, 1])),
      six.call(tf.concat([image, image], 3)),
    ];
    for (const [index, logits] of found.entries()) {
      assert.ok(tf.max(tf.abs(tf.sub(logits, wanted[index]!))).dataSync()[0]! < 1e-3, name);
    }
    assert.equal(grey.config.options.inChannels, 1);
    assert.equal(grey.normalization.mean.length, 1);
    assert.deepEqual(six.normalization.std.length, 6);
    for (const model of [colour, grey, six]) model.dispose();
  }
});

Deno.test("loadPretrained() keeps a normalisation that is given for the channels", async () => {
  const preprocessing = { mean: [0.1, 0.2], std: [1, 2] };
  const { model } = await loadPretrained("resnet18_mini", { inChannels: 2, preprocessing });
  assert.deepEqual(model.normalization, preprocessing);
  const path = join(temporaryFolder(), "model.safetensors");
  await saveModel(path, model);
  const again = await openModel(path);
  assert.deepEqual(again.config, model.config);
  for (const one of [model, again]) one.dispose();
});

Deno.test("a network with one channel is trained on images, and its run opens again", async () => {
  const { model } = await loadPretrained("resnet18_mini", {
    inChannels: 1,
    classes: 2,
    key: key(1),
  });
  const run = join(temporaryFolder(), "run");
  const images = Uint8Array.from({ length: 8 * 32 * 32 * 3 }, (_, at) => (at * 7) % 256);
  const labels = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1);
  const set = imageSet({ images, labels, size: 32, classes: ["a", "b"] });
  const optimizer = sgd(model.namedParameters());
  await fit(model, {
    ...{
      train: { set },
      optimizer,
      schedule: constant(0.01),
      epochs: 1,
      batchSize: 4,
      seed: 1,
      run,
    },
  });
  const opened = openRun(run);
  assert.equal(opened.model.config.options.inChannels, 1);
  assert.deepEqual(opened.model.config, model.config);
  const [before, after] = await Promise.all(
    [model, opened.model].map((one) => predictProbabilities(one, { set, batchSize: 4 })),
  );
  assert.deepEqual(after, before);
  for (const one of [model, opened.model]) one.dispose();
});

Deno.test("a network with five channels refuses images of three colours by their number", async () => {
  const { model } = await loadPretrained("resnet18_mini", { inChannels: 5 });
  assert.throws(() => model.normalize(tf.zeros([1, 8, 8, 3])), {
    name: "RangeError",
    message: "Cannot normalise images: mean and std must have a number for each of 3 channels, " +
      "found 5 and 5",
  });
  model.dispose();
});

Deno.test("normalizeImages() averages the colours for a normalisation of one channel", () => {
  const image = tf.tensor4d([10, 20, 60, 0, 0, 255], [1, 1, 2, 3]);
  const found = normalizeImages(image, { mean: [0.1], std: [0.5] });
  assert.deepEqual(found.shape, [1, 1, 2, 1]);
  const [a, b] = found.dataSync();
  assert.ok(Math.abs(a! - (30 / 255 - 0.1) / 0.5) < 1e-6);
  assert.ok(Math.abs(b! - (85 / 255 - 0.1) / 0.5) < 1e-6);
});
