import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { efficientnet, reproduce } from "galaxykit/recipes";
import { writeSafetensors } from "galaxykit/weights";
import type { EfficientnetSettings } from "../../../lib/recipes/efficientnet/settings.ts";
import { temporaryFolder } from "../../temporary.ts";
import { kaggleRows, type Millionths } from "./_votes.ts";

/** Small networks, random at first: what they learn does not matter here. */
const settings = {
  profile: "tiny",
  ...{ model: "resnet18_mini", weights: "none", size: 32 },
  batch: 16,
  compiler: "none", // Too few steps to be worth a trace
  crop: 1,
  head: { epochs: 2, rate: 1e-3 },
  last: { epochs: 1, rate: 1e-4, blocks: 3 },
  all: { epochs: 1 },
  ...{ seeds: 2, galaxies: 40 },
  compare: ["head_only", "shuffled"],
  beside: { networks: ["resnet18_mini=none@48"], ways: ["from_scratch"] },
  mapping: { layers: ["layer3"], methods: ["gradCam", "eigenCam"], galaxies: 6, tested: 2 },
  sky: { count: 90, seed: 3, size: 64 },
} as const;

const ARTICLE = "resnet18_mini_of_random_values_32_px";
const BESIDE = "resnet18_mini_of_random_values_48_px";

/** The bytes of what must not be made again. */
function stateOf(out: string): string[] {
  const trainings = [
    ...["two_phases", "head_only", "shuffled"].map((way) => join(ARTICLE, way)),
    ...["two_phases", "from_scratch"].map((way) => join(BESIDE, way)),
  ].flatMap((folder) =>
    (folder.endsWith("shuffled") ? [0] : [0, 1]).map((seed) => join(folder, `seed_${seed}`))
  );
  return [
    ...trainings.flatMap((folder) =>
      ["predictions.parquet", "model.safetensors", "history.csv"].map((name) => join(folder, name))
    ),
    "maps/maps.parquet",
  ].map((name) => {
    const { mtime, size } = Deno.statSync(join(out, name));
    return `${name} ${mtime?.getTime()} ${size}`;
  });
}

