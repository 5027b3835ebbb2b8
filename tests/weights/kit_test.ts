import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gz2Tree } from "galaxykit/data";
import { listKitWeights, openWeights, verifyKitWeights } from "galaxykit/weights";
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
