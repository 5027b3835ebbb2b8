import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import {
  answerColumns,
  answersOf,
  answerValues,
  conditionalFractions,
  cumulativeFractions,
  gz2Tree,
  kaggleTree,
  openSurvey,
  readCatalogue,
  votesReceived,
  writeTable,
} from "galaxykit/data";
import { onShared, shared } from "../../shared_data.ts";

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

Deno.test({
  ...onShared("gz2_hart16_sample", "readCatalogue() reads the sample of Hart et al. 2016"),
}, () => {
  const { frame, kind, id, problems } = readCatalogue(
    join(shared, "gz2_hart16_sample/catalog.csv"),
  );
  assert.deepEqual([kind.name, id, problems], ["gz2_extract", "dr7objid", []]);
  assert.deepEqual([frame.height, frame.width], [1000, 92]);
  const classes = frame.getColumn("derived_label").toArray() as string[];
  for (const name of ["spiral", "elliptical", "edge-on", "merger"]) {
    assert.equal(classes.filter((value) => value === name).length, 250, name);
  }
  for (const quantity of ["weighted_fraction", "debiased"] as const) {
    for (const column of answerColumns(gz2Tree, quantity)) {
      assert.ok(frame.columns.includes(column), column);
    }
  }
  assert.ok(!frame.columns.some((name) => /_(count|flag)$/.test(name)));
  assert.ok(frame.columns.includes("t01_smooth_or_features_a01_smooth_fraction"));
  const nulls = frame.columns.map((name) => frame.getColumn(name).nullCount());
  assert.equal(sum(nulls), 4);
  const t01 = answerValues(gz2Tree, frame, { quantity: "weighted_fraction", questions: ["t01"] });
  const off = t01.a01.map((p, i) => Math.abs(p + t01.a02[i] + t01.a03[i] - 1));
  assert.ok(Math.max(...off) < 0.0011);
  const ids = frame.getColumn("dr7objid").toArray() as string[];
  assert.equal(ids[0], "587739505552785605");
  assert.ok(ids.every((value) => /^\d{18}$/.test(value)));
  assert.deepEqual(ids, frame.getColumn("objid").toArray());
  const votes = frame.getColumn("total_classifications").toArray();
  assert.equal(votes[0], 38);
});

Deno.test({
  ...onShared("gz2_hart16_sample/images", "openSurvey() finds the 1,000 images of the Hart sample"),
}, () => {
  const folder = join(shared, "gz2_hart16_sample/images");
  const { frame, missing } = openSurvey(join(shared, "gz2_hart16_sample/catalog.csv"));
  assert.deepEqual([frame.height, missing], [1000, []]);
  assert.equal(frame.getColumn("file_loc").toArray()[0], join(folder, "130549.jpg"));
});

Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "readCatalogue() reads the Stripe 82 table of Willett et al. 2013",
  ),
}, () => {
  const path = join(shared, "gz2_stripe82_coadd.csv.gz");
  const { frame, kind, id, problems } = readCatalogue(path);
  assert.deepEqual([kind.name, id, problems], ["gz2_stripe82", "objid", []]);
  assert.deepEqual([frame.height, frame.width], [19_761, 228]);
  for (
    const quantity of [
      ...["count", "weight", "fraction", "weighted_fraction", "debiased", "flag"] as const,
    ]
  ) {
    const columns = answerColumns(gz2Tree, quantity);
    assert.equal(columns.filter((name) => frame.columns.includes(name)).length, 37, quantity);
  }
  const [ids, ra, dec] = ["objid", "ra", "dec"].map((name) => frame.getColumn(name).toArray());
  assert.equal(ids[0], "8647474690312307154");
  assert.equal(String(ids[19_760]).length, 19);
  assert.deepEqual([ra[0], dec[0]], [309.3204, -1.1483592]);
  const counts = answerValues(gz2Tree, frame, { quantity: "count" });
  const votes = votesReceived(gz2Tree, counts);
  const totals = frame.getColumn("total_votes").toArray() as number[];
  assert.ok(
    totals.every((total, i) =>
      total === sum(gz2Tree.questions.map((question) => votes[question.id][i]))
    ),
  );
  // who is asked is what the tree says, but for the few who stopped or repeated
  const expected: Record<string, string[]> = { t03: ["a05"], t07: ["a01"], t10: ["a08"] };
  for (const [question, answers] of Object.entries(expected)) {
    const asked = votes[question].filter((n, i) => n === sum(answers.map((a) => counts[a][i])));
    assert.ok(asked.length > 0.96 * 19_761, `${question}: ${asked.length}`);
  }
});

Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "readCatalogue() gives the same table from gzip, CSV and Parquet",
  ),
}, () => {
  const folder = Deno.makeTempDirSync();
  const { frame } = readCatalogue(join(shared, "gz2_stripe82_coadd.csv.gz"));
  for (const name of ["copy.csv", "copy.parquet"]) {
    writeTable(`${folder}/${name}`, frame);
    const copy = readCatalogue(`${folder}/${name}`);
    assert.equal(copy.kind.name, "gz2_stripe82");
    assert.ok(copy.frame.frameEqual(frame), name);
  }
  const columns = ["total_votes", "objid"];
  const some = readCatalogue(`${folder}/copy.parquet`, { columns });
  assert.ok(some.frame.frameEqual(frame.select(...columns)));
  Deno.removeSync(folder, { recursive: true });
});

