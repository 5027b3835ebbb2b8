import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { debias } from "galaxykit/sky";
import { mean } from "./_sky.ts";

/** Nearby every galaxy has a vote for a star, far away two of three. */
function hasStar(row: number, redshift: number): boolean {
  return redshift < 0.1 || row % 3 > 0;
}

/** Galaxies alike in all but distance: with redshift, features fade into smoothness. */
function fading(count: number) {
  const random = new Prng(3);
  const redshift = Float64Array.from({ length: count }, () => random.uniform(0.01, 0.2));
  const truth = Float64Array.from({ length: count }, () => random.uniform(0.1, 0.9));
  const fractions = new Float64Array(count * 37);
  const votes = new Float64Array(count * 37);
  for (let row = 0; row < count; row++) {
    const seen = truth[row] * (1 - 3.5 * redshift[row]);
    const star = hasStar(row, redshift[row]) ? 0.05 : 0;
    fractions.set([1 - seen - star, seen, star], row * 37);
    votes.set([40 * (1 - seen - star), 40 * seen, 40 * star], row * 37);
  }
  const same = new Float64Array(count).fill(-21);
  const sample = { redshift, absoluteMagnitude: same, radiusKpc: same };
  return { fractions, votes, sample, redshift, truth };
}

Deno.test("debias() gives back at high redshift what distance has hidden", () => {
  const { fractions, votes, sample, redshift, truth } = fading(1200);
  const corrected = debias(fractions, { votes, sample });
  const far = [...redshift.keys()].filter((row) => redshift[row] > 0.15);
  const error = (values: Float64Array) =>
    Math.abs(mean(far.map((row) => values[row * 37 + 1] - truth[row])));
  assert.ok(error(fractions) > 0.25, `${error(fractions)}`);
  assert.ok(error(corrected) < 0.08, `${error(corrected)}`);
});

Deno.test("debias() keeps sums, zeros and what it knows too little of", () => {
  const { fractions, votes, sample, redshift } = fading(1200);
  const corrected = debias(fractions, { votes, sample });
  for (let row = 0; row < 1200; row++) {
    const own = corrected.subarray(row * 37, row * 37 + 3);
    assert.ok(Math.abs(mean(own) * 3 - 1) < 1e-12);
    assert.equal(own[2] > 0, hasStar(row, redshift[row]));
    assert.ok(corrected.subarray(row * 37 + 3, row * 37 + 37).every((value) => value === 0));
  }
  const few = fading(299);
  assert.deepEqual(debias(few.fractions, few), few.fractions);
});

Deno.test("debias() refuses tables of other lengths", () => {
  const { fractions, votes, sample } = fading(10);
  assert.throws(() => debias(fractions.subarray(37), { votes, sample }), {
    name: "TypeError",
    message: "Cannot debias: 10 galaxies want 370 fractions and votes, found 333 and 370",
  });
});
