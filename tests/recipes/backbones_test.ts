import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { loadPretrained, modelCard } from "galaxykit/models";
import { key } from "galaxykit/tensorflow";
import { listKitWeights, openWeights, verifyKitWeights } from "galaxykit/weights";
import { writeBackboneRecord } from "../../lib/recipes/backbones/publish.ts";
import { readPages } from "../../lib/recipes/backbones/read_pages.ts";
import { BACKBONE_SETTINGS, BACKBONES, rateOf } from "../../lib/recipes/backbones/settings.ts";
import { answersLearnt, backboneGalaxies } from "../../lib/recipes/backbones/sky.ts";
import { trainBackbone, weightsName } from "../../lib/recipes/backbones/train.ts";
import type { OnProgress } from "../../lib/progress.ts";
import { settingsOf } from "../../lib/settings.ts";
import { temporaryFolder } from "../temporary.ts";

const settings = settingsOf(BACKBONE_SETTINGS, {
  profile: "tiny",
  sky: { count: 24, size: 32 },
  compiler: "none", // Too few steps to be worth a trace
});
const ANSWERS = answersLearnt(settings);

Deno.test("backboneGalaxies() asks of each galaxy what enough volunteers answered", async () => {
  const out = temporaryFolder();
  const { set, train, validation } = await backboneGalaxies("resnet18_mini", {
    ...{ size: 64, out, settings },
  });
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
  assert.deepEqual(
    epochs,
    [32, modelCard(name).size].map((size) => `resnet18_mini, ${size} px, epoch 1`),
  );

  using weights = await openWeights(path);
  assert.equal(weights.info("layer1.0.conv1.weight").dtype, "F16");
  assert.equal(weights.info("layer1.0.bn1.running_var").dtype, "F32");
  const { model } = await loadPretrained(name, { source: path, key: key(1) });
  assert.ok(statSync(path).size < 2.2 * model.parameterCount() + 2e5);
  assert.equal(model.headLayer.weight.shape[1], 37);
  model.dispose();

  const readers = [
    { label: "trained", name, source: path, answers: ANSWERS },
    { label: "random", name, source: null, sizes: [32] },
  ];
  const [reading, ...others] = await readPages(readers, { out, settings });
  assert.equal(others.length, 0);
  assert.equal(reading.on, "another sky");
  const [first] = reading.questions;
  assert.deepEqual([first.id, first.about, first.galaxies], ["t01", "smooth or features", 150]);
  assert.ok(first.ceiling > 0.9 && first.ceiling < 1);
  const [trained, random] = reading.readers;
  assert.deepEqual(trained.readings.map(({ size }) => size), [64]);
  assert.deepEqual(random.readings.map(({ size }) => size), [32]);
  assert.equal(random.readings[0].outputs, undefined);
  const [{ probe, outputs, norm }] = trained.readings;
  for (const { id } of reading.questions) {
    assert.ok(Math.abs(probe[id]) <= 1 && Math.abs(outputs![id]) <= 1, id);
  }
  assert.ok(norm.largest >= norm.median && norm.median > 0);

  const command = `deno task backbones ${name}`;
  const training = { settings, best, reading: [reading] };
  await writeBackboneRecord(path, { name, command, answers: ANSWERS, training });
  const [listed] = listKitWeights({ folder: join(out, "weights") });
  assert.equal(listed!.path, path);
  assert.deepEqual([listed!.source, listed!.command], [`kit:${name}`, command]);
  assert.equal(listed!.licence, "CC0-1.0");
  assert.equal(await verifyKitWeights(listed!), true);
});

Deno.test("rateOf() is the network's own unless one is given", () => {
  const small = settingsOf(BACKBONE_SETTINGS, {});
  assert.equal(rateOf("resnet18_mini", small), 4e-3);
  for (const name of BACKBONES) {
    const rate = rateOf(name, small);
    assert.ok(rate > 0 && rate <= 4e-3, name);
    assert.equal(rateOf(name, { ...small, rate: 0.1 }), 0.1);
  }
});

Deno.test("backboneGalaxies() takes the fractions that the settings name", async () => {
  const out = temporaryFolder();
  const of = async (targets: "raw" | "weighted" | "expected") => {
    using found = (await backboneGalaxies("resnet18_mini", {
      size: 32,
      out,
      settings: { ...settings, surveys: ["sdss"], targets },
    })).set;
    return found.targets!.values.slice();
  };
  const [raw, weighted, expected] = [await of("raw"), await of("weighted"), await of("expected")];
  assert.notDeepEqual(raw, weighted);
  // Votes scatter about what an endless crowd would say, and fractions of 30 and more have a denominator
  const first = raw.filter((_, i) => i % 37 === 0);
  const endless = expected.filter((_, i) => i % 37 === 0);
  assert.ok(first.every((fraction, i) => Math.abs(fraction - endless[i]) < 0.4));
  assert.ok(first.some((fraction, i) => fraction !== endless[i]));
  assert.equal(settings.targets, "expected");
});

Deno.test("backboneGalaxies() leaves out the questions that are not to be learnt", async () => {
  const without = { ...settings, surveys: ["sdss"] as const, without: ["t01", "t05"] };
  const out = temporaryFolder();
  using set = (await backboneGalaxies("resnet18_mini", {
    ...{ size: 32, out, settings: without },
  })).set;
  assert.deepEqual(set.targets!.names.slice(0, 2), ["a04", "a05"]);
  assert.equal(set.targets!.names.length, 37 - 3 - 4);
});

Deno.test("trainBackbone() stopped at either size goes on to the same bits", async () => {
  const name = "resnet18_mini";
  const own = { ...settings, surveys: ["sdss"] as const, first: { size: 32, epochs: 2 } };
  const [whole, stopped] = [temporaryFolder(), temporaryFolder()];
  const wanted = await trainBackbone(name, { out: whole, settings: own });
  let path = "";
  let stops = 0;
  while (path === "") {
    const stop = new AbortController();
    const onProgress: OnProgress = (report) => {
      if ("message" in report && stops++ < 2) stop.abort();
    };
    try {
      const options = { out: stopped, settings: own, signal: stop.signal, onProgress };
      path = (await trainBackbone(name, options)).path;
    } catch (error) {
      assert.equal((error as Error).name, "AbortError");
    }
  }
  assert.ok(stops > 2, `${stops}`);
  assert.deepEqual(Deno.readFileSync(path), Deno.readFileSync(wanted.path));
});

Deno.test("weightsName() says which questions a network never saw", () => {
  assert.equal(weightsName("resnet18_mini", { without: [] }), "resnet18_mini");
  const twin = weightsName("resnet18_mini", { without: ["t01", "t04"] });
  assert.equal(twin, "resnet18_mini_without_t01_t04");
});
