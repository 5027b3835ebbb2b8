import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { imageSet, openSurvey, relabel, voteLabels } from "galaxykit/data";
import { reproduce, simToReal } from "galaxykit/recipes";
import { writeSky } from "galaxykit/sky";
import { fourClasses, smoothOrFeatured } from "../../lib/recipes/sim_to_real/labels.ts";
import { balanced, labelled } from "../../lib/recipes/sim_to_real/train.ts";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";

const SAMPLE = "gz2_hart16_sample";

Deno.test({
  ...onShared(SAMPLE, "smoothOrFeatured and fourClasses label as the sample's makers did"),
}, () => {
  const folder = join(shared, SAMPLE);
  const survey = openSurvey(folder).pictured();
  const { frame, paths } = survey;
  const ids = frame.getColumn("asset_id").toArray();
  assert.equal(paths.length, 1000);
  assert.equal(paths[0], join(folder, "images", `${ids[0]}.jpg`));
  const { labels } = voteLabels(survey, smoothOrFeatured.rule);
  const of = (label: number) => labels.filter((value) => value === label).length;
  assert.deepEqual([of(0), of(1), of(-1)], [667, 170, 163]);
  const made = frame.getColumn("derived_label").toArray() as string[];
  const { names } = voteLabels(survey, fourClasses.rule);
  const same = made.filter((name, row) => name === names[row]).length;
  assert.equal(same, 973); // the makers also asked for a number of votes
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
  const settings = {
    profile: "tiny",
    ...{ sky: { count: 700, size: 32 }, width: 4, epochs: 1, few: 30, batch: 8 },
    ...{ fineTuneEpochs: 1, scratchEpochs: 1 },
  } as const;
  const { run: { runs }, text } = await reproduce(simToReal, out, { data, settings });
  assert.deepEqual(runs.map(({ labelling }) => labelling), ["smooth or featured", "four classes"]);
  for (const { sky, fineTuned, scratch, classes } of runs) {
    assert.equal(sky.confusion.length, classes.length);
    assert.equal(sky.confusion.flat().reduce((a, b) => a + b), sky.indices.length);
    assert.deepEqual(fineTuned.indices, scratch.indices);
    const few = sky.indices.length - scratch.indices.length;
    assert.ok(Math.abs(few - 30) <= classes.length, `${few}`);
  }
  const names = ["smooth_or_featured", "four_classes"].flatMap((name) => [
    ...[`figures/${name}-confusion.png`, `figures/${name}-confused.png`, `tables/${name}.csv`],
  ]);
  for (const name of ["report.txt", "report.html", ...names]) {
    assert.ok(existsSync(join(out, name)), name);
  }
  assert.match(text, /\nsmooth_or_featured: figures.*\n {2}seed {2}sky alone/);
  assert.match(
    text,
    /\n {2}smooth or featured by the highest weighted vote fraction, at least 0\.6; of equal ones none\n/,
  );
  const { data: { labels } } = JSON.parse(Deno.readTextFileSync(join(out, "config.json")));
  assert.deepEqual(labels, [smoothOrFeatured, fourClasses]);
  assert.match(text, /\n {2}\d+ galaxies; the sky is worth -?\d+\.\d points to a training on/);
  assert.match(text, /\n {2}true smooth: \d+ taken for smooth, \d+ taken for featured\n/);

  // The same call takes up the networks that are there, and says the same.
  const again = await reproduce(simToReal, out, { data, settings });
  assert.deepEqual(again.run.runs[0].sky.confusion, runs[0].sky.confusion);
  await assert.rejects(reproduce(simToReal, out, { data, settings: { ...settings, rate: 1 } }), {
    message: `Cannot go on in "${out}": it holds a run with settings.rate 0.002, 1 wanted; ` +
      "name another folder",
  });
});
