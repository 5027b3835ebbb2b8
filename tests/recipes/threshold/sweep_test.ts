import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import type { Features } from "galaxykit/train";
import { abstain } from "../../../lib/recipes/threshold/abstention.ts";
import { featuredForMost, volunteersClass } from "../../../lib/recipes/threshold/endless_crowd.ts";
import type { Galaxies } from "../../../lib/recipes/threshold/galaxies.ts";
import { type HeldOut, heldOutProbabilities } from "../../../lib/recipes/threshold/held_out.ts";
import { calibrationErrorOn, scoresOn, shareOf } from "../../../lib/recipes/threshold/scores.ts";
import { labelNoise } from "../../../lib/recipes/threshold/label_noise.ts";
import { recommend } from "../../../lib/recipes/threshold/recommendation.ts";
import { strataOf, sweepThresholds } from "../../../lib/recipes/threshold/sweep.ts";
import { settingsOf } from "../../../lib/settings.ts";
import { THRESHOLD } from "../../../lib/recipes/threshold/settings.ts";
import { sweepVolunteers } from "../../../lib/recipes/threshold/volunteers.ts";

/** Galaxies whose one feature tells their class, and volunteers who are right two times in three. */
function simulated(
  count: number,
): { galaxies: Galaxies; features: Features } {
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
    endless: {
      smooth: Float64Array.from(truth, (own) => own === 0 ? 0.67 : 0.33),
      featured: Float64Array.from(truth, (own) => own === 1 ? 0.67 : 0.33),
    },
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
  const sweep = await sweepThresholds({ galaxies, features }, {
    settings,
    onProgress: (progress) => last = progress,
  });
  const { rows, judge, passing, same, sameCount, soft } = sweep;
  assert.deepEqual(last, {
    ...{ what: "Sweeping thresholds", done: 90, total: 90, unit: "probes" },
  }); // 4 thresholds, all and equally many, and soft labels; 5 folds, twice
  const [low, middle, high, none] = rows;
  const half = galaxies.shares.smooth.filter((share) => share === 0.5).length;
  assert.equal(low.kept, 400 - half); // a tie has no label
  assert.equal(low.smooth + low.featured, low.kept);
  assert.ok(middle.kept < low.kept && high.kept < middle.kept && none.kept < 5);
  // Those who were asked are right two times in three: nothing is hidden, all is noise of votes
  assert.equal(low.hidden!.value, 0);
  const wrong =
    galaxies.shares.smooth.filter((share, row) =>
      share !== 0.5 && (share > 0.5 ? 0 : 1) !== galaxies.truth![row]
    ).length;
  assert.equal(low.noise!.value, wrong / low.kept);
  assert.ok(middle.noise!.value < low.noise!.value && high.noise!.value <= middle.noise!.value);
  assert.ok(Math.abs(low.noiseFromCounts!.value - low.noise!.value) < 0.02);
  assert.deepEqual(judge.words, "what an endless crowd would say");
  assert.deepEqual(judge.labels, galaxies.truth);
  // The feature tells the truth, so that a probe is right where the label is wrong
  assert.ok(low.accuracy!.value > 0.97 && low.balanced!.value > 0.97);
  assert.deepEqual(low.balanced, low.balancedTruth);
  assert.ok(Math.abs(1 - low.noise!.value - low.accuracyKept!.value) < 0.03);
  for (const { low, high, value } of [middle.balanced!, middle.calibrationError!]) {
    assert.ok(low <= value && value <= high && low < high);
  }
  // As many of each class at each threshold as the highest leaves that leaves fifty
  assert.deepEqual(sameCount, { smooth: high.smooth, featured: high.featured });
  assert.ok(low.balancedSame && none.balancedSame === null);
  assert.ok(
    same[0]![0].learnt.every((share) =>
      Math.abs(share - high.featured / (high.smooth + high.featured)) < 0.05
    ),
  );
  // Too few galaxies for a probe: that they are too few is told, nothing is made up
  assert.equal(none.balanced, null);
  assert.equal(none.calibrationError, null);
  assert.equal(passing[3], null);
  assert.deepEqual([passing[0]!.length, soft!.length], [2, 2]);

  const recommended = recommend(sweep, { galaxies, settings });
  assert.deepEqual(recommended.map(({ judge, learnt }) => [judge, learnt]), [
    ["volunteers' class", "all that pass"],
    ["volunteers' class", "the same number"],
    ["true class", "all that pass"],
    ["true class", "the same number"],
  ]);
  const [{ threshold, even, overSettings, balanced, softOver }] = recommended;
  const best = rows.find((row) => row.threshold === threshold)!;
  assert.ok(Math.abs(balanced - best.balanced!.value) < 1e-12);
  assert.ok(rows.every((row) => row.balanced === null || row.balanced.value <= balanced + 1e-12));
  assert.ok(even.includes(threshold) && !even.includes(0.95));
  assert.ok(overSettings!.value >= 0 && Math.abs(softOver!.value) < 0.03);
});

