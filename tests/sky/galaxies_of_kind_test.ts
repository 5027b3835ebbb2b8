import assert from "node:assert/strict";
import { join } from "node:path";
import { numberColumn, openSurvey } from "galaxykit/data";
import { galaxiesOfKind, skyCatalogue } from "galaxykit/sky";
import { onShared, shared } from "../shared_data.ts";
import { smallSky } from "./_sky.ts";

const table = skyCatalogue(smallSky(150));
const ROUND = "t07_rounded_a16_completely_round";

Deno.test("galaxiesOfKind() takes those that pass the rule, numbers of votes or none", () => {
  const { rows, pass } = galaxiesOfKind(table, "B", { most: 2 });
  const flags = numberColumn(table, `${ROUND}_flag`);
  assert.ok(pass && rows.length > 5);
  assert.deepEqual(rows, [...flags.keys()].filter((row) => flags[row] === 1));
  const uncounted = table.drop(table.columns.filter((name) => name.endsWith("_count")));
  const more = galaxiesOfKind(uncounted, "B", { most: 2 }).rows;
  assert.ok(rows.every((row) => more.includes(row)));
});

Deno.test("galaxiesOfKind() takes the nearest where none passes", () => {
  const share = (stem: string) => numberColumn(table, `${stem}_weighted_fraction`);
  const smooth = share("t01_smooth_or_features_a01_smooth");
  const between = share("t07_rounded_a17_in_between");
  const features = share("t01_smooth_or_features_a02_features_or_disk");
  const odd = share("t06_odd_a14_yes");
  const lane = share("t08_odd_feature_a38_dust_lane");
  // Of all volunteers, those who gave the answer that fewer gave
  const least = smooth.map((value, row) =>
    Math.min(value * between[row], (value + features[row]) * odd[row] * lane[row])
  );
  const { rows, pass } = galaxiesOfKind(table, "K", { most: 4 });
  const best = [...least].filter((value) => value > 0).sort((a, b) => b - a).slice(0, 4);
  assert.deepEqual([pass, rows.length], [false, best.length]);
  assert.ok(best.length > 0);
  rows.forEach((row, place) => assert.ok(Math.abs(least[row] - best[place]) < 1e-12, `${row}`));
  assert.deepEqual(galaxiesOfKind(table, "shells", { most: 4 }), { rows: [], pass: false });
});

Deno.test(
  onShared("gz2_hart16_sample", "galaxiesOfKind() finds real ones without numbers of votes"),
  () => {
    const { frame } = openSurvey(join(shared, "gz2_hart16_sample"));
    const found = (kind: string) => galaxiesOfKind(frame, kind, { most: 12 });
    assert.ok(found("C").pass && found("C").rows.length > 100);
    assert.deepEqual([found("K").pass, found("K").rows.length], [false, 12]);
  },
);
