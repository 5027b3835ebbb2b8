import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { loadPretrained, modelCard, modelNames, sourceOf } from "galaxykit/models";
import type { StateDict } from "galaxykit/nn";
import { type Key, key, tf } from "galaxykit/tensorflow";
import { listKitWeights, readSafetensors, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

const OWN = listKitWeights().map(({ name }) => name);

function numbers(tensor: tf.Tensor): number[] {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The weights of a new model in a file. */
function saved(name: string, options: { classes: number; size?: number }, drop = "none"): string {
  const model = modelCard(name).create({ ...options, key: key(5) });
  const path = join(temporaryFolder(), "model.safetensors");
  const state = Object.entries(model.stateDict()).filter(([name]) => !name.startsWith(drop));
  writeSafetensors(path, Object.fromEntries(state) as StateDict);
  model.dispose();
  return path;
}

Deno.test("loadPretrained() gives each of the kit's own networks, without a hub", async () => {
  assert.ok(OWN.length > 0, "the kit has no weights");
  for (const { model: name, source } of listKitWeights()) {
    const { model, record } = await loadPretrained(name, {
      ...{ source, key: key(1) },
      env: { HF_HUB_OFFLINE: "1" },
    });
    const { weights, otherWeights = [] } = modelCard(name);
    const published = [weights!, ...otherWeights].find((one) => sourceOf(one) === source);
    assert.equal(record.source, source);
    assert.equal(record.licence, published!.licence);
    const { size } = modelCard(name);
    const images = tf.zeros([2, size, size, 3]);
    const logits = model.call(images);
    assert.deepEqual(logits.shape, [2, published!.classes]);
    assert.ok(numbers(logits).every(Number.isFinite));
    model.dispose();
    images.dispose();
  }
});

Deno.test("loadPretrained() keeps the body and renews the head for other classes", async () => {
  const [name] = OWN;
  const state = readSafetensors(listKitWeights()[0]!.path).tensors;
  const own = await loadPretrained(name!, { key: key(1) });
  const other = await loadPretrained(name!, { classes: 2, key: key(1) });
  const same = await loadPretrained(name!, {
    classes: own.model.headLayer.weight.shape[1]!,
    key: key(2),
  });
  assert.deepEqual(Object.keys(own.model.stateDict()).sort(), Object.keys(state).sort());
  const heads = [own, same].map(({ model }) => model.headLayer.weight.dataSync());
  assert.deepEqual(heads[0], heads[1]);
  const [kept, renewed] = [own, other].map(({ model }) => model.stateDict());
  for (const [name, { shape, data }] of Object.entries(renewed!)) {
    if (name.startsWith(`${own.model.headName}.`)) assert.equal(shape[0], 2, name);
    else assert.ok(Buffer.compare(bytesOf(data), bytesOf(kept![name]!.data)) === 0, name);
  }
  for (const { model } of [own, other, same]) model.dispose();
});

Deno.test("loadPretrained() takes a file, with its own number of classes or without a head", async () => {
  const source = saved("resnet18_mini", { classes: 5 });
  const { model, record } = await loadPretrained("resnet18_mini", { source, key: key(1) });
  assert.equal(model.headLayer.weight.shape[1], 5);
  assert.equal(record.source, "model.safetensors");
  assert.equal(record.licence, undefined);
  model.dispose();
  const encoder = saved("resnet18_mini", { classes: 5 }, "fc.");
  await assert.rejects(loadPretrained("resnet18_mini", { source: encoder, key: key(1) }), {
    name: "TypeError",
    message:
      `Cannot load "${encoder}" into resnet18_mini: the weights have no last layer "fc"; give classes, for a new one`,
  });
  const headed = await loadPretrained("resnet18_mini", {
    ...{ source: encoder, classes: 3, key: key(1) },
  });
  assert.equal(headed.model.headLayer.weight.shape[1], 3);
  headed.model.dispose();
});

Deno.test("loadPretrained() renames, and refuses another architecture and leaves no tensor", async () => {
  const source = saved("resnet18_mini", { classes: 5 });
  const before = tf.memory().numTensors;
  await assert.rejects(loadPretrained("vit_small_mini", { source, classes: 5, key: key(1) }), {
    name: "TypeError",
    message: new RegExp(
      `^Cannot load "${source}" into vit_small_mini: \\d+ keys missing \\(first "cls_token"\\), \\d+ keys unexpected \\(first "bn1.num_batches_tracked"\\)$`,
    ),
  });
  assert.equal(tf.memory().numTensors, before + 1, "all but the key is given back");
  const rename = (state: StateDict) =>
    Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name.slice(2), tensor]));
  const prefixed = join(temporaryFolder(), "model.safetensors");
  const { tensors } = readSafetensors(source);
  writeSafetensors(
    prefixed,
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`x.${name}`, tensor])),
  );
  const { model } = await loadPretrained("resnet18_mini", {
    ...{ source: prefixed, key: key(1) },
    rename,
  });
  assert.deepEqual(model.stateDict()["bn1.bias"], tensors["bn1.bias"]);
  model.dispose();
});

