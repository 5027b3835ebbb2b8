import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gz2Tree } from "galaxykit/data";
import {
  findKitPipeline,
  listKitPipelines,
  listKitWeights,
  openWeights,
  verifyKitWeights,
} from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

Deno.test("listKitWeights() knows the kit's own, which are what their task wrote", async () => {
  const all = listKitWeights();
  assert.ok(all.some(({ name }) => name === "efficientnet_b0_mini"));
  for (const weights of all) {
    const { name, model, source, licence, command, files, training } = weights;
    assert.equal(source, `kit:${name}`);
    assert.equal(licence, "CC0-1.0");
    assert.match(command, RegExp(`^deno task backbones ${model}( --[\\w-]+ [\\w.,=-]+)*$`));
    assert.deepEqual(files.map(({ name }) => name), [`${name}.safetensors`]);
    assert.ok(files[0]!.byteLength < 6e6, `${name} takes ${files[0]!.byteLength} bytes`);
    assert.equal(await verifyKitWeights(weights), true, name);
    const { without = [] } = training.settings as { without?: string[] };
    const left = gz2Tree.questions.filter(({ id }) => !without.includes(id));
    const outputs = left.flatMap(({ answers }) => answers.map(({ id }) => id));
    assert.deepEqual(training.outputs, outputs);
    assert.equal(name, [model, ...without.length > 0 ? ["without", ...without] : []].join("_"));
    assert.doesNotMatch(JSON.stringify(weights.training), /\/(home|root|tmp|Users)\//);
    using opened = await openWeights(source);
    const { files: [file], ...record } = await opened.record();
    assert.deepEqual(record, { source, licence });
    assert.deepEqual(file, files[0]);
  }
});

Deno.test("listKitPipelines() knows the kit's own, which are what their task wrote", async () => {
  const [pipeline, ...others] = listKitPipelines();
  assert.deepEqual(others, []);
  const { path: _, ...record } = pipeline!;
  const { name, source, licence, command, files } = record;
  assert.deepEqual([name, source, licence], ["galaxysd_small", "kit:galaxysd_small", "CC0-1.0"]);
  assert.match(command, /^deno task galaxysd train( --[\w-]+ [\w.,=-]+)*$/);
  const bytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes < 10e6, `${bytes} bytes`);
  assert.equal(await verifyKitWeights(pipeline!), true);
  assert.doesNotMatch(JSON.stringify(record), /\/(home|root|tmp|Users)\//);
  assert.equal(findKitPipeline(source).path, pipeline!.path);
  assert.throws(() => findKitPipeline("kit:galaxysd"), {
    message: 'Cannot open "kit:galaxysd": the kit has kit:galaxysd_small',
  });
});

Deno.test("verifyKitWeights() finds a changed or missing file", async () => {
  const folder = temporaryFolder();
  const { path } = listKitWeights()[0]!;
  const record = path.replace(/safetensors$/, "json");
  copyFileSync(record, join(folder, basename(record)));
  const [missing] = listKitWeights({ folder });
  assert.equal(await verifyKitWeights(missing!), false);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(missing!.path, bytes);
  assert.equal(await verifyKitWeights(missing!), false);
  copyFileSync(path, missing!.path);
  assert.equal(await verifyKitWeights(missing!), true);
  assert.deepEqual(listKitWeights({ folder: join(folder, "none") }), []);
});
