import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { answerColumns, gz2Tree, readTable, voteColumns, writeTable } from "galaxykit/data";
import { evaluatePredictions } from "galaxykit/jobs";
import { judge } from "../../../lib/jobs/evaluate/judged.ts";
import { EVALUATE } from "../../../lib/jobs/evaluate/settings.ts";
import { settingsOf } from "../../../lib/settings.ts";
import { temporaryFolder } from "../../temporary.ts";

Deno.test("evaluatePredictions() leaves scores, figures, who is asked, and one page", async () => {
  const folder = temporaryFolder();
  const columns = answerColumns(gz2Tree, "fraction", ["t01", "t02"]);
  const objid = Array.from({ length: 40 }, (_, i) => `58772298173612${String(i).padStart(4, "0")}`);
  const smooth = objid.map((_, i) => i / 39);
  const edge = objid.map((_, i) => (i * 7 % 40) / 39);
  const truth = [
    smooth,
    smooth.map((x) => 1 - x),
    smooth.map(() => 0),
    edge,
    edge.map((x) => 1 - x),
  ];
  const named = (values: number[][]) =>
    Object.fromEntries(columns.map((name, at) => [name, values[at]!]));
  writeTable(join(folder, "truth.parquet"), {
    objid,
    redshift: edge.map((x) => x / 5),
    ...named(truth),
  });
  writeTable(join(folder, "mine.csv"), {
    objid,
    ...named(truth.map((own, at) => own.map((x, i) => 0.1 + 0.8 * x + 0.02 * Math.sin(i + at)))),
  });
  const out = join(folder, "report");
  const { text, scores } = await evaluatePredictions(out, {
    predictions: join(folder, "mine.csv"),
    catalogue: join(folder, "truth.parquet"),
    resamples: 50,
  });
  assert.ok(scores.flattened.scores.pearson.value > 0.98);
  assert.match(text, /^40 galaxies, 5 columns of Galaxy Zoo 2/);
  assert.match(text, /Without a correlation, as their true fractions are all the same: .*a03/);
  for (
    const name of ["fractions", "distributions", "answers-r", "answers-r2", "asked", "residuals"]
  ) {
    assert.ok(existsSync(join(out, "figures", `${name}.png`)), name);
  }
  const asked = readTable(join(out, "asked.parquet"));
  assert.deepEqual(asked.columns, [
    "id_str",
    "t01_smooth_or_features_proportion_volunteers_asked",
    "t02_edgeon_proportion_volunteers_asked",
  ]);
  const { scores: values } = JSON.parse(Deno.readTextFileSync(join(out, "report.json")));
  assert.equal(values["all values"].pearson.value, scores.flattened.scores.pearson.value);
  assert.match(Deno.readTextFileSync(join(out, "report.html")), /coefficient of determination/);
});

Deno.test("judge() says nothing of who is asked where the first question is not there", () => {
  const columns = answerColumns(gz2Tree, "fraction", ["t02"]);
  const target = [Float64Array.of(0.1, 0.9, 0.4), Float64Array.of(0.9, 0.1, 0.6)];
  const judged = judge({
    ...{ ids: ["a", "b", "c"], columns, target, prediction: target, votes: voteColumns(columns) },
    ...{ property: () => new Float64Array(3), properties: [], notes: [] },
  }, settingsOf(EVALUATE, { predictions: "mine.csv", resamples: 0 }));
  assert.deepEqual([judged.questions.length, judged.scores.flattened.count], [1, 6]);
  assert.deepEqual([judged.asked, judged.reach], [undefined, undefined]);
});
