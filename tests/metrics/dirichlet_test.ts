import assert from "node:assert/strict";
import {
  coverage,
  fractionIntervals,
  fractionPosterior,
  sampleFractions,
  voteIntervals,
  voteLogProbability,
} from "galaxykit/metrics";
import { Prng } from "galaxykit/data";
import { betaCdf } from "../../lib/metrics/_beta.ts";
import { assertClose } from "./reference.ts";
import { reference } from "./votes_reference.ts";

Deno.test("fractionIntervals() are SciPy's quantiles of the beta distribution", () => {
  for (const { a, b, shares, quantiles } of reference.beta) {
    for (const [at, share] of shares.entries()) {
      if (share === 0.5) continue;
      const level = Math.abs(2 * share - 1);
      const [{ low, high }] = fractionIntervals([a, b], { level }) as [
        { low: number; high: number },
      ];
      assertClose(share < 0.5 ? low : high, quantiles[at], 1e-11);
      assertClose(betaCdf(quantiles[at]!, a, b), share, 1e-9);
    }
  }
});

Deno.test("voteIntervals() are SciPy's quantiles of the beta-binomial distribution", () => {
  for (const { a, b, votes, level, low, high } of reference.betaBinomial) {
    assert.deepEqual(voteIntervals([a, b], { votes, level })[0], { low, high });
  }
});

Deno.test("voteLogProbability() agrees with mpmath, and is 0 without votes", () => {
  const { questions, concentrations, counts, losses } = reference.dirichletMultinomial;
  let asked = 0;
  concentrations.forEach((alphas, row) =>
    questions.forEach((columns, question) => {
      const own = columns.map((at) => counts[row]![at]!);
      const value = voteLogProbability({
        concentrations: columns.map((at) => alphas[at]!),
        counts: own,
      });
      const wanted = -losses[row]![question]!;
      if (own.every((count) => count === 0)) assert.equal(value, 0);
      else asked++;
      // Sums of 1e9 leave 1e-6 of doubles
      assertClose(value, wanted, row < 6 ? 1e-10 : 1e-5);
    })
  );
  assert.ok(asked > 20);
});

Deno.test("sampleFractions() has the mean and spread of its distribution, tiny concentrations too", () => {
  for (const alphas of [[3, 1, 0.2], [0.01, 0.02], [400, 100]]) {
    const count = 4000;
    const draws = sampleFractions(alphas, { count, seed: 2 });
    fractionPosterior(alphas).forEach(({ mean, deviation }, k) => {
      const values = draws.map((row) => row[k]!);
      const found = values.reduce((sum, value) => sum + value, 0) / count;
      const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - found) ** 2, 0) / count);
      assertClose(found, mean, 4 * deviation / Math.sqrt(count));
      assertClose(spread / deviation, 1, 0.1);
    });
    for (const row of draws.slice(0, 50)) {
      assertClose(row.reduce((sum, value) => sum + value, 0), 1, 1e-12);
    }
  }
  const small = sampleFractions([1e-5, 1e-5], { count: 20 });
  assert.ok(small.every((row) => row.every(Number.isFinite)));
  assert.deepEqual(
    sampleFractions([1, 2], { count: 3, seed: 5 }),
    sampleFractions([1, 2], { count: 3, seed: 5 }),
  );
});

Deno.test("coverage() of posterior intervals is their level where truth is drawn from the posterior", () => {
  const random = new Prng(4);
  const alphas = Array.from(
    { length: 1500 },
    () => [random.uniform(0.3, 20), random.uniform(0.3, 5), 2],
  );
  const truth = alphas.map((own, seed) => sampleFractions(own, { count: 1, seed })[0]![0]!);
  for (const level of [0.5, 0.8, 0.95]) {
    const intervals = alphas.map((own) => fractionIntervals(own, { level })[0]!);
    const [low, high] = [intervals.map(({ low }) => low), intervals.map(({ high }) => high)];
    const { value } = coverage({ target: truth, low, high });
    assertClose(value, level, 3.3 * Math.sqrt(level * (1 - level) / 1500));
  }
});

Deno.test("posteriors refuse concentrations, levels and votes that are none", () => {
  const cases: [() => unknown, string][] = [
    [
      () => fractionPosterior([1, 0]),
      "Cannot tell fractions: concentrations must be positive numbers, number 1 is 0",
    ],
    [
      () => fractionIntervals([1]),
      "Cannot tell intervals of fractions: a question has two answers or more, 1 concentrations found",
    ],
    [
      () => fractionIntervals([1, 2], { level: 1 }),
      "Cannot tell intervals: level is 1, wanted a number between 0 and 1",
    ],
    [
      () => voteIntervals([1, 2], { votes: 2.5 }),
      "Cannot tell intervals of votes: a whole number of votes is wanted, 2.5 found",
    ],
    [
      () => sampleFractions([1, NaN], { count: 1 }),
      "Cannot draw fractions: concentrations must be positive numbers, number 1 is NaN",
    ],
    [
      () => voteLogProbability({ concentrations: [1, 2], counts: [1, -1] }),
      "Cannot compare votes: a count must be at least 0, -1 found",
    ],
    [
      () => coverage({ target: [1], low: [2], high: [1] }),
      "Cannot compute coverage: interval 0 begins at 2 and ends at 1",
    ],
  ];
  for (const [run, message] of cases) assert.throws(run, { name: "RangeError", message });
});
