import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import pl from "nodejs-polars";
import sharp from "sharp";
import {
  answersOf,
  CatalogueError,
  catalogueKinds,
  columnValues,
  decisionTrees,
  encodeLabels,
  openSurvey,
  readTable,
  relabel,
  type SurveyImageOptions,
  voteLabels,
  writeTable,
} from "galaxykit/data";
import { writeSky } from "galaxykit/sky";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { csv, dustLaneText } from "./catalogues/_tables.ts";

/** A small sky. */
async function sky(): Promise<string> {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 3, seed: 1, size: 16, workers: 1 });
  return folder;
}

Deno.test("openSurvey() finds table, mapping and images under any names", async () => {
  const folder = await sky();
  Deno.renameSync(join(folder, "catalogue.parquet"), join(folder, "votes of ours.parquet"));
  Deno.mkdirSync(join(folder, "a/b"), { recursive: true });
  Deno.renameSync(join(folder, "images"), join(folder, "a/b/pictures"));
  Deno.renameSync(join(folder, "a/b/pictures/2.jpg"), join(folder, "2.jpeg"));
  Deno.writeTextFileSync(join(folder, "a/1.jpg"), "no image");
  const survey = openSurvey(folder);
  assert.equal(survey.table, join(folder, "votes of ours.parquet"));
  const { frame, paths, ids } = survey.pictured();
  assert.deepEqual(frame.getColumn("asset_id").toArray(), ["0", "1", "2"]); // of the mapping
  assert.deepEqual(ids, [0, 1, 2].map((row) => `90000010000000000${row}`));
  assert.deepEqual(frame.getColumn("id_str").toArray(), ids);
  assert.deepEqual(frame.getColumn("file_loc").toArray(), paths);
  assert.deepEqual(paths.map((path) => path.slice(folder.length)), [
    "/a/b/pictures/0.jpg",
    "/a/b/pictures/1.jpg",
    "/2.jpeg",
  ]);
  assert.equal(frame.getColumn("objid").toArray()[2], "900000100000000002");
});

Deno.test({
  ...onShared("kaggle_sample", "openSurvey() takes Kaggle's solutions without a header"),
}, () => {
  const survey = openSurvey(join(shared, "kaggle_sample"));
  assert.equal(survey.kind.name, "kaggle");
  const { frame, paths, ids } = survey.pictured();
  assert.equal(ids.length, 100);
  assert.deepEqual(ids, frame.getColumn("GalaxyID").toArray());
  assert.ok(paths[0].endsWith(`${ids[0]}.jpg`));
});

// [folder or table, kind, galaxies, without an image, label columns]
const real: [string, string, number, number, number][] = [
  ["gz2_hart16_sample", "gz2_extract", 1000, 0, 37],
  ["kaggle_sample", "kaggle", 100, 0, 37],
  ["kaggle_spirals", "kaggle_classes", 27_675, 26_995, 1],
  ["gz2_stripe82_coadd.csv.gz", "gz2_stripe82", 19_761, 19_761, 37],
  ["dustlanes", "dustlanes_basic", 362, 362, 2],
];

for (const [path, kind, count, without, labels] of real) {
  Deno.test(onShared(path, `openSurvey() opens the real ${path}`), () => {
    const survey = openSurvey(join(shared, path));
    assert.equal(survey.kind.name, kind);
    assert.deepEqual([survey.ids.length, survey.missing.length], [count, without]);
    assert.equal(survey.labelColumns.length, labels);
    assert.equal(survey.frame.getColumn("file_loc").nullCount(), without);
  });
}

