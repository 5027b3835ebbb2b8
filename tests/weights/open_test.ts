import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { Linear } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import { openWeights, stateDictOf, type StoredTensor, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";
import { checkpoint, dict, tensor } from "./_checkpoint.ts";

const reference = (name: string) => new URL(`../reference/${name}`, import.meta.url).pathname;
const bias: StoredTensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };

Deno.test("openWeights() tells the format by the content, not by the name", async () => {
  const folder = temporaryFolder();
  const disguised = join(folder, "model.bin");
  writeSafetensors(disguised, { bias }, { metadata: { format: "pt" } });
  using safetensors = await openWeights(disguised);
  assert.deepEqual(safetensors.get("bias"), bias);
  assert.deepEqual(safetensors.metadata, { format: "pt" });
  using pytorch = await openWeights(reference("pytorch.pt"), { part: "ema.module" });
  assert.deepEqual(pytorch.names, ["w"]);
  Deno.writeFileSync(disguised, Uint8Array.fromHex("80028a0a6cfc9c46f9206aa850192e8002"));
  await assert.rejects(openWeights(disguised), { name: "PytorchError", code: "bad-pickle" });
  Deno.copyFileSync(reference("pytorch_legacy.pt"), disguised);
  using legacy = await openWeights(disguised, { part: "ema.module" });
  assert.deepEqual(legacy.names, ["w"]);
  Deno.writeTextFileSync(disguised, "neither of them, but text");
  await assert.rejects(openWeights(disguised), {
    name: "SafetensorsError",
    code: "header-too-large",
  });
  await assert.rejects(openWeights(join(folder, "absent.pt")), Deno.errors.NotFound);
});

Deno.test("openWeights() takes wrappers' prefixes away when all names have them", async () => {
  using wrapped = await openWeights(reference("pytorch_protocol4.pt"));
  assert.equal(wrapped.prefix, "module.");
  assert.equal(wrapped.names[0], "0.weight");
  assert.deepEqual(wrapped.info("0.weight"), { dtype: "F32", shape: [3, 2], byteLength: 24 });
  using kept = await openWeights(reference("pytorch_protocol4.pt"), { prefix: "" });
  assert.equal(kept.names[0], "module.0.weight");
  const path = join(temporaryFolder(), "a.safetensors");
  writeSafetensors(path, { "_orig_mod.module.bias": bias, "_orig_mod.module.weight": bias });
  using both = await openWeights(path);
  assert.deepEqual([both.prefix, both.names], ["_orig_mod.module.", ["bias", "weight"]]);
  writeSafetensors(path, { "module.bias": bias, "head.bias": bias });
  using mixed = await openWeights(path);
  assert.deepEqual([mixed.prefix, mixed.names], ["", ["head.bias", "module.bias"]]);
});

Deno.test("openWeights() takes what begins with a prefix, or refuses", async () => {
  const path = join(temporaryFolder(), "a.safetensors");
  writeSafetensors(path, { "encoder.bias": bias, "head.bias": bias });
  using encoder = await openWeights(path, { prefix: "encoder." });
  assert.deepEqual(encoder.names, ["bias"]);
  assert.deepEqual(encoder.view("bias"), bias);
  assert.throws(() => encoder.get("head.bias"), { code: "unknown-tensor" });
  await assert.rejects(openWeights(path, { prefix: "model." }), {
    name: "RangeError",
    message:
      `Cannot open "${path}": none of its 2 names begins with "model." (first "encoder.bias")`,
  });
});

Deno.test("openWeights() finds the weights in a folder", async () => {
  const folder = temporaryFolder();
  const nothing = "the folder has no .safetensors, .bin, .pt, .pth, .h5 or .keras file";
  await assert.rejects(openWeights(folder), { message: `Cannot open "${folder}": ${nothing}` });
  writeSafetensors(join(folder, "one-00001-of-00001.safetensors"), { bias });
  const weight_map = { bias: "one-00001-of-00001.safetensors" };
  Deno.writeTextFileSync(
    join(folder, "one.safetensors.index.json"),
    JSON.stringify({ weight_map }),
  );
  using sharded = await openWeights(folder);
  assert.deepEqual(sharded.get("bias"), bias);
  assert.deepEqual((await sharded.record()).files.map(({ name }) => name), [weight_map.bias]);
  Deno.writeFileSync(join(folder, "two.pt"), checkpoint(dict({})));
  await assert.rejects(openWeights(folder), {
    name: "RangeError",
    message:
      `Cannot open "${folder}": the folder has several files of weights, name one of them: ` +
      "one.safetensors.index.json, two.pt",
  });
});

Deno.test("openWeights() refuses shards that do not fit their index", async () => {
  const folder = temporaryFolder();
  const index = join(folder, "a.safetensors.index.json");
  writeSafetensors(join(folder, "a.safetensors"), { bias });
  const refused = (content: string, error: assert.AssertPredicate) => {
    Deno.writeTextFileSync(index, content);
    return assert.rejects(openWeights(index), error);
  };
  await refused('{"weight_map": {"bias": "a.safetensors", "weight": "a.safetensors"}}', {
    message: `Cannot read "${index}": its tensor "weight" is not in a.safetensors`,
  });
  await refused('{"weight_map": {"bias": "b.safetensors"}}', Deno.errors.NotFound);
  await refused('{"weight_map": {}}', {
    name: "SyntaxError",
    message: `Cannot read "${index}": it has no weight_map, which names the shards`,
  });
  await refused("{", {
    name: "SyntaxError",
    message: /^Cannot read ".+": it is not JSON: /,
  });
  for (const shard of ["../a.safetensors", "/etc/passwd", ".hidden", 3]) {
    await refused(JSON.stringify({ weight_map: { bias: shard } }), {
      name: "SyntaxError",
      message: `Cannot read "${index}": its tensor "bias" is in ${
        JSON.stringify(shard)
      }, wanted a file beside it`,
    });
  }
});

Deno.test("Weights show in a few lines where they are from, and how much there is", async () => {
  const path = join(temporaryFolder(), "a.safetensors");
  writeSafetensors(path, { a: bias, b: bias });
  using weights = await openWeights(path);
  assert.equal(Deno.inspect(weights), `Weights of "${path}": 2 tensors, 0 MB\n  a, b`);
});

Deno.test("Weights.record() names file and hash", async () => {
  const path = join(temporaryFolder(), "a.pt");
  Deno.writeFileSync(path, checkpoint(dict({ w: tensor({ shape: [4], strides: [1] }) })));
  using weights = await openWeights(path);
  const bytes = Deno.readFileSync(path);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  assert.deepEqual(await weights.record(), {
    source: basename(path),
    files: [{ name: "a.pt", byteLength: bytes.length, hash: `sha256:${digest}` }],
  });
});

Deno.test("stateDictOf() is what loadStateDict() takes, from either format", async () => {
  const path = join(temporaryFolder(), "a.safetensors");
  const model = new Linear(2, 3, { key: key(1) });
  writeSafetensors(path, model.stateDict());
  for (const source of [path, reference("pytorch_protocol4.pt")]) {
    using weights = await openWeights(source, source === path ? {} : { prefix: "module.0." });
    const loaded = new Linear(2, 3, { key: key(2) });
    loaded.loadStateDict(stateDictOf(weights));
    assert.deepEqual(loaded.stateDict().weight.data, weights.get("weight").data);
  }
});
