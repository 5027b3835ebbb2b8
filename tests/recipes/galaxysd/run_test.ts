import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { galaxysd, openGalaxyPipeline, publishGalaxies, reproduce } from "galaxykit/recipes";
import { type KitPipeline, verifyKitWeights } from "galaxykit/weights";
import { settingsOf } from "../../../lib/settings.ts";
import { temporaryFolder } from "../../temporary.ts";

const settings = {
  profile: "tiny",
  ...{ steps: 4, perEpoch: 2, each: 1, imagesEvery: 2 },
  compiler: "none", // To trace so few steps would take longer
  sampling: { steps: 2, guidance: 2 },
} as const;

Deno.test("galaxysd selects without learning, and learns what the figures want", async () => {
  const out = join(temporaryFolder(), "run");
  const first = await reproduce(galaxysd, out, {
    ...{ data: "data/sky", settings },
    items: ["selection", "fig2", "table1", "figb3"],
  });
  assert.ok(!existsSync(join(out, "model")));
  const [all, certain] = first.results.selection!.table!.rows;
  assert.deepEqual([all![1], all![2], certain![1]], ["239,695", "64", "71,455"]);
  const { values } = first.results.selection!;
  assert.ok(Number(values!.left) <= Number(values!.capped));
  assert.ok(Number(values!.capped) <= Number(values!.certain));
  assert.equal(first.results.table1!.table!.rows.length, 16);

  const seen: string[] = [];
  const items = ["training", "fig3", "groups", "neighbours"];
  const second = await reproduce(galaxysd, out, {
    ...{ data: "data/sky", settings, items },
    onProgress: (report) => void ("what" in report && seen.push(report.what)),
  });
  assert.ok(seen.some((what) => what.startsWith("Learning galaxies, epoch 2")));
  for (const name of ["figures/fig3", "figures/training-images", "images/step-000004"]) {
    assert.ok(existsSync(join(out, `${name}.png`)), name);
  }
  assert.ok(!existsSync(join(out, "images/step-000002.png"))); // After every second epoch
  assert.ok(existsSync(join(out, "figures/fig2.png"))); // Still there
  const { real, ...ways } = second.results.groups!.values as Record<string, number>;
  assert.ok(real! > 0.5);
  assert.deepEqual(Object.keys(ways), ["captions", "votes", "both", "each"]);
  const { generated, held } = second.results.neighbours!.values as Record<string, number[]>;
  assert.ok(held!.every((distance) => distance > 0) && generated!.length === 16);

  // Once more: nothing is learnt or generated again
  seen.length = 0;
  const third = await reproduce(galaxysd, out, {
    ...{ data: "data/sky", settings, items },
    onProgress: (report) => void ("what" in report && seen.push(report.what)),
  });
  assert.deepEqual(third.results.groups!.values, second.results.groups!.values);
  assert.deepEqual(seen.filter((what) => /Learning|Generating/.test(what)), []);

  // The model in half precision, with its record
  const small = join(temporaryFolder(), "small");
  await publishGalaxies(out, small, { command: "deno task galaxysd train --profile tiny" });
  const record = JSON.parse(Deno.readTextFileSync(join(small, "record.json")));
  assert.deepEqual([record.config.settings.steps, record.last.epoch], [4, 2]);
  assert.deepEqual([record.source, record.licence], ["kit:small", undefined]); // Not the kit's sky
  const { files } = record as KitPipeline;
  assert.ok(files.some(({ name }) => name === "small/conditions.json"));
  assert.ok(await verifyKitWeights({ path: small, files }));
  Deno.writeTextFileSync(join(small, "conditions.json"), "{}");
  assert.ok(!await verifyKitWeights({ path: small, files }));
  await publishGalaxies(out, small, { command: "deno task galaxysd train --profile tiny" });
  assert.deepEqual(record.measured.groups, second.results.groups!.values);
  const [whole, half] = [
    await openGalaxyPipeline(join(out, "pipeline")),
    await openGalaxyPipeline(small),
  ];
  assert.deepEqual(half.layout, whole.layout);
  const [name, wanted] = Object.entries(whole.pipeline.unet.namedParameters())[0]!;
  const found = half.pipeline.unet.namedParameters()[name]!.dataSync();
  wanted.dataSync().forEach((value, at) =>
    assert.ok(Math.abs(value - found[at]!) <= 1e-3 * Math.abs(value) + 1e-7, `${name} ${at}`)
  );
  await assert.rejects(
    publishGalaxies(temporaryFolder(), small, { command: "" }),
    /no finished model is in it; run deno task galaxysd train/,
  );

  // More images, of another sampling, are of the same model
  const more = { ...settings, each: 2, sampling: { steps: 3, guidance: 1 } };
  await galaxysd.prepare(out, {
    ...{ data: "data/sky", settings: settingsOf(galaxysd.settings, more), items: ["training"] },
    onProgress: (report) => void ("what" in report && seen.push(report.what)),
  });
  assert.ok(seen.length > 0);
  assert.deepEqual(seen.filter((what) => what.startsWith("Learning")), []);
});

Deno.test("galaxysd refuses a folder of other settings, and what cannot be drawn yet", async () => {
  const out = join(temporaryFolder(), "run");
  await reproduce(galaxysd, out, { data: "data/sky", settings, items: ["table1"] });
  await assert.rejects(
    reproduce(galaxysd, out, {
      ...{ data: "data/sky", settings: { ...settings, steps: 9 }, items: ["table1"] },
    }),
    /holds a run with settings.steps 4, 9 wanted/,
  );
  await assert.rejects(
    reproduce(galaxysd, out, { data: "data/sky", settings, items: ["fig5"] }),
    /nothing draws it yet/,
  );
});
