import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { loadPretrained } from "galaxykit/models";
import {
  BACKBONE_PROFILES,
  BACKBONES,
  backboneSettings,
  probeBackbone,
  trainBackbone,
  writeBackboneRecord,
} from "galaxykit/recipes";
import { key } from "galaxykit/tensorflow";
import { listKitWeights, openWeights, verifyKitWeights } from "galaxykit/weights";
import { ANSWERS, backboneGalaxies } from "../../lib/recipes/backbones/sky.ts";
import { temporaryFolder } from "../temporary.ts";

const settings = {
  ...BACKBONE_PROFILES.tiny,
  ...{ count: 24, pictureSize: 32, probe: { ...BACKBONE_PROFILES.tiny.probe, count: 60 } },
};

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
  const epochs: number[] = [];
  const onEpoch = ({ epoch }: { epoch: number }) => epochs.push(epoch);
  const { path, best } = await trainBackbone(name, { out, settings, onEpoch });
  assert.equal(path, join(out, "weights", "resnet18_mini.safetensors"));
  assert.ok(best.validation_mean_absolute_error > 0 && best.validation_mean_absolute_error < 0.5);
  // A finished training is not repeated
  assert.equal((await trainBackbone(name, { out, settings, onEpoch })).path, path);
  assert.deepEqual(epochs, [1]);

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

Deno.test("backboneSettings() are those of the profile, with the network's own rate", () => {
  assert.deepEqual(backboneSettings("resnet18_mini", "small"), BACKBONE_PROFILES.small);
  for (const name of BACKBONES) {
    const { rate, ...rest } = backboneSettings(name, "small");
    assert.ok(rate > 0 && rate <= 2e-3, name);
    assert.deepEqual({ ...rest, rate: 2e-3 }, BACKBONE_PROFILES.small);
  }
});
