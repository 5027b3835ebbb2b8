import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { efficientnet, reproduce } from "galaxykit/recipes";
import { writeSafetensors } from "galaxykit/weights";
import type { EfficientnetSettings } from "../../../lib/recipes/efficientnet/settings.ts";
import { temporaryFolder } from "../../temporary.ts";
import { kaggleRows, type Millionths } from "./_votes.ts";

/** A smaller network, random at first: what it learns does not matter here. */
const settings = {
  profile: "tiny",
  model: "resnet18_mini",
  weights: "none",
  mapLayer: "last",
  batch: 16,
  crop: 1,
  head: { epochs: 2, rate: 1e-3 },
  last: { epochs: 1, rate: 1e-4, blocks: 3 },
  compare: ["shuffled"],
  maps: 8,
  sky: { count: 90, seed: 3, size: 64 },
} as const;

/** The bytes of what must not be made again. */
function stateOf(out: string): string[] {
  return ["two_phases", "shuffled"].flatMap((training) =>
    ["predictions.parquet", "model.safetensors", "maps.parquet", "history.csv"].map((name) => {
      const { mtime, size } = Deno.statSync(join(out, training, name));
      return `${training}/${name} ${mtime?.getTime()} ${size}`;
    })
  );
}

Deno.test("reproduce(efficientnet) goes from a sky to a page, and makes nothing twice", async () => {
  const out = join(temporaryFolder(), "run");
  const { page, results, run } = await reproduce(efficientnet, out, { settings });
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
  await reproduce(efficientnet, out, {
    settings,
    items: ["accuracy", "fig6"],
    onProgress: (report) => void ("what" in report && told.push(report.what)),
  });
  assert.deepEqual(stateOf(out), state);
  assert.deepEqual(told, []);
});

Deno.test("reproduce(efficientnet) stopped in the middle of training goes on to the same result", async () => {
  const root = temporaryFolder();
  const [whole, stopped] = [join(root, "whole"), join(root, "stopped")];
  const items = ["accuracy"];
  await reproduce(efficientnet, whole, { settings, items });
  let steps = 0;
  for (const stop of [2, 6]) {
    const controller = new AbortController();
    await assert.rejects(
      reproduce(efficientnet, stopped, {
        ...{ settings, items, signal: controller.signal },
        onProgress: (report) => {
          if ("unit" in report && report.unit === "steps" && ++steps >= stop) controller.abort();
        },
      }),
      { name: "AbortError" },
    );
    assert.ok(!existsSync(join(stopped, "two_phases/predictions.parquet")));
  }
  // What is compared beside it may change meanwhile
  const others = { ...settings, compare: ["head_only"] } as const;
  await reproduce(efficientnet, stopped, { settings: others, items });
  const [a, b] = [whole, stopped].map((out) =>
    readTable(join(out, "two_phases/predictions.parquet")).toRecords()
  );
  assert.deepEqual(a, b);
});

Deno.test("reproduce(efficientnet) looks at votes alone where no images are wanted", async () => {
  const out = join(temporaryFolder(), "run");
  const { results } = await reproduce(efficientnet, out, {
    data: "data/sky/catalogue.parquet",
    settings: { ...settings, weights: "nowhere.safetensors" }, // not looked for either
    items: ["fig1", "table1"],
  });
  assert.deepEqual(Object.keys(results), ["table1", "fig1"]);
  assert.equal(results.table1.table?.rows[0][1], "19,942");
  const { data } = JSON.parse(Deno.readTextFileSync(join(out, "config.json")));
  assert.deepEqual(data.labels, {
    ...{ classes: { smooth: "a01", featured: "a02" }, fractions: "raw", threshold: 0.6 },
    ...{ strict: false, ties: "none", minimumVotes: 0 },
  });
  const text = Deno.readTextFileSync(join(out, "report.html"));
  assert.match(text, /smooth or featured by the highest raw vote fraction, at least 0\.6/);
});

Deno.test("reproduce(efficientnet) refuses what cannot work before it begins", async () => {
  const out = join(temporaryFolder(), "run");
  function refusal(
    changes: Partial<EfficientnetSettings>,
    message: string | RegExp,
    items?: string[],
  ) {
    const run = reproduce(efficientnet, out, { settings: { ...settings, ...changes }, items });
    return assert.rejects(run, { message });
  }
  for (const threshold of [0.4, 1.2]) {
    await refusal(
      { threshold },
      "Cannot reproduce efficientnet: threshold must be a number, above 0.5, at most 1, " +
        `${threshold} found`,
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
    /^Cannot start resnet18_mini from "nowhere.safetensors": there are no such weights; name others \(weights\): kit:efficientnet_b0_mini, .*hf:organisation\/name, a file, or none for random values$/,
  );
  await refusal(
    { size: 16 },
    "Cannot reproduce efficientnet: size must be an integer, at least 32, at most 1024, 16 found",
  );
  assert.ok(!existsSync(out));
});

Deno.test("reproduce(efficientnet) refuses a folder of something else, and other weights", async () => {
  const out = join(temporaryFolder(), "run");
  const items = ["table1"];
  const data = "data/sky";
  await reproduce(efficientnet, out, { data, settings, items });
  await assert.rejects(
    reproduce(efficientnet, out, { data, settings: { ...settings, threshold: 0.8 }, items }),
    {
      message: `Cannot go on in "${out}": it holds a run with settings.threshold 0.6, ` +
        "0.8 wanted; name another folder",
    },
  );
  const others = join(temporaryFolder(), "votes.csv");
  const votes: Millionths = [900_000, 100_000, 0];
  Deno.writeTextFileSync(others, kaggleRows([{ id: 1, votes }]));
  await assert.rejects(reproduce(efficientnet, out, { data: others, settings, items }), {
    message: `Cannot go on in "${out}": it holds a run with data.kind "gz2_stripe82", "kaggle" ` +
      "wanted; name another folder",
  });
  const folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder, "notes.txt"), "");
  await assert.rejects(reproduce(efficientnet, folder, { data, settings, items }), {
    message: `Cannot start a run in "${folder}": the folder is not empty (it holds "notes.txt"); ` +
      "name another",
  });

  const weights = join(folder, "other.safetensors");
  const data4 = { dtype: "F32", shape: [4], data: new Float32Array(4) } as const;
  writeSafetensors(weights, { "conv1.weight": data4 });
  await assert.rejects(
    reproduce(efficientnet, join(folder, "run"), { data, settings: { ...settings, weights } }),
    /Cannot load ".*other.safetensors" into resnet18.*: .*keys missing/,
  );
});