Deno.test("loadPretrained() resamples the positions of a ViT of another size", async () => {
  const source = saved("vit_small_mini", { classes: 5, size: 64 });
  const { model } = await loadPretrained("vit_small_mini", { source, size: 96, key: key(1) });
  const { pos_embed } = model.stateDict();
  assert.deepEqual(pos_embed!.shape, [1, 1 + 6 ** 2, 192]);
  const { tensors } = readSafetensors(source);
  const first = (values: ArrayLike<unknown>) => Array.from({ length: 192 }, (_, i) => values[i]);
  assert.deepEqual(first(pos_embed!.data), first(tensors.pos_embed!.data), "the class token's");
  assert.deepEqual(numbers(model.call(tf.zeros([1, 96, 96, 3]))).length, 5);
  model.dispose();
});

Deno.test("loadPretrained() says when there is nothing to load", async () => {
  await assert.rejects(loadPretrained("efficientnet_b7", { key: key(1) }), {
    name: "RangeError",
    message:
      "Cannot load weights of efficientnet_b7: none are published under its names; name a source, or create it with random values",
  });
  await assert.rejects(loadPretrained("resnet18", { source: "kit:resnet18", key: key(1) }), {
    name: "RangeError",
    message: `Cannot open "kit:resnet18": the kit has ${
      OWN.map((name) => `kit:${name}`).join(", ")
    }`,
  });
});

Deno.test("loadPretrained() refuses unknown options, and what is no key", async () => {
  const slip = { clases: 3, key: key(1) };
  await assert.rejects(loadPretrained("efficientnet_b0_mini", slip), {
    name: "RangeError",
    message: 'Cannot load efficientnet_b0_mini: there is no option "clases", nearest is "classes"',
  });
  const number = { classes: 3, key: 1 as unknown as Key };
  await assert.rejects(loadPretrained("efficientnet_b0_mini", number), {
    name: "TypeError",
    message: "Cannot load efficientnet_b0_mini: a key is wanted, such as key(1), 1 found",
  });
});

Deno.test("sourceOf() names what openWeights() takes", () => {
  const sources = Object.fromEntries(
    modelNames().flatMap((name) => {
      const { weights } = modelCard(name);
      return weights === undefined ? [] : [[name, sourceOf(weights)]];
    }),
  );
  assert.equal(sources.efficientnet_b0, "hf:timm/efficientnet_b0.ra_in1k");
  assert.equal(sources.efficientnet_b0_mini, "kit:efficientnet_b0_mini");
  const [zoobot] = modelCard("convnext_nano").otherWeights!;
  assert.equal(
    sourceOf(zoobot!),
    "hf:mwalmsley/zoobot-encoder-convnext_nano@main/pytorch_model.bin",
  );
  const own = modelNames().flatMap((name) => {
    const { weights, otherWeights = [] } = modelCard(name);
    return [...weights ? [weights] : [], ...otherWeights].map(sourceOf);
  }).filter((source) => source.startsWith("kit:"));
  assert.deepEqual(own.sort(), OWN.map((name) => `kit:${name}`).sort());
});
