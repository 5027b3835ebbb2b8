import assert from "node:assert/strict";
import { fractionCorrelation, fractionReliability, pearsonCorrelation } from "galaxykit/metrics";
import { Prng } from "galaxykit/data";

/** The votes of two crowds for one of three answers, and what an endless crowd would say. */
function crowds({ galaxies, votes }: { galaxies: number; votes: number }) {
  const random = new Prng(5, [1]);
  const lists = () => [0, 1, 2].map(() => new Float64Array(galaxies));
  const [truth, first, second] = [lists(), lists(), lists()];
  for (let galaxy = 0; galaxy < galaxies; galaxy++) {
    const weights = [0, 1, 2].map(() => random.uniform() ** 2);
    const total = weights.reduce((a, b) => a + b);
    const p = weights.map((weight) => weight / total);
    p.forEach((share, answer) => truth[answer][galaxy] = share);
    for (const crowd of [first, second]) {
      for (let vote = 0; vote < votes; vote++) {
        const draw = random.uniform();
        const answer = draw < p[0] ? 0 : draw < p[0] + p[1] ? 1 : 2;
        crowd[answer][galaxy] += 1 / votes;
      }
    }
  }
  return { truth, first, second };
}

Deno.test("fractionReliability() is how one crowd agrees with another, its root with the endless one", () => {
  for (const votes of [5, 40]) {
    const { truth, first, second } = crowds({ galaxies: 4000, votes });
    const reliability = fractionReliability({
      fractions: first,
      votes: new Float64Array(4000).fill(votes),
    });
    const between = fractionCorrelation({ target: first, prediction: second });
    const endless = fractionCorrelation({ target: first, prediction: truth });
    assert.ok(Math.abs(reliability - between) < 0.02, `${votes}: ${reliability}, ${between}`);
    assert.ok(Math.abs(Math.sqrt(reliability) - endless) < 0.015, `${votes}: ${endless}`);
  }
});

Deno.test("fractionReliability() is Kuder and Richardson's formula 21 of two answers", () => {
  const [k, scores] = [8, [1, 3, 4, 4, 7, 8]];
  const mean = scores.reduce((a, b) => a + b) / scores.length;
  const variance = scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scores.length;
  const wanted = k / (k - 1) * (1 - mean * (k - mean) / (k * variance));
  const yes = scores.map((score) => score / k);
  const fractions = [yes, yes.map((p) => 1 - p)];
  const found = fractionReliability({ fractions, votes: scores.map(() => k) });
  assert.ok(Math.abs(found - wanted) < 1e-12);
});

Deno.test("fractionReliability() is 0 where galaxies differ no more than draws, NaN where none do", () => {
  const votes = [2, 2, 2];
  assert.equal(fractionReliability({ fractions: [[0.5, 0.4, 0.5], [0.5, 0.6, 0.5]], votes }), 0);
  assert.ok(Number.isNaN(fractionReliability({ fractions: [[1, 1, 1], [0, 0, 0]], votes })));
});

Deno.test("fractionCorrelation() is Pearson's of two answers, and counts by how much they vary", () => {
  const [target, prediction] = [[0.1, 0.5, 0.8, 0.3], [0.3, 0.4, 0.6, 0.1]];
  const other = (values: number[]) => values.map((value) => 1 - value);
  const r = pearsonCorrelation({ target, prediction });
  const both = {
    target: [target, other(target)],
    prediction: [prediction, other(prediction)],
  };
  assert.ok(Math.abs(fractionCorrelation(both) - r) < 1e-12);
  const constant = [0.2, 0.2, 0.2, 0.2];
  const more = {
    target: [...both.target, constant],
    prediction: [...both.prediction, constant],
  };
  assert.ok(Math.abs(fractionCorrelation(more) - r) < 1e-12);
});

Deno.test("fractions are refused where they are not whole", () => {
  const two = [[0, 1]];
  assert.throws(() => fractionCorrelation({ target: two, prediction: [] }), {
    name: "TypeError",
    message: "Cannot compute a correlation of fractions: 1 answers have targets, 0 predictions",
  });
  assert.throws(() => fractionReliability({ fractions: two, votes: [5, 1] }), {
    name: "RangeError",
    message:
      "Cannot compute the reliability of fractions: galaxy 1 has 1 votes, two or more are wanted; leave it out",
  });
  assert.throws(() => fractionReliability({ fractions: [[0, NaN]], votes: [5, 5] }), {
    message: "Cannot compute the reliability of fractions: p[1] is NaN, wanted a finite number",
  });
});
