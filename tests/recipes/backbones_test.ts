import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { loadPretrained } from "galaxykit/models";
import { key } from "galaxykit/tensorflow";
import { listKitWeights, openWeights, verifyKitWeights } from "galaxykit/weights";
import { probeBackbone } from "../../lib/recipes/backbones/probe.ts";
import { writeBackboneRecord } from "../../lib/recipes/backbones/publish.ts";
import { BACKBONE_SETTINGS, BACKBONES, rateOf } from "../../lib/recipes/backbones/settings.ts";
import { ANSWERS, backboneGalaxies } from "../../lib/recipes/backbones/sky.ts";
import { trainBackbone } from "../../lib/recipes/backbones/train.ts";
import type { OnProgress } from "../../lib/progress.ts";
import { settingsOf } from "../../lib/settings.ts";
import { temporaryFolder } from "../temporary.ts";

const settings = settingsOf(BACKBONE_SETTINGS, {
  profile: "tiny",
  sky: { count: 24, size: 32 },
  probe: { count: 60 },
});

Deno.test("backboneGalaxies() asks of each galaxy what enough volunteers answered", async () => {
  const out = temporaryFolder();
  const { set, train, validation } = await backboneGalaxies("resnet18_mini", { out, settings });
  using _ = set;
  assert.deepEqual([set.size, set.ids.length], [64, 3 * 24]);
  assert.deepEqual([ANSWERS.length, ANSWERS[0], ANSWERS.at(-1)], [37, "a01", "a37"]);
  assert.deepEqual([...train, ...validation].sort((a, b) => a - b), [...set.ids.keys()]);
  assert.equal(validation.length, 7);
  const { names, values } = set.targets!;
  assert.deepEqual(names, ANSWERS);
  const asked = values.filter((value) => !Number.isNaN(value));
  assert.ok(asked.every((value) => value >= 0 && value <= 1));
  // Everybody is asked the first question, and most galaxies are no edge-on discs with a bulge
  const first = values.filter((_, i) => i % 37 < 3);
  assert.ok(first.every((value) => !Number.isNaN(value)));
  assert.ok(asked.length < 0.8 * values.length, `${asked.length} of ${values.length}`);
});

Deno.test("trainBackbone() writes weights that load, and a record that finds them", async () => {
  const out = temporaryFolder();
  const name = "resnet18_mini";
  const epochs: string[] = [];
  const onProgress: OnProgress = (report) => {
    if ("message" in report) epochs.push(report.message.replace(/:.*/, ""));
  };
  const { path, best } = await trainBackbone(name, { out, settings, onProgress });
  assert.equal(path, join(out, "weights", "resnet18_mini.safetensors"));
  assert.ok(best.validation_mean_absolute_error > 0 && best.validation_mean_absolute_error < 0.5);
  // A finished training is not repeated
  assert.equal((await trainBackbone(name, { out, settings, onProgress })).path, path);
  assert.deepEqual(epochs, ["resnet18_mini, epoch 1"]);

  using weights = await openWeights(path);
  assert.equal(weights.info("layer1.0.conv1.weight").dtype, "F16");
  assert.equal(weights.info("layer1.0.bn1.running_var").dtype, "F32");
  const { model } = await loadPretrained(name, { source: path, key: key(1) });
  assert.ok(statSync(path).size < 2.2 * model.parameterCount() + 2e5);
  assert.equal(model.headLayer.weight.shape[1], 37);
  model.dispose();

  const probes = await probeBackbone(name, { path, out, settings });
  assert.deepEqual(probes.map(({ on }) => on), ["another sky"]);
  for (const { trained, random, galaxies } of probes) {
    assert.ok(galaxies > 30 && galaxies < 60, `${galaxies}`);
    for (const { value, low, high } of [trained, random]) {
      assert.ok(low <= value && value <= high && low >= 0 && high <= 1);
    }
  }
  const command = `deno task backbones ${name}`;
  await writeBackboneRecord(path, { name, command, training: { settings, best, probes } });
  const [listed] = listKitWeights({ folder: join(out, "weights") });
  assert.equal(listed!.path, path);
  assert.deepEqual([listed!.source, listed!.command], [`kit:${name}`, command]);
  assert.equal(listed!.licence, "CC0-1.0");
  assert.equal(await verifyKitWeights(listed!), true);
});

Deno.test("rateOf() is the network's own unless one is given", () => {
  const small = settingsOf(BACKBONE_SETTINGS, {});
  assert.equal(rateOf("resnet18_mini", small), 2e-3);
  for (const name of BACKBONES) {
    const rate = rateOf(name, small);
    assert.ok(rate > 0 && rate <= 2e-3, name);
    assert.equal(rateOf(name, { ...small, rate: 0.1 }), 0.1);
  }
});

Deno.test("backboneGalaxies() takes the fractions that the settings name", async () => {
  const out = temporaryFolder();
  const of = async (fractions: "raw" | "weighted") => {
    using found = (await backboneGalaxies("resnet18_mini", {
      out,
      settings: { ...settings, surveys: ["sdss"], fractions },
    })).set;
    return found.targets!.values.slice();
  };
  const [raw, weighted] = [await of("raw"), await of("weighted")];
  assert.deepEqual(Array.from(raw, Number.isNaN), Array.from(weighted, Number.isNaN));
  assert.notDeepEqual(raw, weighted);
  assert.equal(settings.fractions, "weighted");
});