Deno.test("openSurvey() says which files it cannot take for votes, or choose between", async () => {
  const folder = await sky();
  const [votes, truth] = ["catalogue.parquet", "truth.parquet"].map((name) => join(folder, name));
  const other = join(folder, "other.parquet");
  writeTable(other, readTable(votes, { text: ["objid"] }));
  assert.throws(() => openSurvey(folder), {
    message: `Cannot tell which table of "${folder}" has the votes: "${votes}" and "${other}" ` +
      "could be it; give the path of one instead of the folder",
  });
  assert.equal(openSurvey(other).table, other);
  assert.equal(openSurvey(other).folder, folder);
  Deno.removeSync(other);
  Deno.removeSync(votes);
  Deno.removeSync(truth);
  Deno.removeSync(join(folder, "expected_votes.parquet"));
  assert.throws(() => openSurvey(folder), {
    message: `Cannot find votes in "${folder}": none of its 6 files is a table of Galaxy Zoo ` +
      `("${join(folder, "gz2_filename_mapping.csv")}" is gz2_filename_mapping)`,
  });
  assert.throws(() => openSurvey(join(folder, "nowhere")), /no such folder/);
});

Deno.test("GalaxySurvey.pictured() names galaxies without an image, and those with two", async () => {
  const folder = await sky();
  Deno.removeSync(join(folder, "images/1.jpg"));
  const survey = openSurvey(folder);
  const id = "900000100000000001";
  assert.deepEqual([survey.missing, survey.paths[1]], [[id], null]);
  assert.throws(() => survey.pictured(), {
    name: "RangeError",
    message: `Cannot use "${folder}": 1 of 3 galaxies have no image (objid ${id}); ` +
      'add the images, or skip these galaxies (missing: "drop")',
  });
  const { ids, missing } = survey.pictured({ missing: "drop" });
  assert.deepEqual([ids, missing], [["900000100000000000", "900000100000000002"], []]);
  Deno.copyFileSync(join(folder, "images/0.jpg"), join(folder, "0.jpg"));
  assert.throws(() => openSurvey(folder).pictured({ missing: "drop" }), {
    message: `Cannot tell the image of 0: "${join(folder, "0.jpg")}" and "${
      join(folder, "images/0.jpg")
    }" have its name; keep one`,
  });
  Deno.removeSync(join(folder, "0.jpg"));
  for (const name of ["0", "2"]) {
    Deno.renameSync(join(folder, `images/${name}.jpg`), join(folder, `images/x${name}.jpg`));
  }
  assert.throws(() => openSurvey(folder).pictured({ missing: "drop" }), {
    message:
      `Cannot use "${folder}": none of its 2 images is of a galaxy of "${
        join(folder, "catalogue.parquet")
      }" (objid 900000100000000000, ${id}, …; images "${join(folder, "images/x0.jpg")}", …); ` +
      "put the images, named by their galaxies, into the folder or one below",
  });
});

Deno.test("GalaxySurvey.filter() keeps rows of everything alike", async () => {
  const survey = openSurvey(await sky());
  const { ids, paths, frame, labelColumns } = survey.filter((row) => row !== 1);
  assert.deepEqual(ids, [survey.ids[0], survey.ids[2]]);
  assert.deepEqual(paths, [survey.paths[0], survey.paths[2]]);
  assert.deepEqual(frame.getColumn("objid").toArray(), ids);
  assert.deepEqual(labelColumns, survey.labelColumns);
});

/** A table of two galaxies with what a kind wants, and the ids of both. */
function tableOf(kind: string): { text: string; ids: string[] } {
  const { required, ids: names } = catalogueKinds[kind];
  const extract = [
    "dr7objid",
    ...answersOf(decisionTrees.gz2).map(({ stem }) => `${stem}_debiased`),
  ];
  const header = kind === "gz2_extract"
    ? extract
    : /^(evo_|gz_evo)/.test(kind)
    ? answersOf(catalogueKinds[kind].tree!).map(({ stem }) => `${stem}_fraction`)
    : Object.keys(required);
  if (!names.some((name) => header.includes(name))) header.unshift(names[0]);
  const id = names.find((name) => header.includes(name))!;
  const row = (place: number) =>
    header.map((name, column) => {
      if (name === id) return `${587722981736120347n + BigInt(place)}`;
      const { type = "number", range = [0, 1] } = required[name] ?? {};
      if (type === "text") return "original";
      if (type === "id") return `${587722981736120000n + BigInt(place)}`;
      return type === "integer" ? `${place}` : `${(range[0] + (column % 100) / 1000 + place / 4)}`;
    });
  const rows = [row(0), row(1)];
  return { text: csv({ header, rows }), ids: rows.map((cells) => cells[header.indexOf(id)]) };
}

