import assert from "node:assert/strict";
import { join } from "node:path";
import {
  assembleSky,
  compareTails,
  compareVotes,
  emptyTable,
  fitCriteria,
  gz2Criteria,
  readVotes,
  simulatedVotes,
  tailRules,
} from "galaxykit/sky";
import { onShared, shared } from "../shared_data.ts";

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const STRIPE = "gz2_stripe82_coadd.csv.gz";

Deno.test({
  ...onShared(
    STRIPE,
    "the simulated volunteers vote as those of Stripe 82, in the middle and in the tails",
  ),
}, () => {
  const real = readVotes(join(shared, STRIPE));
  const simulated = simulatedVotes(assembleSky({ count: 1200, seed: 17 }), gz2Criteria);
  const { answers, questions } = compareVotes({ real, simulated });
  assert.equal(answers.length, 37);
  const medians = [
    middle(answers.map(({ all }) => all)),
    middle(answers.map(({ asked }) => asked)),
    middle(questions.map(({ distance }) => distance)),
  ];
  assert.ok(medians.every((distance) => distance <= 0.1), `${medians}`);
  const worst = Math.max(...answers.map(({ all }) => all));
  assert.ok(worst < 0.3, `${worst}`);
  // Tails that hold some ten of the simulated galaxies, with their own scatter
  const tails = compareTails({ real, simulated }).flatMap(({ tails }) => tails)
    .filter(({ realShare }) => realShare > 0.01);
  const off = tails.map(({ realShare, simulatedShare }) =>
    Math.abs(Math.log(simulatedShare / realShare))
  );
  assert.ok(tails.length > 40 && middle(off) < 0.4, `${middle(off)} of ${tails.length}`);
  assert.ok(off.filter((log) => log < Math.log(2)).length > 0.85 * off.length, `${off}`);
});

Deno.test("compareTails() counts the galaxies that an answer is certain of, by each rule", () => {
  const galaxies = 3;
  const table = emptyTable(galaxies);
  const [smooth, features, edgeOn] = [0, 1, 3];
  const set = (row: number, place: number, votes: number, share: number) => {
    table.counts[row * 37 + place] = votes;
    table.fractions[row * 37 + place] = share;
  };
  set(0, smooth, 21, 0.9);
  set(1, smooth, 1, 0.1);
  set(1, features, 24, 0.9);
  set(1, edgeOn, 23, 1);
  set(2, features, 9, 0.4); // enough votes, but below the threshold of 0.43 for 20
  set(2, smooth, 12, 0.6);
  set(2, edgeOn, 9, 1);
  const tails = compareTails({ real: table, simulated: table });
  const real = (place: number) => tails[place].tails.map((tail) => tail.real);
  assert.deepEqual(tailRules.map(({ name }) => name), ["all", "10 votes", "over 20 votes"]);
  assert.deepEqual([smooth, features, edgeOn].map(real), [[1, 1, 1], [1, 1, 1], [2, 1, 1]]);
  assert.equal(tails[edgeOn].tails[0].realShare, 2 / 3);
});

Deno.test("compareVotes() finds nothing between a table and itself", () => {
  const sky = assembleSky({ count: 60, seed: 1 });
  const votes = simulatedVotes(sky, gz2Criteria);
  const { answers, questions } = compareVotes({ real: votes, simulated: votes });
  assert.ok(answers.every(({ all, mean }) => all === 0 && Object.is(mean.real, mean.simulated)));
  assert.ok(questions.every(({ distance }) => distance === 0));
  const one = compareVotes({ real: votes, simulated: votes, only: "t03" });
  assert.deepEqual(one.answers.map(({ answer }) => answer), ["a06", "a07"]);
});

Deno.test("fitCriteria() brings skewed criteria back towards those that made the votes", () => {
  const sky = assembleSky({ count: 250, seed: 2 });
  const real = simulatedVotes(sky, gz2Criteria);
  const { t01 } = gz2Criteria;
  const start = { ...gz2Criteria, t01: { ...t01, bias: [t01.bias[0], 1, t01.bias[2]] } };
  const distance = (criteria: typeof gz2Criteria) =>
    compareVotes({ real, simulated: simulatedVotes(sky, criteria), only: "t01" }).answers[0].all;
  const fitted = fitCriteria(sky, { real, start, rounds: 1 });
  assert.ok(distance(fitted) < 0.4 * distance(start), `${distance(fitted)}, ${distance(start)}`);
  assert.equal(start.t01.bias[1], 1); // what is given stays as it is
});