Deno.test({
  ...onShared(
    "kaggle_sample",
    "readCatalogue() reads Kaggle solutions without a header, and their sums hold",
  ),
}, () => {
  const { frame, kind } = readCatalogue(join(shared, "kaggle_sample/sample_solutions.csv"));
  assert.deepEqual([kind.name, frame.height, frame.width], ["kaggle", 100, 38]);
  assert.equal(frame.getColumn("GalaxyID").toArray()[0], "125460");
  const shares = answerValues(kaggleTree, frame, { quantity: "cumulative" });
  const total = (question: number) =>
    answersOf(kaggleTree, [`Class${question}`]).reduce(
      (sum, { id }) => sum.map((s, i) => s + shares[id][i]),
      new Float64Array(100),
    );
  const parents: Record<number, string> = {
    ...{ 2: "Class1.2", 3: "Class2.2", 4: "Class2.2", 5: "Class2.2", 7: "Class1.1" },
    ...{ 8: "Class6.1", 9: "Class2.1", 10: "Class4.1", 11: "Class4.1" },
  };
  for (const [question, parent] of Object.entries(parents)) {
    const off = total(Number(question)).map((sum, i) => Math.abs(sum - shares[parent][i]));
    assert.ok(Math.max(...off) < 2.001e-6, `Class${question} ${Math.max(...off)}`);
  }
  for (const question of [1, 6]) {
    assert.ok(Math.max(...total(question).map((sum) => Math.abs(sum - 1))) < 2.001e-6);
  }
  const conditional = conditionalFractions(kaggleTree, shares);
  const back = cumulativeFractions(kaggleTree, conditional);
  for (const { id } of answersOf(kaggleTree)) {
    for (let i = 0; i < 100; i++) assert.ok(Math.abs(back[id][i] - shares[id][i]) < 2e-5, id);
  }
});

Deno.test({
  ...onShared(
    "kaggle_spirals",
    "readCatalogue() reads the five classes made from Kaggle's solutions",
  ),
}, () => {
  const { frame, kind } = readCatalogue(join(shared, "kaggle_spirals/five_class_labels.csv"));
  assert.deepEqual([kind.name, frame.height], ["kaggle_classes", 27_675]);
  assert.deepEqual(frame.columns, ["GalaxyID", "Label"]);
  const labels = frame.getColumn("Label").toArray() as number[];
  const counts = [0, 1, 2, 3, 4].map((label) => labels.filter((l) => l === label).length);
  assert.deepEqual(counts, [8436, 8069, 579, 3903, 6688]);
});

Deno.test({
  ...onShared("dustlanes", "readCatalogue() reads the dust-lane tables of Kaviraj et al. 2012"),
}, () => {
  const tables = {
    Basic_Information: ["dustlanes_basic", 8],
    SDSS_Photometry: ["dustlanes_sdss_photometry", 18],
    SDSS_Spectroscopy: ["dustlanes_sdss_spectroscopy", 12],
    GALEX_photometry: ["dustlanes_galex", 6],
    IRAS_Photometry: ["dustlanes_iras", 6],
    FIRST_Radio_Survey: ["dustlanes_first", 9],
  };
  const ids: unknown[] = [];
  for (const [file, [name, width]] of Object.entries(tables)) {
    const { frame, kind } = readCatalogue(join(shared, `dustlanes/${file}.txt`));
    assert.deepEqual([kind.name, frame.height, frame.width], [name, 362, width]);
    for (const column of frame.columns.slice(1)) {
      assert.ok(!frame.getColumn(column).toArray().includes(-999), column);
    }
    ids.push(frame.getColumn("objid").toArray());
  }
  for (const other of ids) assert.deepEqual(other, ids[0]);
  const { frame } = readCatalogue(join(shared, "dustlanes/Basic_Information.txt"));
  assert.equal(362 - frame.getColumn("log_halo_mass").nullCount(), 163);
  const [low, high] = frame.select(pl.col("z").min().alias("a"), pl.col("z").max().alias("b"))
    .row(0);
  assert.deepEqual([low.toFixed(4), high.toFixed(4)], ["0.0108", "0.0699"]);
});
