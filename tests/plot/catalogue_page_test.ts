import assert from "node:assert/strict";
import { join } from "node:path";
import { answerColumns, gz2Tree, readCatalogue } from "galaxykit/data";
import { catalogueFigures, cataloguePage } from "../../lib/plot/mod.ts";
import { onShared, shared } from "../shared_data.ts";
import { checkFigure } from "./_checks.ts";

function catalogue(text: string, bad: "error" | "report" = "error") {
  const path = join(Deno.makeTempDirSync(), "table.csv");
  Deno.writeTextFileSync(path, text);
  return readCatalogue(path, { bad });
}

const header = "OBJID,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG";
const good = `${header}\n587722981736120347,30,0.5,0.2,0.3,0,0,0\n`;

Deno.test("cataloguePage() is one page of figures that needs no network", async () => {
  const page = await cataloguePage(catalogue(good), { title: "Mine & yours" });
  assert.match(page, /<h1>Mine &amp; yours<\/h1>/);
  assert.match(page, /1 row, 8 columns, identified by OBJID[^]*no problems/);
  assert.equal(page.split("<svg").length, 3);
  assert.ok(!/src="http|href="http|@import/.test(page));
});

Deno.test("cataloguePage() tells the problems, and draws what can be drawn", async () => {
  const bad = catalogue(good.replace("0.2", "x").replace("30", "-1"), "report");
  const page = await cataloguePage(bad);
  assert.match(page, /2 problems/);
  assert.match(page, /problem: column "P_CW" must hold/);
  assert.match(
    page,
    /<p>Cannot draw vote fractions: no galaxy has enough votes at morphology<\/p>/,
  );
});

Deno.test({
  ...onShared(
    "dustlanes",
    "catalogueFigures() takes z for a redshift only where it is no magnitude",
  ),
}, async () => {
  const root = join(shared, "dustlanes");
  const headings = (file: string) =>
    catalogueFigures(readCatalogue(join(root, file))).map(({ heading }) => heading);
  assert.deepEqual(headings("Basic_Information.txt"), ["Redshifts"]);
  assert.deepEqual(headings("SDSS_Photometry.txt"), ["Colour and magnitude"]);
  const [{ figure }] = catalogueFigures(readCatalogue(join(root, "SDSS_Photometry.txt")));
  await checkFigure(figure!, ["362 galaxies"]);
});

const STRIPE = "gz2_stripe82_coadd.csv.gz";

Deno.test(onShared(STRIPE, "catalogueFigures() draws the real Stripe 82 table"), async () => {
  const sections = catalogueFigures(readCatalogue(join(shared, STRIPE)));
  assert.deepEqual(sections.map(({ heading }) => heading), [
    ...["Decision tree", "Vote fractions", "Selection", "Certain answers"],
  ]);
  const texts = [
    ["Smooth: 65 %"],
    ["19,742 galaxies with 10 votes or more"],
    ["19,761 to 2,032"],
    ["17,088 rows, 518 combinations, of which 493 smaller ones are not shown"],
  ];
  for (const [i, { figure }] of sections.entries()) await checkFigure(figure!, texts[i]);
});

Deno.test("catalogueFigures() draws no other fractions for a misspelt column, and says why", () => {
  const t01 = (quantity: string, slip = "smooth") =>
    [`a01_${slip}`, "a02_features_or_disk", "a03_star_or_artifact"]
      .map((answer) => `t01_smooth_or_features_${answer}_${quantity}`);
  const columns = [
    "objid",
    ...answerColumns(gz2Tree, "fraction"),
    ...answerColumns(gz2Tree, "weighted_fraction").slice(3),
    ...t01("weighted_fraction", "smoth"),
  ];
  const row = columns.map((name) => name === "objid" ? "587722981736120347" : "0");
  const { problems, ...rest } = catalogue(`${columns}\n${row}\n`, "report");
  assert.equal(problems[0].column, t01("weighted_fraction")[0]);
  const sections = catalogueFigures({ ...rest, problems });
  for (const { figure, text } of sections.slice(0, 2)) {
    assert.equal(figure, undefined);
    assert.match(`${text}`, /no column "t01_smooth_or_features_a01_smooth_weighted_fraction"/);
  }
});