const surveys: Record<string, [labels: number, first: string]> = {
  gz1: [6, "P_EL"],
  gz2_hart2016: [37, "t01_smooth_or_features_a01_smooth_count"],
  gz2_willett2013: [37, "t01_smooth_or_features_a01_smooth_count"],
  gz2_stripe82: [37, "t01_smooth_or_features_a01_smooth_count"],
  gz2_extract: [37, "t01_smooth_or_features_a01_smooth_debiased"],
  kaggle: [37, "Class1.1"],
  kaggle_classes: [1, "Label"],
  gz_decals5: [34, "smooth-or-featured_smooth"],
  gz_decals12: [30, "smooth-or-featured_smooth"],
  gz_decals_auto: [34, "smooth-or-featured_smooth_fraction"],
  ukidss: [30, "smooth-or-featured-ukidss_smooth_fraction"],
  dustlanes_basic: [2, "orientation"],
  gz1_skyserver: [6, "p_el"],
  gz2_bars: [1, "Scaled bar length"],
  evo_gz2: [30, "smooth-or-featured-gz2_smooth_fraction"],
  evo_dr12: [30, "smooth-or-featured-dr12_smooth_fraction"],
  evo_dr5: [34, "smooth-or-featured-dr5_smooth_fraction"],
  evo_dr8: [34, "smooth-or-featured-dr8_smooth_fraction"],
  evo_hubble: [40, "smooth-or-featured-hubble_smooth_fraction"],
  evo_candels: [38, "smooth-or-featured-candels_smooth_fraction"],
  evo_cosmic_dawn: [45, "smooth-or-featured-cd_smooth_fraction"],
  evo_jwst: [45, "smooth-or-featured-jwst_smooth_fraction"],
  gz_evo: [296, "smooth-or-featured-gz2_smooth_fraction"],
  gz_hubble: [47, "t01_smooth_or_features_a01_smooth_fraction"],
  gz_candels: [50, "t00_smooth_or_featured_a0_smooth_frac"],
  gz_desi: [34, "smooth-or-featured_smooth_fraction"],
  gz_euclid: [43, "smooth-or-featured_smooth_fraction"],
  gz_rings: [1, "ring"],
};

Deno.test("openSurvey() leads from each known survey's folder to frame, label columns and images", async (t) => {
  const known = Object.values(catalogueKinds).filter(({ tree, labels }) => tree || labels);
  assert.deepEqual(known.map(({ name }) => name).sort(), Object.keys(surveys).sort());
  for (const [kind, [count, first]] of Object.entries(surveys)) {
    await t.step(kind, async () => {
      const folder = temporaryFolder();
      const isText = kind === "dustlanes_basic";
      const table = isText
        ? { text: dustLaneText(2, 1), ids: ["587722981736120347", "587722981736120348"] }
        : tableOf(kind);
      Deno.writeTextFileSync(join(folder, `table.${isText ? "txt" : "csv"}`), table.text);
      Deno.writeTextFileSync(join(folder, "read me.txt"), "Nothing of a table.\n");
      Deno.mkdirSync(join(folder, "pictures"));
      for (const id of table.ids) {
        await sharp({ create: { width: 8, height: 8, channels: 3, background: "teal" } })
          .png().toFile(join(folder, "pictures", `${id}.png`));
      }
      const survey = openSurvey(folder);
      const { frame, labelColumns, ids, paths } = survey;
      assert.deepEqual([survey.kind.name, labelColumns.length], [kind, count]);
      assert.equal(labelColumns[0], first);
      assert.deepEqual(ids, table.ids);
      assert.deepEqual(frame.getColumn("id_str").toArray(), ids);
      assert.deepEqual(frame.getColumn("file_loc").toArray(), paths);
      assert.deepEqual(paths, ids.map((id) => join(folder, "pictures", `${id}.png`)));
      const set = await survey.images({ size: 4 });
      assert.deepEqual([set.ids, set.images!.length], [ids, 2 * 4 * 4 * 3]);
      assert.deepEqual(set.targets!.names, labelColumns);
      const values = labelColumns.map((name) => Number(columnValues(frame, name)[1]));
      assert.deepEqual([...set.targets!.values.slice(count)], values.map(Math.fround));
    });
  }
});