Deno.test("sweepThresholds() sweeps votes alone", async () => {
  const { galaxies } = simulated(400);
  const sweep = await sweepThresholds({ galaxies, features: null }, { settings });
  assert.ok(
    sweep.rows.every(({ balanced, balancedSame }) => balanced === null && balancedSame === null),
  );
  assert.ok(sweep.rows[0].noise!.value > 0);
  assert.deepEqual(recommend(sweep, { galaxies, settings }), []);
});

Deno.test("featuredForMost() reckons from counts what an endless crowd would say", () => {
  // Shares of the law Beta(2, 4), twenty volunteers
  const random = new Prng(6);
  const count = 4000;
  const share = Float64Array.from({ length: count }, () => {
    const drawn = Array.from({ length: 5 }, () => random.uniform()).sort((a, b) => a - b);
    return drawn[1]; // The second smallest of five is of that law
  });
  const votes = Float64Array.from(
    share,
    (p) =>
      Array.from({ length: 20 }, () => random.uniform() < p ? 1 : 0)
        .reduce<number>((a, b) => a + b, 0),
  );
  const shares = {
    smooth: votes.map((n) => 1 - n / 20),
    featured: votes.map((n) => n / 20),
  };
  const counts = [votes.map((n) => 20 - n), votes, new Float64Array(count)];
  const truly = share.map((p) => p > 0.5 ? 1 : 0);
  for (const given of [{ shares, counts }, { shares }]) {
    const found = featuredForMost(given);
    // Among galaxies of the same votes as many are featured for most as it says
    for (const n of [6, 8, 9, 10, 11, 12]) {
      const rows = [...votes.keys()].filter((row) => votes[row] === n);
      const part = rows.reduce((sum, row) => sum + truly[row], 0) / rows.length;
      const error = Math.sqrt(Math.max(part * (1 - part), 0.01) / rows.length);
      // Fractions alone are taken for those of 40 volunteers: surer than they are
      const slack = "counts" in given ? 0.04 : 0.2;
      assert.ok(
        Math.abs(found[rows[0]] - part) < 3 * error + slack,
        `${n}: ${found[rows[0]]}, ${part}`,
      );
    }
  }
  const endless = { smooth: Float64Array.of(0.6, 0.3), featured: Float64Array.of(0.3, 0.4) };
  assert.deepEqual([...featuredForMost({ endless, shares })], [0, 1]);
});

Deno.test("labelNoise() parts what is hidden from what too few volunteers said", () => {
  const labels = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1);
  const truth = Int32Array.of(0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1);
  // An endless crowd says "smooth" of the first four, although two are featured; of the fifth not
  const featured = Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0);
  const { hidden, hiddenSmooth, hiddenFeatured, noise, noiseSmooth, noiseFeatured } = labelNoise(
    labels,
    { featured, truth },
  );
  assert.deepEqual(
    [hidden, hiddenSmooth, hiddenFeatured].map((share) => share!.value),
    [3 / 10, 2 / 5, 1 / 5],
  );
  assert.deepEqual(
    [noise, noiseSmooth, noiseFeatured].map((share) => share!.value),
    [2 / 10, 1 / 5, 1 / 5],
  );
  assert.equal(labelNoise(labels, { featured }).hidden, null);
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
  const options = { lessons: () => [labels], folds: 5, repeats: 2, seed: 1, l2: 0.01 };
  const results = await heldOutProbabilities(
    { features: { values, width: count }, strata: labels },
    options,
  );
  for (const [own] of results) {
    const { value } = scoresOn(labels, [own!])!.accuracy;
    assert.ok(value < 0.7, `${value}`);
  }
  assert.notDeepEqual(results[0], results[1]); // other folds
});

