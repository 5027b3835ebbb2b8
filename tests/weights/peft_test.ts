import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { addLora, Linear, Sequential } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import { loadLora, readSafetensors, saveLora, writeSafetensors } from "galaxykit/weights";
import { Conv2d } from "galaxykit/nn";
import { temporaryFolder } from "../temporary.ts";

/** What peft wrote of the network in tests/reference/lora.py. */
const PEFT = join(dirname(fileURLToPath(import.meta.url)), "../reference/lora");

function network(): Sequential {
  const from = key(1);
  return new Sequential({
    stem: new Conv2d(3, 4, { kernelSize: 3, stride: 2, padding: 1, key: from }),
    mix: new Conv2d(4, 6, { kernelSize: 1, bias: false, key: from }),
    fc1: new Linear(6, 5, { key: from }),
    head: new Linear(5, 3, { key: from }),
  });
}

Deno.test("saveLora() writes the very tensors that peft wrote, under its names", () => {
  const path = join(temporaryFolder(), "lora");
  saveLora(loadLora(network(), PEFT), { path });
  const [ours, theirs] = [path, PEFT].map((folder) =>
    readSafetensors(join(folder, "adapter_model.safetensors"))
  );
  assert.deepEqual(ours, theirs);
  const [config, wanted] = [path, PEFT].map((folder) =>
    JSON.parse(Deno.readTextFileSync(join(folder, "adapter_config.json")))
  );
  config.target_modules.sort();
  for (const [name, value] of Object.entries(config)) {
    assert.deepEqual(value, wanted[name], name);
  }
  for (const name of ["r", "lora_alpha", "target_modules", "modules_to_save", "use_rslora"]) {
    assert.ok(name in config, name);
  }
});

Deno.test("saveLora() writes an expression where peft would take the end of a name for another's", () => {
  const from = key(1);
  const layer = () => new Linear(3, 3, { key: from });
  const model = new Sequential({ fc: layer(), inner: new Sequential({ fc: layer() }) });
  const path = join(temporaryFolder(), "lora");
  const lora = addLora(model, { targets: /^fc$/, key: from });
  saveLora(lora, { path, baseModel: "timm/model" });
  const config = JSON.parse(Deno.readTextFileSync(join(path, "adapter_config.json")));
  assert.equal(config.target_modules, "(fc)");
  assert.equal(config.base_model_name_or_path, "timm/model");
  lora.remove();
  assert.deepEqual(loadLora(model, path).targets, ["fc"]);
});

Deno.test("loadLora() tells what does not fit, and leaves the model as it was", () => {
  const path = temporaryFolder();
  const load = (model = network()) => () => loadLora(model, path);
  const file = join(path, "adapter_model.safetensors");
  const refusal = `Cannot load LoRA from "${path}"`;
  assert.throws(load(), {
    message: `${refusal}: it has no adapter_config.json; name the folder that peft wrote`,
  });
  const config = JSON.parse(Deno.readTextFileSync(join(PEFT, "adapter_config.json")));
  const write = (change: Record<string, unknown>) =>
    Deno.writeTextFileSync(
      join(path, "adapter_config.json"),
      JSON.stringify({ ...config, ...change }),
    );
  write({});
  assert.throws(load(), { message: `${refusal}: it has no adapter_model.safetensors` });
  const { tensors } = readSafetensors(join(PEFT, "adapter_model.safetensors"));
  writeSafetensors(file, tensors);
  write({ use_dora: true });
  assert.throws(load(), {
    name: "RangeError",
    message: `${refusal}: use_dora must be false, found true`,
  });
  write({ r: 3 });
  const model = network();
  assert.throws(load(model), {
    name: "TypeError",
    message: `Cannot load "${file}" into Sequential: "fc1" is of rank 2, its configuration says 3`,
  });
  assert.equal(Object.keys(model.namedParameters()).length, 7);
  assert.ok(model.parameters().every(({ trainable }) => trainable));
  write({});
  const [, ...rest] = Object.entries(tensors);
  writeSafetensors(file, Object.fromEntries(rest));
  assert.throws(load(), {
    message: `Cannot load "${file}" into Sequential: "fc1" has no lora_A`,
  });
  writeSafetensors(file, tensors);
  assert.throws(load(new Sequential({ head: new Linear(5, 3, { key: key(1) }) })), {
    message: `Cannot load "${file}" into Sequential: ` +
      'it adapts 3 layers that the model does not have (first "fc1")',
  });
});

Deno.test("saveLora() writes ranks and alphas that differ, for the layers that they are of alone", () => {
  const from = key(1);
  const layer = () => new Linear(3, 3, { key: from });
  const create = () =>
    new Sequential({ fc: layer(), inner: new Sequential({ fc: layer() }), head: layer() });
  const lora = addLora(create(), {
    ...{ targets: /fc|head/, rank: 2, alpha: 2, key: from },
    rankPattern: { fc: 1 },
    alphaPattern: { fc: 3, "inner.fc": 4 },
  });
  const path = join(temporaryFolder(), "lora");
  saveLora(lora, { path });
  const config = JSON.parse(Deno.readTextFileSync(join(path, "adapter_config.json")));
  assert.deepEqual(config.rank_pattern, { "^fc": 1 });
  assert.deepEqual(config.alpha_pattern, { "^fc": 3, "inner\\.fc": 4 });
  const model = create();
  const again = loadLora(model, path, { name: "again", strength: 0.5 });
  assert.deepEqual(again.stateDict(), lora.stateDict());
  assert.deepEqual(again.config, { ...lora.config, name: "again", strength: 0.5 });
  assert.ok("inner.fc.lora_A.again.weight" in model.namedParameters());
});