Deno.test("GalaxySurvey.images() gives classes by a rule, by labels of one's own, or chosen numbers", async () => {
  const survey = openSurvey("data/sky");
  const { names, labels } = voteLabels(survey, { threshold: 0.6 });
  const set = await survey.images({ size: 16, labels: { threshold: 0.6 } });
  const kept = survey.ids.filter((_, row) => labels[row] >= 0);
  assert.ok(kept.length > 30 && kept.length < 64);
  assert.deepEqual([set.ids, set.classes, set.targets], [kept, ["smooth", "featured"], undefined]);
  assert.deepEqual([...set.labels], [...labels.filter((label) => label >= 0)]);

  const parity = encodeLabels(survey.ids.map((_, row) => row % 2 === 0 ? "even" : "odd"));
  const both = await survey.images({ size: 16, labels: parity, targets: ["ra", "dec"] });
  assert.deepEqual([...both.labels.slice(0, 3)], [0, 1, 0]);
  assert.deepEqual(both.targets!.names, ["ra", "dec"]);
  assert.equal(both.targets!.values[3], Math.fround(Number(columnValues(survey.frame, "dec")[1])));

  const some = survey.filter((row) => row < 3);
  await assert.rejects(some.images({ size: 16, labels: parity }), {
    name: "RangeError",
    message: "Cannot label 3 galaxies: there are 64 labels",
  });
  await assert.rejects(some.images({ size: 16, targets: ["sample"] }), {
    message: 'Cannot predict column "sample": it must hold numbers, "simulated" found; ' +
      "give it as labels",
  });
  const none = some.filter((row) => names[row] === "nothing");
  await assert.rejects(none.images({ size: 16, labels: { threshold: 1 } }), {
    message: `Cannot load images of "${survey.table}": no galaxy in it has a label`,
  });
});

Deno.test("openSurvey() takes a table of one's own, images by path or by id", async () => {
  const folder = await sky();
  const path = join(folder, "mine.csv");
  const ids = ["587722981736120347", "587722981736120345"];
  const objid = BigInt64Array.from(ids, BigInt) as unknown as bigint[];
  writeTable(path, { objid, file_loc: ["images/2.jpg", "nowhere.jpg"], mass: [10.5, 11] });
  const survey = openSurvey(path);
  assert.deepEqual([survey.kind.name, survey.id, survey.labelColumns], ["table", "objid", []]);
  assert.deepEqual([survey.ids, survey.missing], [ids, [ids[1]]]);
  assert.deepEqual(survey.paths, [join(folder, "images/2.jpg"), null]);
  const set = await survey.images({ size: 16, targets: ["mass"], missing: "drop" });
  assert.deepEqual([...set.targets!.values], [10.5]);

  const named = join(temporaryFolder(), "mine.parquet");
  writeTable(named, { id: ["0", "2"], mass: [10, 11] });
  const { paths } = openSurvey(named, { images: join(folder, "images") });
  assert.deepEqual(paths, ["0", "2"].map((id) => join(folder, `images/${id}.jpg`)));

  const bare = join(temporaryFolder(), "bare.csv");
  writeTable(bare, { mass: [1, 2] });
  assert.throws(() => openSurvey(bare), {
    name: "RangeError",
    message: `Cannot open "${bare}": it has no column of ids, one of ` +
      "id_str, id, objid, dr7objid, iauname, GalaxyID, asset_id is wanted",
  });
  writeTable(named, { id: ["0", "0"], mass: [10, 11] });
  const twice = openSurvey(named, { images: join(folder, "images") });
  assert.throws(() => twice.pictured(), CatalogueError);
});

