import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { reproduce, sommelier } from "galaxykit/recipes";
import { temporaryFolder } from "../temporary.ts";

const settings = {
  profile: "tiny",
  compiler: "none", // To trace so few steps would take longer
  sky: { count: 60 },
} as const;

const ITEMS = Object.keys(sommelier.items);

Deno.test("sommelier goes through its stages and mixes, and says what was published", async () => {
  const out = join(temporaryFolder(), "run");
  const { results, run } = await reproduce(sommelier, out, {
    ...{ data: "data/sky", settings, items: ITEMS },
  });
  assert.deepEqual(Object.keys(results), ITEMS);
  for (const name of ["fig1", "fig2", "fig3", "fig4", "history"]) {
    assert.ok(existsSync(join(out, "figures", `${name}.png`)), name);
  }
  const rows = (item: string) => results[item]!.table!.rows;
  assert.equal(rows("table1").length, 3);
  assert.deepEqual(rows("table1").map((row) => row[2]), ["0.116", "0.759", "0.850"]);
  assert.deepEqual(rows("table2").map((row) => row.at(-1)), [
    "0.893, 0.839: -6.0 %",
    "0.797, 0.704: -11.7 %",
    "0.085, 0.141: 65.9 %",
  ]);
  assert.equal(rows("table3").length, 5);
  assert.equal(rows("fig4").length, 9);
  assert.match(
    results["high-quality"]!.notes![0]!,
    /^r of most votes less that of mixed: -?0\.\d+ \[/,
  );

  // None has seen the galaxies that it tells of, in any survey
  assert.deepEqual(run.galaxies, { train: 48, validation: 6, test: 6 });
  assert.deepEqual(Object.keys(run.third), ["SDSS only", "mixed", "overlap", "most votes"]);
  const { stages, third } = run;
  assert.deepEqual(Object.keys(stages!), ["pretrained", "head", "full"]);
  assert.equal(stages!.full.columns.length, 74);
  // The votes of each survey are its own
  assert.notDeepEqual(stages!.full.target, third["SDSS only"]!.target);
  assert.deepEqual(third.mixed!.target, third.overlap!.target);
  assert.notDeepEqual(stages!.pretrained.prediction, stages!.head.prediction);
  assert.notDeepEqual(stages!.head.prediction, stages!.full.prediction);
  assert.equal(run.real!.target[0]!.length, 64);

  // Again: what is there stays, and says the same
  const seen: string[] = [];
  const again = await reproduce(sommelier, out, {
    ...{ data: "data/sky", settings, items: ["table1", "table4"] },
    onProgress: (report) => void ("what" in report && seen.push(report.what)),
  });
  assert.deepEqual(again.results.table1!.values, results.table1!.values);
  assert.deepEqual(again.results.table4!.values, results.table4!.values);
  assert.deepEqual(seen.filter((what) => what.includes("epoch")), []);
});

Deno.test("sommelier refuses a table without votes of Galaxy Zoo 2, and settings of another run", async () => {
  const out = join(temporaryFolder(), "run");
  await assert.rejects(
    reproduce(sommelier, out, { settings: { ...settings, weights: "nowhere" }, items: ["table1"] }),
    /there are no such weights/,
  );
  const { run } = await reproduce(sommelier, out, { settings, items: ["features"] });
  assert.deepEqual(Object.keys(run.third), ["SDSS only"]); // No network that no item wants
  await assert.rejects(
    reproduce(sommelier, out, { settings: { ...settings, crop: 0.5 }, items: ["features"] }),
    /holds a run with settings.crop/,
  );
});
