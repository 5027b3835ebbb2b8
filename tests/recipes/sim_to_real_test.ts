import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { imageSet, openSurvey, relabel } from "galaxykit/data";
import { reproduce, simToReal } from "galaxykit/recipes";
import { writeSky } from "galaxykit/sky";
import {
  labelGalaxies,
  type Labelling,
  labellingsOf,
  otherClasses,
} from "../../lib/recipes/sim_to_real/labels.ts";
import { balancedOver, gainOver, recalls } from "../../lib/recipes/sim_to_real/scores.ts";
import { balanced, labelled, type TestResult } from "../../lib/recipes/sim_to_real/train.ts";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";

const SAMPLE = "gz2_hart16_sample";
const labellings = labellingsOf({ fractions: "weighted", items: [] });

/** How many galaxies of a folder have each class, and none. */
function counts(folder: string, labelling: Labelling): number[] | null {
  const survey = openSurvey(join(shared, folder)).pictured({ missing: "drop" });
  const found = labelGalaxies(survey, labelling);
  return found &&
    [...found.classes.keys(), -1].map((label) =>
      found.labels.filter((own) => own === label).length
    );
}

Deno.test({
  ...onShared(SAMPLE, "labelGalaxies() walks the tree as volunteers do, and as Galaxy Zoo 2 did"),
}, () => {
  const folder = join(shared, SAMPLE);
  const survey = openSurvey(folder).pictured();
  const { frame, paths } = survey;
  assert.equal(paths[0], join(folder, "images", `${frame.getColumn("asset_id").toArray()[0]}.jpg`));
  assert.deepEqual(labellings.map((labelling) => counts(SAMPLE, labelling)), [
    [667, 170, 163],
    [651, 111, 88, 138, 12], // smooth, edge-on, spiral, merger, none
    [348, 236, 195, 136, 85],
  ]);
  const words = otherClasses(survey, labelGalaxies(survey, labellings[2]));
  assert.equal(words[0], "gz2_class of the table says the same of 1000 of 1000 galaxies");
  assert.match(words[1], / 193 of 250 spiral, .*127 of 250 merger/);
});

Deno.test({
  ...onShared(
    "kaggle_spirals",
    "labelGalaxies() takes Kaggle's votes, and classes of its galaxies",
  ),
}, () => {
  assert.deepEqual(labellings.map((labelling) => counts("kaggle_spirals", labelling)), [
    [208, 472, 0],
    [208, 39, 433, 0, 0],
    null,
  ]);
  assert.deepEqual(labellings.map((labelling) => counts("kaggle_sample", labelling)), [
    [41, 44, 15],
    [47, 4, 29, 4, 16],
    null,
  ]);
});

Deno.test("balancedOver() and gainOver() take all seeds together, galaxy by galaxy", () => {
  const test = (indices: number[], target: number[], told: number[]): TestResult => ({
    ...{ balancedAccuracy: NaN, confusion: [] },
    ...{ indices: Int32Array.from(indices), target },
    probabilities: told.map((label) => Float32Array.from([0, 1], (k) => k === label ? 0.9 : 0.1)),
  });
  const first = test([0, 1, 2, 3], [0, 0, 0, 1], [0, 0, 1, 1]);
  const second = test([3, 2, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]);
  // Of class 0: right by both, both, one of two; of class 1: by one of two
  const { value, low, high } = balancedOver([first, second]);
  assert.ok(Math.abs(value - (2.5 / 3 + 0.5) / 2) < 1e-12);
  assert.ok(low < value && value < high);
  assert.deepEqual(recalls([first, second], 3).map((part) => Math.round(100 * part)), [
    83,
    50,
    NaN,
  ]);
  assert.ok(Math.abs(gainOver([first], [second]).value - (5 / 6 - 1 / 2)) < 1e-12);
});

Deno.test("balanced() shows each class as often, rare ones again and again", () => {
  const labels = Int32Array.from([0, 0, 0, 0, 0, 0, 1, -1]);
  const set = imageSet({ images: new Uint8Array(24), size: 1, labels, classes: ["a", "b"] });
  const indices = labelled(set);
  assert.deepEqual([...indices], [0, 1, 2, 3, 4, 5, 6]);
  const chosen = [...balanced(set, indices, 1)];
  assert.deepEqual(chosen.map((index) => labels[index]), [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.equal(new Set(chosen.slice(0, 4)).size, 4);
  assert.throws(() => balanced(relabel(set, { classes: ["a", "b", "c"] }), indices, 1), {
    name: "RangeError",
    message: 'Cannot train: no picture is of class "c"',
  });
});

Deno.test("simToReal trains, tests, keeps its networks and reports", async () => {
  const root = temporaryFolder();
  const data = join(root, "data");
  await writeSky(data, { count: 160, seed: 2, size: 32, format: "png" });
  const out = join(root, "out");
  const other = join(root, "other");
  await writeSky(other, { count: 24, seed: 3, size: 32, format: "png" });
  const settings = {
    profile: "tiny",
    tests: [other],
    beside: { model: "resnet18_mini", size: 32, headEpochs: 1, epochs: 1 },
  } as const;
  const items = ["walked_classes", "other_images"];
  const { run: { runs }, text } = await reproduce(simToReal, out, { data, settings, items });
  assert.deepEqual(runs.map(({ labelling }) => labelling), ["walked classes"]);
  for (const { sky, fineTuned, scratch, beside, others, classes } of runs) {
    assert.equal(sky.confusion.length, classes.length);
    assert.equal(sky.confusion.flat().reduce((a, b) => a + b), sky.indices.length);
    assert.deepEqual(fineTuned.indices, scratch.indices);
    assert.deepEqual(fineTuned.indices, beside!.indices);
    assert.ok(others.other.indices.length <= 24);
    const few = sky.indices.length - scratch.indices.length;
    assert.ok(Math.abs(few - 30) <= classes.length, `${few}`);
  }
  const names = [
    ...["figures/walked_classes-confusion.png", "figures/walked_classes-confused.png"],
    ...items.map((name) => `tables/${name}.csv`),
  ];
  for (const name of ["report.txt", "report.html", ...names]) {
    assert.ok(existsSync(join(out, name)), name);
  }
  assert.match(text, /\nwalked_classes: figures.*\n {2}seed {2}simulated, held out {2}.*sky alone/);
  assert.match(text, /\n {2}the tree is walked by the highest weighted fraction at each question/);
  assert.match(text, /\n {2}mean +0\.\d{3} +0\.\d{3} \[0\.\d{3}, [01]\.\d{3}\]/);
  assert.match(
    text,
    /\n {2}The sky is worth -?\d\.\d{3} \[.*\] to a training on \d+ real galaxies\n/,
  );
  assert.match(text, /\n {2}volunteers' smooth: \d+ taken for smooth, \d+ taken for edge-on, /);
  assert.match(text, /\n {2}other +walked classes +\d+ +\d\.\d{3} \[/);

  // The same call takes up the networks that are there, and says the same.
  const again = await reproduce(simToReal, out, { data, settings, items });
  assert.deepEqual(again.run.runs[0].sky.confusion, runs[0].sky.confusion);
  await assert.rejects(
    reproduce(simToReal, out, { data, settings: { ...settings, rate: 1 }, items }),
    {
      message: `Cannot go on in "${out}": it holds a run with settings.rate 0.001, 1 wanted; ` +
        "name another folder",
    },
  );
});
