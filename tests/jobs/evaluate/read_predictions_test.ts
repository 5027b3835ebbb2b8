import assert from "node:assert/strict";
import { join } from "node:path";
import { answerColumns, gz2Tree, writeTable } from "galaxykit/data";
import { settingsOf } from "../../../lib/settings.ts";
import { judge } from "../../../lib/jobs/evaluate/judged.ts";
import { classesItem, posteriorItem } from "../../../lib/jobs/evaluate/decisions.ts";
import { readPredictions } from "../../../lib/jobs/evaluate/read_predictions.ts";
import { changeItem, strangersItem } from "../../../lib/jobs/evaluate/surveys.ts";
import { EVALUATE } from "galaxykit/jobs";
import { onShared, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";

const folder = temporaryFolder();
const published = "predictions/sommelier_sdss_predictions.npz";
const settings = settingsOf(EVALUATE, { predictions: "any.npz", resamples: 0 });

/** A file with a table. */
function table(name: string, columns: Parameters<typeof writeTable>[1]): string {
  const path = join(folder, name);
  writeTable(path, columns);
  return path;
}

/** Agreement to a part in a million: the published numbers were summed in single precision. */
function assertNear(found: number | undefined, wanted: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(found! - wanted) < tolerance, `${found} is not ${wanted}`);
}

Deno.test({
  ...onShared(
    published,
    "judging published predictions gives their known facts, and what they hid",
  ),
  fn() {
    const read = readPredictions(join(shared, published));
    assert.deepEqual([read.ids.length, read.columns.length, read.ids[0]], [
      1000,
      74,
      "587732591714893851",
    ]);
    assert.equal(read.votes?.tree, gz2Tree);
    const judged = judge(read, settings);
    const { scores } = judged.scores.flattened;
    assertNear(scores.pearson.value, 0.8927944803250715);
    assertNear(scores.squaredPearson.value, 0.7970819840989144);
    assertNear(scores.rSquared.value, 0.7969578558);
    assertNear(scores.meanAbsoluteError.value, 0.08522346615791321);
    assertNear(scores.meanSquaredError.value, 0.02478819154202938);
    assertNear(judged.scores.answers[0]!.scores.pearson.value, 0.9825703139992494);
    // The answer of the first question by its three columns, not by the first three columns
    const { result } = classesItem(judged);
    const first = (result.values as Record<string, { value: number; galaxies: number }>).t01!;
    assert.deepEqual([first.value, first.galaxies], [0.981, 1000]);
    // Over the eleven answers that UKIDSS has, too: what its numbers may be compared with
    const eleven = answerColumns(gz2Tree, "fraction", ["t01", "t02", "t03", "t04", "t06"]);
    const like = judge(readPredictions(join(shared, published), { columns: eleven }), settings);
    const own = like.scores.flattened.scores;
    assert.deepEqual(
      [own.pearson.value, own.squaredPearson.value, own.meanAbsoluteError.value].map((value) =>
        value.toFixed(3)
      ),
      ["0.968", "0.936", "0.061"],
    );
    // Unasked questions stand as 0 in the truth
    assert.ok(judged.asked!.scores.flattened.count < 74_000);
  },
});

const stems = ["t01_smooth_or_features_a01_smooth", "t01_smooth_or_features_a02_features_or_disk"]
  .concat("t01_smooth_or_features_a03_star_or_artifact");
const [first, second, third] = stems as [string, string, string];
const ids = ["587722981736120347", "587722981736579107", "587722981741363294"];

Deno.test("readPredictions() takes the truth from a catalogue by id: columns, or votes over their sum", () => {
  const predictions = table("mine.parquet", {
    id_str: ids,
    [`${first}_fraction`]: [0.8, 0.1, 0.5],
    [`${second}_fraction`]: [0.1, 0.8, 0.4],
    [`${third}_fraction`]: [0.1, 0.1, 0.1],
  });
  const votes = table("votes.csv", {
    dr7objid: BigInt64Array.from([ids[1]!, ids[0]!].map(BigInt)),
    [`${first}_count`]: [10, 30],
    [`${second}_count`]: [30, 8],
    [`${third}_count`]: [0, 2],
  });
  const read = readPredictions(predictions, { catalogue: votes });
  assert.deepEqual(read.target.map((values) => [...values]), [
    [0.75, 0.25, NaN],
    [0.2, 0.75, NaN],
    [0.05, 0, NaN],
  ]);
  assert.deepEqual(read.notes, ["1 of 3 galaxies are not in the catalogue"]);
  assert.deepEqual([...read.counts![0]!], [30, 10, NaN]);
  const fractions = table("fractions.csv", { id: ids, [`${first}_fraction`]: [0.7, 0.2, 0.4] });
  const some = readPredictions(predictions, { catalogue: fractions });
  assert.deepEqual(some.columns, [`${first}_fraction`]);
  assert.match(some.notes[0]!, /^no truth for 2 of 3 columns: /);
});

