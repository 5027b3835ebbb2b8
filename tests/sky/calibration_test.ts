import assert from "node:assert/strict";
import { join } from "node:path";
import {
  assembleSky,
  compareVotes,
  fitCriteria,
  gz2Criteria,
  readVotes,
  simulatedVotes,
} from "galaxykit/sky";
import { onShared, shared } from "../shared_data.ts";

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const STRIPE = "gz2_stripe82_coadd.csv.gz";

Deno.test({
  ...onShared(
    STRIPE,
    "the simulated volunteers vote as those of Stripe 82: median distance below 0.1",
  ),
}, () => {
  const simulated = simulatedVotes(assembleSky({ count: 1500, seed: 17 }), gz2Criteria);
  const { answers, questions } = compareVotes({ real: readVotes(join(shared, STRIPE)), simulated });
  assert.equal(answers.length, 37);
  const medians = [
    middle(answers.map(({ all }) => all)),
    middle(answers.map(({ asked }) => asked)),
    middle(questions.map(({ distance }) => distance)),
  ];
  assert.ok(medians.every((distance) => distance <= 0.1), `${medians}`);
  const worst = Math.max(...answers.map(({ all }) => all));
  assert.ok(worst < 0.3, `${worst}`);
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