Deno.test("GalaxySurvey.images() refuses unknown options, and says what is missing", async () => {
  const survey = openSurvey("data/sky");
  const rejects = (options: object, message: string) =>
    assert.rejects(survey.images(options as SurveyImageOptions), { name: "RangeError", message });
  const [labels, wanted] = [{ threshold: 0.6 }, { smooth: "a01", barred: "t03_bar_a06_bar" }];
  await rejects(
    { size: 16, label: labels },
    'Cannot load images of a survey: there is no option "label", nearest is "labels"',
  );
  await rejects(
    { size: 16, labels: { treshold: 0.6 } },
    'Cannot label galaxies: there is no option "treshold", nearest is "threshold"',
  );
  await rejects({ labels }, "Cannot decode images: size must be a positive integer, none found");
  await rejects(
    { size: 16, labels: { classes: wanted } },
    "Cannot label galaxies: the threshold must be above 0 and at most 1, none found",
  );
  await assert.rejects(survey.images({ size: 16, labels: { ...labels, classes: wanted } }), {
    name: "RangeError",
    message: /^Cannot find question or answer "t03_bar_a06_bar" in .*, did you mean "a06"\?$/,
  });
  const slip: object = { mappings: "mapping.csv" };
  assert.throws(() => openSurvey("data/sky", slip), {
    name: "RangeError",
    message: 'Cannot open a survey: there is no option "mappings", nearest is "mapping"',
  });
});

Deno.test("GalaxySurvey and its images are shown in a few lines, their fields as before", async () => {
  const survey = openSurvey("data/sky");
  assert.equal(
    Deno.inspect(survey),
    `GalaxySurvey: 64 galaxies, 64 of them with an image
  "data/sky/catalogue.parquet": gz2_stripe82, ${survey.kind.title}
  ids: objid; labelColumns: ${survey.labelColumns.slice(0, 3).join(", ")}, … (37)`,
  );
  const first = await survey.images({ size: 16, labels: { threshold: 0.6 } });
  const [smooth, featured] = [0, 1].map((label) =>
    first.labels.filter((value) => value === label).length
  );
  const all = smooth + featured;
  assert.equal(
    Deno.inspect(first),
    `ImageSet: ${all} images of 16x16 pixels
  ids: ${first.ids.slice(0, 3).join(", ")}, … (${all})
  classes: smooth ${smooth}, featured ${featured}`,
  );
  assert.deepEqual(Object.getOwnPropertySymbols({ ...first }), [Symbol.dispose]);
  const other = relabel(first, {
    classes: [],
    labels: first.labels.map(() => -1),
    targets: { names: ["a", "b"], values: new Float32Array(2 * all) },
  });
  const shown = new RegExp(`^ImageSet: ${all} images .*\n {2}ids: .*\n {2}targets: a, b$`);
  assert.match(Deno.inspect(other), shown);
});

Deno.test("openSurvey() learns no other quantity for the misspelt name of a column", async () => {
  const folder = await sky();
  const path = join(folder, "catalogue.parquet");
  const { labelColumns, frame } = openSurvey(folder);
  const [column] = labelColumns;
  const slip = column.replace("smooth_count", "smoth_count");
  const table = readTable(path, { text: ["objid"] }).rename({ [column]: slip });
  writeTable(path, table);
  assert.throws(() => openSurvey(folder), {
    name: "CatalogueError",
    message: new RegExp(`column "${column}" is missing \\(the unknown "${slip}" may be it`),
  });
  // a table that says where its images are is opened with what is wrong with it
  const located = join(temporaryFolder(), "located.parquet");
  const files = Array.from(columnValues(frame, "file_loc") as string[], (file) => resolve(file));
  writeTable(located, table.withColumns(pl.Series("file_loc", files, pl.Utf8)));
  const survey = openSurvey(located, { images: "/" });
  assert.deepEqual(survey.labelColumns, labelColumns);
  await assert.rejects(survey.images({ size: 16, missing: "drop" }), {
    message: new RegExp(`no column "${column}" .*, did you mean "${slip}"\\?$`),
  });
});