Deno.test("readPredictions() makes fractions of Dirichlet concentrations, and judges their intervals", () => {
  const count = 60;
  const own = Array.from({ length: count }, (_, i) => `g${i}`);
  const stem = "bar-dr5";
  const predictions = table("posterior.parquet", {
    id_str: own,
    [`${stem}_strong_dirichlet`]: own.map((_, i) => 2 + i % 5),
    [`${stem}_weak_dirichlet`]: own.map(() => 3),
    [`${stem}_no_dirichlet`]: own.map((_, i) => 5 + i % 3),
  });
  const votes = table("bars.parquet", {
    id_str: own,
    [`${stem}_strong`]: own.map((_, i) => 2 + i % 7),
    [`${stem}_weak`]: own.map((_, i) => 3 + i % 2),
    [`${stem}_no`]: own.map((_, i) => 8 - i % 7),
  });
  const read = readPredictions(predictions, { catalogue: votes });
  assert.deepEqual(read.columns[0], `${stem}_strong_fraction`);
  assertNear(read.prediction[0]![0], 2 / 10);
  const { result } = posteriorItem(judge(read, settings));
  const values = result.values as Record<
    string,
    { shares: { level: number; interval: { value: number } }[] }
  >;
  const shares = values[stem]!.shares.map(({ interval }) => interval.value);
  assert.ok(shares[0]! > 0.4 && shares[0]! < shares[2]! && shares[2]! <= 1, `${shares}`);
});

Deno.test("predictions on another survey are compared on the same answers alone", () => {
  const count = 80;
  const wave = (phase: number) =>
    Array.from({ length: count }, (_, i) => 0.5 + 0.4 * Math.sin(i + phase));
  const off = (values: number[], by: number) => values.map((v, i) => v + by * Math.cos(3 * i));
  const own = readPredictions(table("own.csv", {
    id: wave(0).map((_, i) => i),
    ...{ smooth_true: wave(0), smooth_predicted: off(wave(0), 0.05) },
    ...{ ring_true: wave(1), ring_predicted: off(wave(1), 0.4) },
  }));
  const other = readPredictions(table("other.csv", {
    id: wave(0).map((_, i) => i),
    ...{ true_smooth: wave(2), pred_smooth: off(wave(2), 0.2).map((v) => v + 0.5) },
  }));
  const judged = judge(own, settings);
  const { result } = changeItem(judged, other);
  assert.match(
    result.notes![0]!,
    /^1 answers are in both, .*; 1 columns of one alone count nowhere$/,
  );
  const row = result.table!.rows.find(([name]) => name!.startsWith("mean absolute error"))!;
  assert.ok(Number(row[2]) > 4 * Number(row[1]));
  const { values } = strangersItem(judged, other).result;
  const found = values as Record<string, { auroc: { value: number } }>;
  assert.ok(found["Mahalanobis distance"]!.auroc.value > 0.7);
});

Deno.test("readPredictions() tells what it wants of what it cannot judge", () => {
  const path = "tests/reference/arrays.npz";
  const lonely = table("lonely.csv", { id: [1, 2], [`${first}_fraction`]: [0.1, 0.2] });
  const others = table("others.csv", { id: [7, 8], [`${first}_fraction`]: [0.1, 0.2] });
  const strange = table("strange.csv", { id: [1, 2], flux: [0.1, 0.2] });
  const cases: [() => unknown, string | RegExp][] = [
    [
      () => readPredictions(path),
      `Cannot judge "${path}": "predictions" has 3 columns, "columns" names 2`,
    ],
    [
      () => readPredictions("tests/reference/arrays_stored.npz"),
      /an array of predictions is wanted, called predictions, prediction, pred …, it has a$/,
    ],
    [
      () => readPredictions(lonely),
      `Cannot judge "${lonely}": it holds no truth; name the table that does (catalogue), with the same ids`,
    ],
    [
      () => readPredictions(lonely, { catalogue: others }),
      `Cannot judge with "${others}": none of 2 galaxies, first "1", is in its ids (id), or they repeat`,
    ],
    [
      () => readPredictions(strange),
      /it has no predictions that are known: .* it has id, flux$/,
    ],
    [
      () => readPredictions(lonely, { catalogue: lonely, columns: ["bar"] }),
      `Cannot judge "${lonely}": there is no column "bar" among ${first}_fraction`,
    ],
    [() => readPredictions(join(folder, "none.npz")), /: there is no such file$/],
  ];
  for (const [run, message] of cases) assert.throws(run, { message });
});