Deno.test("heldOutProbabilities() learns soft labels as labels that are certain", async () => {
  const { galaxies, features } = simulated(200);
  const labels = galaxies.truth!;
  const certain = {
    smooth: Float64Array.from(labels, (label) => 1 - label),
    featured: Float64Array.from(labels),
  };
  const [[hard, soft]] = await heldOutProbabilities({ features, strata: labels }, {
    ...{ lessons: () => [labels, certain], folds: 4, repeats: 1, seed: 1, l2: 1 },
  });
  assert.ok(hard!.featured.every((p, row) => Math.abs(p - soft!.featured[row]) < 2e-3));
  assert.deepEqual(hard!.learnt, soft!.learnt);
});

Deno.test("sweepVolunteers() comes nearer to the crowd with more volunteers", async () => {
  const { galaxies, features } = simulated(400);
  const judge = volunteersClass(galaxies);
  const rows = await sweepVolunteers({ galaxies, features, judge }, {
    settings: { ...settings, volunteers: [3, 15], draws: 2 },
  });
  const [few, many, all] = rows;
  assert.deepEqual(rows.map(({ volunteers }) => volunteers), [3, 15, null]);
  assert.ok(few.contradicted!.value > many.contradicted!.value);
  assert.ok(many.contradicted!.value > all.contradicted!.value);
  assert.equal(few.hidden!.value, 0);
  assert.equal(few.keptShare.value, 1); // of three, two agree: 0.67 is above 0.6
  assert.ok(few.balanced!.value > 0.8);
  // What all who were asked say is their own measure where no endless crowd is known
  const asked = volunteersClass({ shares: galaxies.shares });
  const alone = await sweepVolunteers({ galaxies, features: null, judge: asked }, {
    settings: { ...settings, volunteers: [3], draws: 1 },
  });
  assert.equal(alone[1].contradicted!.value, 0);
  assert.equal(alone[0].balanced, null);
});

Deno.test("scores count galaxies once, in the mean over repetitions", () => {
  const labels = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1);
  const told = (...featured: number[]): HeldOut => ({
    featured: Float64Array.from(featured),
    learnt: new Float64Array(11).fill(0.3),
  });
  const first = told(0.2, 0.1, 0.1, 0.4, 0.9, 0.9, 0.9, 0.4, 0.4, 0.1, 0.9);
  const second = told(0.2, 0.1, 0.1, 0.2, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9);
  const { accuracy, balanced, smooth, featured } = scoresOn(labels, [first])!;
  assert.equal(accuracy.value, 6 / 10);
  // Featured where it is likelier than the three tenths of the training
  assert.deepEqual([smooth.value, featured.value], [3 / 5, 4 / 5]);
  assert.equal(balanced.value, 0.7);
  const half = (end: "low" | "high") =>
    Math.hypot(smooth[end] - smooth.value, featured[end] - featured.value) / 2;
  assert.ok(Math.abs(balanced.low - (0.7 - half("low"))) < 1e-12);
  assert.ok(Math.abs(balanced.high - (0.7 + half("high"))) < 1e-12);
  assert.equal(scoresOn(labels, [first, second])!.accuracy.value, 0.8);
  assert.deepEqual(scoresOn(labels, [first, first]), scoresOn(labels, [first]));
  assert.equal(scoresOn(labels.map((label) => Math.min(label, 0)), [first]), null);
  assert.equal(shareOf(labels, { of: (label) => label, where: (_, row) => row > 4 })!.value, 1);
  const error = calibrationErrorOn(labels, [first], { seed: 1 })!;
  assert.ok(error.low < error.value && error.value < error.high);
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
