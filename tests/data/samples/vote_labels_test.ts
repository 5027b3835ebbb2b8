import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import {
  answerColumns,
  CatalogueError,
  catalogueKind,
  describeRule,
  gz2Tree,
  Prng,
  readCatalogue,
  readTable,
  type Table,
  type VoteLabelOptions,
  voteLabels,
  writeTable,
} from "galaxykit/data";
import { classify, drawGalaxy, skyCatalogue } from "galaxykit/sky";
import { onShared, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";
import { csv, kaggleTable, withCell } from "../catalogues/_tables.ts";

const votes = pl.DataFrame({
  smooth: [0.6, 0.59, 0.2, null, 0.5, NaN],
  disk: [0.4, 0.41, 0.7, 0.9, 0.5, 0.9],
  star: [0, 0, 0.1, 0, 0, 0],
});
const classes = { smooth: "smooth", featured: "disk", artifact: "star" };

/** A part of a GZ2 table, every answer 0 but those named: fractions row by row. */
function extract(columns: Record<string, (number | null)[]>, problems: [number, string][] = []) {
  const rows = Object.values(columns)[0].length;
  const path = join(temporaryFolder(), "votes.parquet");
  const zeros = answerColumns(gz2Tree, "debiased").map((name) => [name, new Array(rows).fill(0)]);
  writeTable(path, {
    objid: Array.from({ length: rows }, (_, row) => `58772298173612034${row}`),
    ...Object.fromEntries(zeros),
    ...columns,
  });
  const catalogue = readCatalogue(path, { bad: "report" });
  assert.deepEqual(catalogue.problems.map(({ count, check }) => [count, check]), problems);
  return catalogue;
}

Deno.test("voteLabels() names the clear rows, the ambiguous and the missing ones", () => {
  const { names, labels } = voteLabels(votes, { classes, threshold: 0.6 });
  assert.deepEqual(names, ["smooth", "ambiguous", "featured", null, "ambiguous", null]);
  assert.deepEqual([...labels], [0, -1, 1, -1, -1, -1]);
  const low = voteLabels(votes, { classes, threshold: 0.1 });
  assert.deepEqual(low.names, ["smooth", "smooth", "featured", null, "ambiguous", null]);
  const strict = voteLabels(votes, { classes, threshold: 0.6, strict: true });
  assert.deepEqual([...strict.labels], [-1, -1, 1, -1, -1, -1]);
});

Deno.test("voteLabels() refuses classes that it cannot tell apart, and thresholds of no sense", () => {
  const cases: [VoteLabelOptions, string][] = [
    [
      { classes: { smooth: "smooth" }, threshold: 0.6 },
      'two classes or more other than "ambiguous" are wanted: "smooth"',
    ],
    [
      { classes: { smooth: "smooth", ambiguous: "disk" }, threshold: 0.6 },
      'two classes or more other than "ambiguous" are wanted: "smooth", "ambiguous"',
    ],
    [{ threshold: 0.6 }, 'two classes or more other than "ambiguous" are wanted: none'],
    [{ classes, threshold: 0 }, "the threshold must be above 0 and at most 1, 0 found"],
    [{ classes, threshold: 60 }, "the threshold must be above 0 and at most 1, 60 found"],
  ];
  for (const [options, reason] of cases) {
    assert.throws(() => voteLabels(votes, options), {
      name: "RangeError",
      message: `Cannot label galaxies: ${reason}`,
    });
  }
  const unknown = { classes: { ...classes, odd: "dsk" }, threshold: 0.6 };
  assert.throws(() => voteLabels(votes, unknown), {
    name: "RangeError",
    message: 'Cannot read the table: no column "dsk" among smooth, disk, star, did you mean ' +
      '"disk"?',
  });
});

Deno.test("voteLabels() takes raw fractions unless others are named, and tells which", () => {
  const galaxies = Array.from({ length: 800 }, (_, index) => drawGalaxy({ seed: 604, index }));
  const frame = skyCatalogue(galaxies.map((galaxy) => ({ galaxy, votes: classify(galaxy) })));
  const catalogue = { kind: catalogueKind("gz2_stripe82"), frame };
  const raw = voteLabels(catalogue, { threshold: 0.6 });
  const weighted = voteLabels(catalogue, { threshold: 0.6, fractions: "weighted" });
  assert.deepEqual([raw.rule.fractions, weighted.rule.fractions], ["raw", "weighted"]);
  // What two recipes disagreed on: each of these lies on either side of the threshold
  const rows = [...raw.labels.keys()].filter((row) => raw.labels[row] !== weighted.labels[row]);
  assert.equal(rows.length, 7);
  for (const row of rows) {
    const highest = [raw, weighted].map(({ fractions }) =>
      Math.max(fractions.smooth[row], fractions.featured[row])
    );
    assert.ok(Math.min(...highest) < 0.6 && Math.max(...highest) >= 0.6, `${highest}`);
  }
  // Above a half, the first of the two that reaches the threshold is the highest: one rule
  for (const { labels, fractions: { smooth, featured } } of [raw, weighted]) {
    labels.forEach((label, row) =>
      assert.equal(label, smooth[row] >= 0.6 ? 0 : featured[row] >= 0.6 ? 1 : -1)
    );
  }
  assert.throws(() => voteLabels(catalogue, { threshold: 0.6, fractions: "published" }), {
    name: "RangeError",
    message: "Cannot label galaxies: published fractions of t01 are wanted, " +
      "the table (gz2_stripe82) has raw, weighted, debiased; name one of these, or none",
  });
});

Deno.test("voteLabels() lets the questions of several classes compete, missing ones left out", () => {
  const [smooth, edgeOn, spiral, merger] = ["a01", "a04", "a08", "a24"].map((id) =>
    answerColumns(gz2Tree, "debiased").find((name) => name.includes(`_${id}_`))!
  );
  const catalogue = extract({
    [smooth]: [0.7, 0.4, 0.5, null, null, 0.49],
    [edgeOn]: [0.2, 0.9, 0, null, null, 0],
    [spiral]: [0, 0, 0.5, 0.8, null, 0],
    [merger]: [0, 0, 0, null, null, 0.1],
  });
  const options: VoteLabelOptions = {
    classes: { spiral: "a08", elliptical: "a01", "edge-on": "a04", merger: "a24" },
    fractions: "debiased",
    threshold: 0.5,
    minimumVotes: 5,
  };
  const { names, rule } = voteLabels(catalogue, options);
  assert.deepEqual(names, ["elliptical", "edge-on", "ambiguous", "spiral", null, "ambiguous"]);
  const first = voteLabels(catalogue, { ...options, ties: "first" });
  assert.deepEqual(first.names, ["elliptical", "edge-on", "spiral", "spiral", null, "ambiguous"]);
  assert.match(describeRule(first.rule), /^spiral, .* or merger by .*; of equal ones the first$/);
  // Without counts nobody can say how many voted; the rule tells so
  assert.equal(rule.minimumVotes, 0);
  // Debiased fractions are taken where they are named, never for want of others
  assert.throws(() => voteLabels(catalogue, { ...options, fractions: undefined }), {
    message: "Cannot label galaxies: vote fractions of t04, t01, t02, t08 are wanted, " +
      "the table (gz2_extract) has debiased; name one of these, or none",
  });
});

Deno.test("voteLabels() leaves out questions of too few votes", () => {
  const [stem, other] = [
    "t01_smooth_or_features_a01_smooth",
    "t01_smooth_or_features_a02_features_or_disk",
  ];
  const catalogue = extract({
    [`${stem}_count`]: [3, 4],
    [`${other}_count`]: [1, 1],
    "t01_smooth_or_features_a03_star_or_artifact_count": [0, 0],
    [`${stem}_fraction`]: [0.75, 0.8],
    [`${other}_fraction`]: [0.25, 0.2],
    "t01_smooth_or_features_a03_star_or_artifact_fraction": [0, 0],
  });
  const { names, rule } = voteLabels(catalogue, { threshold: 0.6, minimumVotes: 5 });
  assert.deepEqual(names, [null, "smooth"]);
  assert.equal(
    describeRule(rule),
    "smooth or featured by the highest raw vote fraction, at least 0.6; " +
      "questions of under 5 votes do not count; of equal ones none",
  );
  assert.deepEqual(voteLabels(catalogue, { threshold: 0.6 }).names, ["smooth", "smooth"]);
});

Deno.test("voteLabels() makes no label of an empty cell, and refuses fractions that are wrong", () => {
  const names = answerColumns(gz2Tree, "fraction", ["t01"]);
  const table = (smooth: (number | null)[]): Table => ({
    [names[0]]: smooth as number[],
    [names[1]]: [0.1, 0.9],
    [names[2]]: [0, 0],
  });
  const empty = extract(table([0.9, null]) as Record<string, number[]>);
  assert.deepEqual(voteLabels(empty, { threshold: 0.6 }).names, ["smooth", null]);
  // Also where a cell must not be empty
  const path = join(temporaryFolder(), "kaggle.csv");
  Deno.writeTextFileSync(path, csv(withCell(kaggleTable(2, 1), 0, "Class1.1", "")));
  const solutions = readCatalogue(path, { bad: "report" });
  assert.ok(solutions.problems.some(({ check }) => check === "empty"));
  assert.deepEqual(voteLabels(solutions, { threshold: 0.3 }).names[0], null);
  const wrong = extract(table([0.9, 0.7]) as Record<string, number[]>, [[1, "sum"]]);
  assert.throws(() => voteLabels(wrong, { threshold: 0.6 }), CatalogueError);
});

Deno.test("describeRule() names the classes, the fractions and how far they count", () => {
  const { rule } = voteLabels(votes, { classes, threshold: 0.5, strict: true });
  assert.equal(
    describeRule(rule),
    "smooth, featured or artifact by the highest given vote fraction, above 0.5; of equal ones none",
  );
  // A run keeps it as it is
  assert.deepEqual(JSON.parse(JSON.stringify(rule)), rule);
});

Deno.test({
  ...onShared("gz2_hart16_sample", "voteLabels() labels 1,000 real galaxies as their makers did"),
}, () => {
  const path = join(shared, "gz2_hart16_sample/catalog.csv");
  const catalogue = readCatalogue(path, { bad: "report", extra: "keep" });
  const { labels, rule } = voteLabels(catalogue, { threshold: 0.6 });
  assert.equal(rule.fractions, "weighted"); // its raw ones are not whole
  const of = (label: number) => labels.filter((value) => value === label).length;
  assert.deepEqual([of(0), of(1), of(-1)], [667, 170, 163]);
});

Deno.test("voteLabels() gives the same labels for float32, as columns and in Parquet", () => {
  const random = new Prng(1);
  const smooth = Array.from({ length: 2000 }, () => random.integer(1001) / 1000);
  const table = { smooth, disk: smooth.map((share) => Number((1 - share).toFixed(3))) };
  const single = {
    smooth: Float32Array.from(table.smooth),
    disk: Float32Array.from(table.disk),
  };
  const path = join(temporaryFolder(), "single.parquet");
  writeTable(path, single);
  const options = { classes: { smooth: "smooth", featured: "disk" } };
  for (const threshold of [0.5, 0.6, 0.715, 0.8, 0.95]) {
    for (const strict of [false, true]) {
      const { labels } = voteLabels(table, { ...options, threshold, strict });
      for (const votes of [single, readTable(path)]) {
        assert.deepEqual(voteLabels(votes, { ...options, threshold, strict }).labels, labels);
      }
    }
  }
});

Deno.test("voteLabels() refuses what is no fraction, naming the row", () => {
  const cases: [number, string][] = [[-999, "-999"], [Infinity, "Infinity"], [60, "60"]];
  for (const [value, shown] of cases) {
    assert.throws(
      () =>
        voteLabels({ smooth: [0.5, value], disk: [0.5, 0.9] }, {
          classes: { smooth: "smooth", featured: "disk" },
          threshold: 0.6,
        }),
      {
        name: "RangeError",
        message: `Cannot label galaxies: fractions must lie in [0, 1]: "smooth" holds ${shown} ` +
          "in row 1; a missing one is null or NaN",
      },
    );
  }
});

Deno.test("voteLabels() does not pass over fractions for the misspelt name of a column", () => {
  const columns = (quantity: "fraction" | "weighted_fraction") =>
    answerColumns(gz2Tree, quantity, ["t01"]);
  const [raw, weighted] = [columns("fraction"), columns("weighted_fraction")];
  const slip = raw[0].replace("smooth_fraction", "smoth_fraction");
  const frame = pl.DataFrame({
    objid: ["587722981736120347"],
    ...{ [slip]: [0.65], [raw[1]]: [0.35], [raw[2]]: [0] },
    ...{ [weighted[0]]: [0.39], [weighted[1]]: [0.61], [weighted[2]]: [0] },
  });
  const kind = catalogueKind("gz2_extract");
  const message = `Cannot label galaxies: the table (gz2_extract) has no column "${raw[0]}" but ` +
    `"${slip}", which may be it; rename it, or leave it out`;
  for (const fractions of [undefined, "raw"] as const) {
    assert.throws(() => voteLabels({ kind, frame }, { threshold: 0.6, fractions }), {
      name: "RangeError",
      message,
    });
  }
  // other fractions by name, and the column under its name
  const { names } = voteLabels({ kind, frame }, { threshold: 0.6, fractions: "weighted" });
  assert.deepEqual(names, ["featured"]);
  const mended = frame.rename({ [slip]: raw[0] });
  const labels = voteLabels({ kind, frame: mended }, { threshold: 0.6 });
  assert.deepEqual([labels.names, labels.rule.fractions], [["smooth"], "raw"]);
});
