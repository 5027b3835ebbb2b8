import assert from "node:assert/strict";
import {
  answersOf,
  candelsTree,
  evoTree,
  evoTrees,
  hubbleTree,
  pathsTo,
  readCatalogue,
  recogniseKind,
} from "galaxykit/data";
import { file } from "../formats/_tables.ts";

Deno.test("recogniseKind() tells the campaigns of Galaxy Zoo Evo by their columns", () => {
  const cases: [string, ...string[]][] = [
    ["evo_gz2", "id_str", "smooth-or-featured-gz2_smooth_fraction"],
    ["evo_gz2", "id_str", "file_loc", "smooth-or-featured-gz2_smooth", "bar-gz2_yes"],
    ["evo_dr12", "id_str", "bar-dr12_yes_fraction"],
    ["evo_dr5", "id_str", "bar-dr5_strong"],
    ["evo_dr8", "dr8_id", "merging-dr8_minor-disturbance"],
    ["evo_hubble", "id_str", "smooth-or-featured-hubble_features"],
    ["evo_candels", "id_str", "merging-candels_both_fraction"],
    ["evo_cosmic_dawn", "id_str", "smooth-or-featured-cd_problem"],
    ["evo_jwst", "id_str", "clumps-jwst_yes"],
    ["gz_evo", "image", "id_str", "bar-gz2_yes", "bar-dr5_strong", "bar-dr8_weak_fraction"],
  ];
  for (const [name, ...columns] of cases) {
    assert.equal(recogniseKind(columns)?.name, name, columns.join());
  }
  assert.equal(recogniseKind(["id_str", "smooth_fraction"]), undefined);
});

Deno.test("trees of the campaigns ask each question after answers that lead to it", () => {
  for (const tree of [...evoTrees, evoTree, hubbleTree, candelsTree]) {
    const stems = answersOf(tree).map(({ stem }) => stem);
    assert.equal(new Set(stems).size, stems.length, tree.name);
  }
  const [gz2] = evoTrees;
  assert.deepEqual(pathsTo(gz2, "spiral-arm-count-gz2"), [[
    "smooth-or-featured-gz2_featured-or-disk",
    "disk-edge-on-gz2_no",
    "has-spiral-arms-gz2_yes",
  ]]);
  assert.deepEqual(pathsTo(hubbleTree, "t03_bar"), [[
    "t01_smooth_or_features_a02_features_or_disk",
    "t12_clumpy_a02_no",
    "t02_edgeon_a02_no",
  ]]);
  assert.deepEqual(pathsTo(candelsTree, "t11_bar_feature"), [[
    "t00_smooth_or_featured_a1_features",
    "t02_clumpy_appearance_a1_no",
    "t09_disk_edge_on_a1_no",
  ]]);
});

Deno.test("readCatalogue() checks votes of Galaxy Zoo Evo, whose rows are of one campaign each", () => {
  const header =
    "id_str,bar-gz2_yes,bar-gz2_no,bar-gz2_total-votes,bar-dr5_strong,bar-dr5_weak,bar-dr5_no," +
    "bar-dr5_strong_fraction,bar-dr5_weak_fraction,bar-dr5_no_fraction";
  const path = file(
    "evo.csv",
    `${header}\na,3,1,4,,,,,,\nb,,,,1,2,1,0.25,0.5,0.25\nc,3,1,5,,,,,,\n`,
  );
  const { kind, problems } = readCatalogue(path, { bad: "report" });
  assert.equal(kind.name, "gz_evo");
  assert.deepEqual(problems.map(({ message }) => message), [
    'column "bar-gz2_total-votes" must be the sum of the counts: row 3 (c) 5.0',
  ]);
});

Deno.test("readCatalogue() reads the bar lengths of Galaxy Zoo 2 as they are published", () => {
  const path = file(
    "bars.csv",
    "SDSS objid, ra, dec, average bar length [kpc/h], average bar width [kpc/h], Scaled bar length\n" +
      "587722981747982465,198.05199,-1.0951362,5.8418870,2.3284724,0.46110882\n",
  );
  const { kind, frame } = readCatalogue(path);
  assert.equal(kind.name, "gz2_bars");
  assert.deepEqual(frame.row(0).slice(0, 2), ["587722981747982465", 198.05199]);
});
