import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import {
  EFFICIENTNET,
  EfficientnetRun,
  type EfficientnetSettings,
  reproduceEfficientnet,
} from "galaxykit/recipes";
import { writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../../temporary.ts";
import { kaggleRows, type Millionths } from "./_votes.ts";

/** A smaller network, random at first: what it learns does not matter here. */
const settings: EfficientnetSettings = {
  ...EFFICIENTNET.tiny,
  model: "resnet18_mini",
  weights: "none",
  mapLayer: undefined,
  batch: 16,
  crop: 1,
  head: { epochs: 2, rate: 1e-3 },
  last: { epochs: 1, rate: 1e-4, blocks: 3 },
  compare: ["shuffled"],
  maps: 8,
  sky: { count: 90, seed: 3, size: 64 },
};

/** The bytes of what must not be made again. */
function stateOf(out: string): string[] {
  return ["two_phases", "shuffled"].flatMap((training) =>
    ["predictions.parquet", "final.safetensors", "maps.parquet", "history.csv"].map((name) => {
      const { mtime, size } = Deno.statSync(join(out, training, name));
      return `${training}/${name} ${mtime?.getTime()} ${size}`;
    })
  );
}

Deno.test("reproduceEfficientnet() goes from a sky to a page, and makes nothing twice", async () => {
  const out = join(temporaryFolder(), "run");
  const { page, results } = await reproduceEfficientnet(out, { settings });
  assert.deepEqual(Object.keys(results), [
    ...["table1", "fig1", "fig2", "fig3", "accuracy", "fig4", "fig5", "fig6", "fig7"],
    ...["comparison", "attention"],
  ]);
  const text = Deno.readTextFileSync(page);
  for (const words of ["19,942", "≈ 90.9 %", "Vote fractions", "shuffled labels", "9,699"]) {
    assert.ok(text.includes(words), words);
  }
  assert.doesNotMatch(text, /(src|href)="(?!data:)/);
  for (const name of ["fig1.svg", "fig2.png", "fig3.png", "fig4.png", "fig5.png", "fig6.png"]) {
    assert.ok(existsSync(join(out, "figures", name)), name);
  }

  // Numbers agree with the tables that they come from.
  const run = new EfficientnetRun(out, settings);
  const predictions = run.predictions("two_phases");
  const right = predictions.filter(({ target, prediction }) => target === prediction).length;
  const values = JSON.parse(Deno.readTextFileSync(join(out, "report.json")));
  assert.equal(values.accuracy.accuracy.value, right / predictions.length);
  assert.ok(values.accuracy.accuracy.low <= values.accuracy.accuracy.value);
  const { label, part } = run.galaxies();
  assert.equal(values.table1.smooth, label.filter((name) => name === "smooth").length);
  assert.equal(predictions.length, part.filter((name) => name === "validation").length);
  assert.deepEqual(
    predictions.map(({ id, target }) => [id, target]),
    [...part.keys()].filter((row) => part[row] === "validation")
      .map((row) => [run.galaxies().id[row], label[row]]),
  );
  assert.deepEqual(run.history("two_phases").map(({ phase }) => phase), [
    ...["head", "head", "head and last 3 blocks"],
  ]);
  const maps = run.maps("two_phases");
  assert.equal(maps.length, 8);
  assert.ok(maps.every(({ area, blank, inside }) => area > 0 && area < 1 && (blank || inside > 0)));

  // The same call again reads, and another item joins without training.
  const state = stateOf(out);
  const told: string[] = [];
  await reproduceEfficientnet(out, {
    settings,
    items: ["accuracy", "fig6"],
    onProgress: (report) => void told.push("what" in report ? report.what : report.message),
  });
  assert.deepEqual(stateOf(out), state);
  assert.deepEqual(told, []);
});

Deno.test("reproduceEfficientnet() stopped in the middle of training goes on to the same result", async () => {
  const root = temporaryFolder();
  const [whole, stopped] = [join(root, "whole"), join(root, "stopped")];
  const items = ["accuracy"];
  await reproduceEfficientnet(whole, { settings, items });
  let steps = 0;
  for (const stop of [2, 6]) {
    const controller = new AbortController();
    await assert.rejects(
      reproduceEfficientnet(stopped, {
        ...{ settings, items, signal: controller.signal },
        onProgress: (report) => {
          if ("unit" in report && report.unit === "steps" && ++steps >= stop) controller.abort();
        },
      }),
      { name: "AbortError" },
    );
    assert.ok(!existsSync(join(stopped, "two_phases/predictions.parquet")));
  }
  await reproduceEfficientnet(stopped, { settings, items });
  const [a, b] = [whole, stopped].map((out) =>
    readTable(join(out, "two_phases/predictions.parquet")).toRecords()
  );
  assert.deepEqual(a, b);
});

Deno.test("reproduceEfficientnet() looks at votes alone where no images are wanted", async () => {
  const out = join(temporaryFolder(), "run");
  const { results } = await reproduceEfficientnet(out, {
    data: "data/sky/catalogue.parquet",
    settings: { ...settings, weights: "nowhere.safetensors" }, // not looked for either
    items: ["fig1", "table1"],
  });
  assert.deepEqual(Object.keys(results), ["table1", "fig1"]);
  assert.equal(results.table1.table?.rows[0][1], "19,942");
});

Deno.test("reproduceEfficientnet() refuses what cannot work before it begins", async () => {
  const out = join(temporaryFolder(), "run");
  function refusal(
    changes: Partial<EfficientnetSettings>,
    message: string | RegExp,
    items?: string[],
  ) {
    const run = reproduceEfficientnet(out, { settings: { ...settings, ...changes }, items });
    return assert.rejects(run, { message });
  }
  for (const threshold of [0.4, 1.2]) {
    await refusal(
      { threshold },
      "Cannot label galaxies: the threshold must be above 0.5, where no galaxy has both labels, " +
        `and at most 1, ${threshold} found`,
    );
  }
  await refusal(
    {},
    'Cannot reproduce "fig10" of efficientnet: nearest is "fig1", the items are table1, fig1, ' +
      "fig2, fig3, accuracy, fig4, fig5, fig6, fig7, comparison, attention",
    ["fig10"],
  );
  await refusal(
    { weights: "nowhere.safetensors" },
    /^Cannot start resnet18_mini from "nowhere.safetensors": there are no such weights; name others with --weights \(kit:efficientnet_b0_mini, .*hf:organisation\/name, a file, or none for random values\)$/,
  );
  await refusal(
    { size: 16 },
    "Cannot reproduce efficientnet: size must be an integer from 32, 16 found",
  );
  assert.ok(!existsSync(out));
});

Deno.test("reproduceEfficientnet() refuses a folder of something else, and other weights", async () => {
  const out = join(temporaryFolder(), "run");
  const items = ["table1"];
  const data = "data/sky";
  await reproduceEfficientnet(out, { data, settings, items });
  await assert.rejects(
    reproduceEfficientnet(out, { data, settings: { ...settings, threshold: 0.8 }, items }),
    {
      message: `Cannot go on in "${out}": it holds a run with settings.threshold 0.6, ` +
        "0.8 wanted; name another folder with --out",
    },
  );
  const others = join(temporaryFolder(), "votes.csv");
  const votes: Millionths = [900_000, 100_000, 0];
  Deno.writeTextFileSync(others, kaggleRows([{ id: 1, votes }]));
  await assert.rejects(reproduceEfficientnet(out, { data: others, settings, items }), {
    message: `Cannot go on in "${out}": it holds a run with data.kind "gz2_stripe82", "kaggle" ` +
      "wanted; name another folder with --out",
  });
  const folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder, "notes.txt"), "");
  await assert.rejects(reproduceEfficientnet(folder, { data, settings, items }), {
    message: `Cannot start in "${folder}": the folder is not empty (it holds "notes.txt"); ` +
      "name another with --out",
  });

  const weights = join(folder, "other.safetensors");
  const data4 = { dtype: "F32", shape: [4], data: new Float32Array(4) } as const;
  writeSafetensors(weights, { "conv1.weight": data4 });
  await assert.rejects(
    reproduceEfficientnet(join(folder, "run"), { data, settings: { ...settings, weights } }),
    /Cannot load ".*other.safetensors" into resnet18.*: .*keys missing/,
  );
});
