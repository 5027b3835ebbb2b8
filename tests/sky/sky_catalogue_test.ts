import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { answersOf, gz2Tree } from "galaxykit/data";
import { objectId, skyCatalogue, truthTable } from "galaxykit/sky";
import { onShared, shared } from "../shared_data.ts";
import { mean, smallSky } from "./_sky.ts";

const sky = smallSky(320);
const catalogue = skyCatalogue(sky);
const rows = catalogue.toRecords() as Record<string, number>[];

/** The columns of the GZ2 Stripe 82 table: identity, then six of each answer. */
const COLUMNS = [
  "objid",
  "sample",
  "ra",
  "dec",
  "total_votes",
  "total_classifications",
  ...answersOf(gz2Tree).flatMap(({ stem }) =>
    ["count", "weight", "fraction", "weighted_fraction", "debiased", "flag"]
      .map((quantity) => `${stem}_${quantity}`)
  ),
];

Deno.test("skyCatalogue() has the 228 columns of GZ2, in order", () => {
  assert.equal(COLUMNS.length, 228);
  assert.deepEqual(catalogue.columns, COLUMNS);
});

const STRIPE = "gz2_stripe82_coadd.csv.gz";

Deno.test(onShared(STRIPE, "skyCatalogue() has the header of the real Stripe 82 table"), () => {
  const text = new TextDecoder().decode(gunzipSync(Deno.readFileSync(join(shared, STRIPE))));
  const header = text.slice(0, text.indexOf("\n")).trim().split(",");
  assert.deepEqual(catalogue.columns, header);
});

Deno.test("skyCatalogue() makes totals and fractions of the votes", () => {
  for (const row of rows) {
    let votes = 0;
    for (const { id, answers } of gz2Tree.questions) {
      const sum = (quantity: string) =>
        answers.reduce((total, { stem }) => total + row[`${stem}_${quantity}`], 0);
      const count = sum("count");
      votes += count;
      if (id === "t01") assert.equal(count, row.total_classifications);
      for (const quantity of ["fraction", "weighted_fraction", "debiased"]) {
        const expected = count > 0 ? 1 : 0;
        assert.ok(Math.abs(sum(quantity) - expected) < 1e-9, `${id} ${quantity}: ${sum(quantity)}`);
      }
      for (const { stem } of answers) {
        const [own, weight] = [row[`${stem}_count`], row[`${stem}_weight`]];
        assert.ok(weight <= own && (own === 0) === (weight === 0));
        if (count > 0) assert.ok(Math.abs(row[`${stem}_fraction`] - own / count) < 1e-12);
      }
    }
    assert.equal(votes, row.total_votes);
  }
});

Deno.test("skyCatalogue() flags by debiased fraction and votes, and debiases towards features", () => {
  let flags = 0;
  for (const row of rows) {
    const count = row.total_classifications;
    const debiased = row["t01_smooth_or_features_a01_smooth_debiased"];
    const flag = row["t01_smooth_or_features_a01_smooth_flag"];
    assert.equal(flag, debiased >= 0.8 && count >= 20 ? 1 : 0);
    flags += flag;
  }
  assert.ok(flags > 10 && flags < 200, `${flags}`);
  const of = (quantity: string) =>
    mean(rows.map((row) => row[`t01_smooth_or_features_a02_features_or_disk_${quantity}`]));
  assert.ok(of("debiased") > of("weighted_fraction"), `${of("debiased")}`);
});

Deno.test("objectId() is unique, of 18 digits and past what a double holds", () => {
  assert.equal(objectId({ seed: 4, index: 319 }), 900000400000000319n);
  assert.equal(objectId({ seed: -1, index: 0 }), 999999900000000000n);
  assert.ok(objectId({ seed: 0, index: 0 }) > BigInt(Number.MAX_SAFE_INTEGER));
  assert.equal(new Set(sky.map(({ galaxy }) => objectId(galaxy))).size, 320);
});

Deno.test("truthTable() says what was drawn, null where there is nothing", () => {
  const truth = truthTable(sky.map(({ galaxy }) => galaxy));
  const records = truth.toRecords() as Record<string, unknown>[];
  sky.forEach(({ galaxy }, row) => {
    assert.equal(records[row].class, galaxy.class);
    assert.equal(records[row].redshift, galaxy.redshift);
    assert.equal(records[row].inclination, galaxy.disc?.inclination ?? null);
    assert.equal(records[row].bar_strength, galaxy.bar?.strength ?? null);
    assert.equal(records[row].merger, galaxy.companion !== null);
  });
  assert.throws(() => truthTable([]), {
    name: "RangeError",
    message: "Cannot make a table of the sky: no galaxies given",
  });
});
