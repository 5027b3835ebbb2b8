import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { abstain } from "../../../lib/recipes/threshold/abstention.ts";
import type { Galaxies } from "../../../lib/recipes/threshold/galaxies.ts";
import { heldOutProbabilities } from "../../../lib/recipes/threshold/held_out.ts";
import { accuracyOn, calibrationErrorOn, shareOf } from "../../../lib/recipes/threshold/scores.ts";
import { strataOf, sweepThresholds } from "../../../lib/recipes/threshold/sweep.ts";
import { settingsOf } from "../../../lib/settings.ts";
import { THRESHOLD } from "../../../lib/recipes/threshold/settings.ts";
import { sweepVolunteers } from "../../../lib/recipes/threshold/volunteers.ts";

/** Galaxies whose one feature tells their class, and volunteers who are right two times in three. */
function simulated(
  count: number,
): { galaxies: Galaxies; features: Parameters<typeof sweepThresholds>[0]["features"] } {
  const random = new Prng(3);
  const truth = Int32Array.from({ length: count }, (_, row) => row % 2);
  const votes = Array.from(truth, (own) => {
    const right = Array.from({ length: 30 }, () => random.uniform() < 0.67 ? 1 : 0)
      .reduce<number>((sum, one) => sum + one, 0);
    return own === 1 ? 30 - right : right;
  });
  const shares = {
    smooth: Float64Array.from(votes, (n) => n / 30),
    featured: Float64Array.from(votes, (n) => 1 - n / 30),
  };
  const galaxies = {
    ...{ kind: "raw", shares, kinds: { raw: shares }, truth, leftOut: 0, source: "a test" },
    counts: [
      Float64Array.from(votes),
      Float64Array.from(votes, (n) => 30 - n),
      new Float64Array(count),
    ],
    ids: votes.map((_, row) => `${row}`),
    paths: votes.map(() => ""),
  };
  const values = Float32Array.from(
    { length: 2 * count },
    (_, i) => i % 2 === 0 ? (truth[i / 2] === 1 ? 1 : -1) + 0.4 * random.normal() : random.normal(),
  );
  return { galaxies, features: { values, width: 2 } };
}

const settings = settingsOf(THRESHOLD, {
  ...{ profile: "tiny", thresholds: [0.4, 0.6, 0.7, 0.95], repeats: 2, l2: 1 },
});

Deno.test("sweepThresholds() trades galaxies for cleaner labels", async () => {
  const { galaxies, features } = simulated(400);
  let last;
  const { rows, heldOut } = await sweepThresholds({ galaxies, features }, {
    settings,
    onProgress: (progress) => last = progress,
  });
  assert.deepEqual(last, {
    ...{ what: "Sweeping thresholds", done: 40, total: 40, unit: "probes" },
  }); // 4 thresholds, 5 folds, twice
  const [low, middle, high, none] = rows;
  const half = galaxies.shares.smooth.filter((share) => share === 0.5).length;
  assert.equal(low.kept, 400 - half); // a tie has no label
  assert.equal(low.smooth + low.featured, low.kept);
  assert.ok(middle.kept < low.kept && high.kept < middle.kept && none.kept < 5);
  assert.ok(middle.noise!.value < low.noise!.value && high.noise!.value < middle.noise!.value);
  const wrong =
    galaxies.shares.smooth.filter((share, row) =>
      share !== 0.5 && (share > 0.5 ? 0 : 1) !== galaxies.truth![row]
    ).length;
  assert.equal(low.noise!.value, wrong / low.kept);
  // The feature tells the truth, so that a probe is right where the label is wrong
  assert.ok(low.accuracyTruth!.value > 0.97);
  assert.ok(Math.abs(1 - low.noise!.value - low.accuracyKept!.value) < 0.03);
  assert.ok(low.accuracyClean!.value > low.accuracyMajority!.value);
  for (const { low, high, value } of [middle.accuracyKept!, middle.calibrationError!]) {
    assert.ok(low <= value && value <= high && low < high);
  }
  // Too few galaxies for a probe: that they are too few is told, nothing is made up
  assert.equal(none.accuracyClean, null);
  assert.equal(none.calibrationError, null);
  assert.equal(heldOut[0][3], null);
  assert.equal(heldOut.length, 2);
});

Deno.test("sweepThresholds() refuses thresholds that leave nothing", async () => {
  await assert.rejects(
    sweepThresholds(simulated(40), { settings: { ...settings, thresholds: [0.99, 1] } }),
    {
      name: "RangeError",
      message:
        "Cannot sweep thresholds: none of 0.99, 1 leaves smooth and featured galaxies in each fold of 40; give more galaxies or lower thresholds",
    },
  );
});

