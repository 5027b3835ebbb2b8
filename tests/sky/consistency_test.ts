import assert from "node:assert/strict";
import { consistencyWeights, fractionsOf, tally, type Votes } from "galaxykit/sky";
import { mean, smallSky } from "./_sky.ts";

/** One galaxy where volunteers answer the first question only, by position from 1. */
function firstQuestion(answers: Record<number, number>): Votes {
  const volunteers = Uint32Array.from(Object.keys(answers), Number);
  const rows = new Uint8Array(volunteers.length * 11);
  volunteers.forEach((volunteer, row) => rows[row * 11] = answers[volunteer]);
  return { volunteers, answers: rows };
}

Deno.test("consistencyWeights() follows Willett's formula", () => {
  // Three say star (answer 3), one says smooth (1): shares 3/4 and 1/4 of three answers.
  const votes = firstQuestion({ 1: 3, 2: 3, 3: 3, 4: 1 });
  // In the first round κ = (1 + 2 f) / 3: 5/6 for the three, 1/2 for the one.
  let weight = (0.5 / 0.6) ** 8.5;
  for (let round = 1; round < 3; round++) {
    const share = weight / (3 + weight);
    weight = ((1 + 2 * share) / 3 / 0.6) ** 8.5;
  }
  const weights = consistencyWeights([votes]);
  assert.equal(weights.get(1), 1);
  assert.ok(Math.abs(weights.get(4)! - weight) < 1e-12, `${weights.get(4)}`);
  assert.ok(weight < 0.02);
});

Deno.test("consistencyWeights() finds the volunteers who do not look", () => {
  const sky = smallSky(250);
  const weights = [...consistencyWeights(sky.map(({ votes }) => votes)).values()];
  const down = weights.filter((weight) => weight < 0.9).length / weights.length;
  assert.ok(down > 0.005 && down < 0.1, `${down}`);
  assert.ok(Math.min(...weights) < 0.1, "someone calls everything a star");
  assert.ok(mean(weights) > 0.93, `${mean(weights)}`);
});

Deno.test("tally() counts by weight, and fractionsOf() shares out each question", () => {
  const votes = firstQuestion({ 1: 1, 2: 1, 3: 2 });
  assert.deepEqual([...tally(votes).subarray(0, 3)], [2, 1, 0]);
  const weights = new Map([[1, 0.5], [2, 1], [3, 0.5]]);
  const weighted = tally(votes, { weights });
  assert.deepEqual([...weighted.subarray(0, 3)], [1.5, 0.5, 0]);
  const fractions = fractionsOf(weighted);
  assert.deepEqual([...fractions.subarray(0, 5)], [0.75, 0.25, 0, 0, 0]); // t02: nobody asked
});