Deno.test("reproduce(efficientnet) goes from a sky to a page, and makes nothing twice", async () => {
  const out = join(temporaryFolder(), "run");
  const { page, results, run } = await reproduce(efficientnet, out, { settings });
  assert.deepEqual(Object.keys(results), [
    ...["table1", "fig1", "fig2", "fig3", "accuracy", "fig4", "fig5", "fig6", "fig7"],
    ...["losses", "gain", "comparison", "attention", "methods"],
  ]);
  const text = Deno.readTextFileSync(page);
  for (
    const words of [
      ...["19,942", "≈ 90.9 %", "Vote fractions", "shuffled labels", "9,699", "volunteers' class"],
      ...["accuracy at the article's mixture", "true class", "random weights", "from scratch"],
    ]
  ) {
    assert.ok(text.includes(words), words);
  }
  assert.doesNotMatch(text, /(src|href)="(?!data:)/);
  for (
    const name of [
      ...["fig1.svg", "fig2.png", "fig3.png", "fig4.png", "fig5.png", "fig6.png", "losses.png"],
      ...["gain.png", "comparison.png", "attention.png", "mean_maps.png", "methods.png"],
    ]
  ) {
    assert.ok(existsSync(join(out, "figures", name)), name);
  }

  // Numbers agree with the tables that they come from.
  const seeds = run.bySeed(run.article, "two_phases");
  const values = JSON.parse(Deno.readTextFileSync(join(out, "report.json")));
  const right = (of: string) => {
    const own = seeds.flat().filter(({ target }) => of === "" || target === of);
    return own.filter(({ target, prediction }) => target === prediction).length / own.length;
  };
  const near = (found: number, wanted: number) => assert.ok(Math.abs(found - wanted) < 1e-9);
  const { accuracy, balanced, mixture, smooth } = values.accuracy;
  near(accuracy.value, right(""));
  near(smooth.value, right("smooth"));
  near(balanced.value, (right("smooth") + right("featured")) / 2);
  near(mixture.value, 0.411 * right("smooth") + 0.589 * right("featured"));
  assert.ok(accuracy.low <= accuracy.value && accuracy.value <= accuracy.high);
  const head = run.bySeed(run.article, "head_only").flat();
  const headRight = head.filter(({ target, prediction }) => target === prediction).length;
  near(values.gain.rows[0].accuracy.value, right("") - headRight / head.length);
  assert.deepEqual(
    values.comparison.rows.map(({ network, way }: { network: string; way: string }) =>
      `${network.split(", ")[1]} ${way}`
    ),
    [
      ...["32 px two_phases", "32 px head_only", "32 px shuffled"],
      ...["48 px two_phases", "48 px from_scratch"],
    ],
  );
  const { label, part, truth } = run.galaxies();
  assert.equal(values.table1.smooth, label.filter((name) => name === "smooth").length);
  assert.ok(truth.every((name) => name !== null));
  for (const rows of seeds) {
    assert.deepEqual(
      rows.map(({ id, target }) => [id, target]),
      [...part.keys()].filter((row) => part[row] === "validation")
        .map((row) => [run.galaxies().id[row], label[row]]),
    );
  }
  assert.deepEqual(run.history(run.first).map(({ phase }) => phase), [
    ...["head", "head", "last 3 blocks"],
  ]);
  const maps = run.maps.rows();
  assert.equal(maps.length, 3 * 2 * 6); // networks, methods, galaxies
  assert.ok(
    maps.every(({ area, blank, inside }) => area > 0 && area < 1 && (blank || inside >= 0)),
  );
  assert.ok(maps.some(({ inside, area }) => inside > area));
  const tested = maps.filter(({ deletion }) => !Number.isNaN(deletion));
  assert.ok(tested.length > 0 && tested.every(({ network }) => network === "trained"));
  const { named } = values.losses;
  assert.ok(named.length === 12 && named[0].loss >= named[11].loss);
  assert.match(named[0].image, /^\d+\.jpg$/);

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
  const own = {
    settings: { ...settings, seeds: 1, batch: 4 },
    ...{ items: ["accuracy"], data: "data/sky" },
  };
  await reproduce(efficientnet, whole, own);
  let steps = 0;
  for (const stop of [2, 6]) {
    const controller = new AbortController();
    await assert.rejects(
      reproduce(efficientnet, stopped, {
        ...{ ...own, signal: controller.signal },
        onProgress: (report) => {
          if ("unit" in report && report.unit === "steps" && ++steps >= stop) controller.abort();
        },
      }),
      { name: "AbortError" },
    );
    assert.ok(!existsSync(join(stopped, ARTICLE, "two_phases/seed_0/predictions.parquet")));
  }
  // What is compared beside it may change meanwhile
  const others = {
    ...own.settings,
    compare: ["head_only"],
    beside: { ...own.settings.beside, ways: ["head_only"] },
  } as const;
  await reproduce(efficientnet, stopped, { ...own, settings: others });
  const [a, b] = [whole, stopped].map((out) =>
    readTable(join(out, ARTICLE, "two_phases/seed_0/predictions.parquet")).toRecords()
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
      "fig2, fig3, accuracy, fig4, fig5, fig6, fig7, losses, gain, comparison, attention, methods",
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
  await refusal(
    { beside: { networks: ["resnet18_mini@8"], ways: [] } },
    "Cannot reproduce efficientnet: beside.networks must name networks as MODEL[=WEIGHTS][@SIZE], " +
      'of 32 to 1024 pixels, "resnet18_mini@8" found',
  );
  await refusal(
    { beside: { networks: ["resnet18_mini=none@32"], ways: [] } },
    "Cannot reproduce efficientnet: two networks are called " +
      '"resnet18_mini of random values, 32 px"; name each once (model, beside.networks)',
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