Deno.test("heldOutProbabilities() never asks a probe about what it has learnt", async () => {
  // Labels of chance, and a feature for each galaxy: who has seen a label knows it by heart
  const count = 60;
  const random = new Prng(4);
  const labels = Int32Array.from({ length: count }, () => random.integer(2));
  const values = new Float32Array(count * count);
  for (let row = 0; row < count; row++) values[row * count + row] = 1;
  const options = { labellings: [labels], folds: 5, repeats: 2, seed: 1, l2: 0.01 };
  const results = await heldOutProbabilities(
    { features: { values, width: count }, strata: labels },
    options,
  );
  for (const [featured] of results) {
    const { value } = accuracyOn(labels, [featured!])!;
    assert.ok(value < 0.7, `${value}`);
  }
  assert.notDeepEqual(results[0], results[1]); // other folds
});

Deno.test("sweepVolunteers() comes nearer to the crowd with more volunteers", async () => {
  const { galaxies, features } = simulated(400);
  const rows = await sweepVolunteers({ galaxies, features }, {
    settings: { ...settings, volunteers: [3, 15], draws: 2 },
  });
  const [few, many, all] = rows;
  assert.deepEqual(rows.map(({ volunteers }) => volunteers), [3, 15, null]);
  assert.ok(few.contradicted!.value > many.contradicted!.value);
  assert.equal(all.contradicted!.value, 0);
  assert.ok(few.noise!.value > many.noise!.value && many.noise!.value > all.noise!.value);
  assert.equal(few.keptShare.value, 1); // of three, two agree: 0.67 is above 0.6
  assert.ok(few.accuracyClean!.value > 0.8);
});

Deno.test("scores count galaxies once, in the mean over repetitions", () => {
  const labels = Int32Array.of(0, 1, 1, -1);
  const first = Float64Array.of(0.2, 0.9, 0.4, 0.9);
  const second = Float64Array.of(0.2, 0.9, 0.8, 0.9);
  assert.equal(accuracyOn(labels, [first])!.value, 2 / 3);
  assert.equal(accuracyOn(labels, [first, second])!.value, 2.5 / 3);
  const twice = accuracyOn(labels, [first, first])!;
  assert.deepEqual(twice, accuracyOn(labels, [first]));
  assert.equal(accuracyOn(Int32Array.of(-1, -1, -1, -1), [first]), null);
  assert.equal(shareOf(labels, { of: (label) => label, where: (_, row) => row > 0 })!.value, 1);
  const { value, low, high } = calibrationErrorOn(labels, [first], { seed: 1 })!;
  assert.ok(Math.abs(value - (0.2 + 0.1 + 0.6) / 3) < 1e-12 && low < value && value < high);
});

Deno.test("abstain() finds what abstaining buys, and tries it on other galaxies", () => {
  const random = new Prng(5);
  const count = 2000;
  // Confidences from 0.5 to 1 that mean what they say
  const featured = Float64Array.from({ length: count }, () => random.uniform());
  const labels = Int32Array.from(featured, (p) => random.uniform() < p ? 1 : 0);
  const { curve, area, targets } = abstain(labels, featured, { targets: [0.85], seed: 1 });
  assert.deepEqual([curve.length, curve.at(-1)!.coverage], [50, 1]);
  assert.ok(Math.abs(curve.at(-1)!.accuracy.value - 0.75) < 0.03);
  assert.ok(curve[0].accuracy.value > 0.9);
  // Answered from confidence 1 - c/2 on, c of all are answered, and c/4 of those wrongly: 1/8
  assert.ok(Math.abs(area.value - 0.125) < 0.02 && area.low < area.value && area.value < area.high);
  const [reached] = targets;
  assert.ok(Math.abs(reached.coverage!.value - 0.6) < 0.1, `${reached.coverage!.value}`);
  assert.ok(Math.abs(reached.confidence! - 0.7) < 0.06, `${reached.confidence}`);
  assert.ok(Math.abs(reached.accuracy!.value - 0.85) < 0.05);
  const wrong = labels.map((label) => 1 - label);
  const [never] = abstain(wrong, featured, { targets: [0.9999], seed: 1 }).targets;
  assert.deepEqual(never, { target: 0.9999, confidence: null, coverage: null, accuracy: null });
});

Deno.test("strataOf() parts galaxies by the larger share", () => {
  const shares = {
    smooth: Float64Array.of(0.6, 0.3, 0.4),
    featured: Float64Array.of(0.2, 0.5, 0.4),
  };
  assert.deepEqual([...strataOf(shares)], [0, 1, 0]);
});
