import assert from "node:assert/strict";
import {
  agreement,
  answerColumns,
  answersOf,
  type AnswerValues,
  answerValues,
  conditionalFractions,
  cumulativeFractions,
  eligible,
  entropy,
  expectedVotes,
  gz2Tree,
  kaggleTree,
  reach,
  votesReceived,
} from "../../../lib/data/catalogues/mod.ts";
import { Prng } from "../../../lib/prng.ts";

/** Random fractions that sum to 1 at each question. */
function randomFractions(galaxies: number, seed: number): AnswerValues {
  const prng = new Prng(seed);
  const values: Record<string, Float64Array> = {};
  for (const { answers } of gz2Tree.questions) {
    for (const { id } of answers) values[id] = new Float64Array(galaxies).map(() => prng.uniform());
    for (let i = 0; i < galaxies; i++) {
      const sum = answers.reduce((s, { id }) => s + values[id][i], 0);
      for (const { id } of answers) values[id][i] /= sum;
    }
  }
  return values;
}

Deno.test("cumulativeFractions() and conditionalFractions() undo each other", () => {
  const conditional = randomFractions(20, 1);
  const back = conditionalFractions(gz2Tree, cumulativeFractions(gz2Tree, conditional));
  for (const { id } of answersOf(gz2Tree)) {
    for (let i = 0; i < 20; i++) assert.ok(Math.abs(back[id][i] - conditional[id][i]) < 1e-12);
  }
});

Deno.test("reach() is the product of the fractions along the way", () => {
  const f = randomFractions(5, 2);
  const asked = reach(gz2Tree, f);
  for (let i = 0; i < 5; i++) {
    assert.equal(asked.t01[i], 1);
    assert.ok(Math.abs(asked.t10[i] - f.a02[i] * f.a05[i] * f.a08[i]) < 1e-15);
    assert.equal(asked.t11[i], asked.t10[i]);
    assert.ok(Math.abs(asked.t06[i] - (f.a01[i] + f.a02[i])) < 1e-15);
    assert.ok(Math.abs(asked.t08[i] - (f.a01[i] + f.a02[i]) * f.a14[i]) < 1e-15);
  }
});

Deno.test("reach() is 0, not NaN, behind an answer that nobody gave", () => {
  const f = { a01: [1], a02: [0], a03: [0], a04: [NaN], a05: [NaN], a06: [NaN], a07: [NaN] };
  const values = Object.fromEntries(
    Object.entries(f).map(([id, v]) => [id, Float64Array.from(v)]),
  );
  assert.deepEqual([...reach(gz2Tree, values).t03], [0]);
  assert.deepEqual([...cumulativeFractions(gz2Tree, values).a06], [0]);
});

Deno.test("conditionalFractions() has no fractions where nobody was asked", () => {
  const values = { "Class3.1": Float64Array.of(0, 0.3), "Class3.2": Float64Array.of(0, 0.1) };
  const conditional = conditionalFractions(kaggleTree, values);
  assert.deepEqual([...conditional["Class3.1"]].map((v) => v.toFixed(2)), ["NaN", "0.75"]);
});

Deno.test("expectedVotes() takes one number of volunteers or one a galaxy", () => {
  const f = { a01: Float64Array.of(0.5, 0.25), a02: Float64Array.of(0.5, 0.75) };
  const all = { ...f, a03: Float64Array.of(0, 0) };
  assert.deepEqual([...expectedVotes(gz2Tree, all, 40).t02], [20, 30]);
  assert.deepEqual([...expectedVotes(gz2Tree, all, [10, 100]).t07], [5, 25]);
});

Deno.test("eligible() asks for half of the volunteers, or for what is wanted", () => {
  const f = { a01: Float64Array.of(0.5, 0.4), a02: Float64Array.of(0.5, 0.6) };
  const all = { ...f, a03: Float64Array.of(0, 0) };
  assert.deepEqual([...eligible(gz2Tree, all).t07], [1, 0]);
  assert.deepEqual([...eligible(gz2Tree, all, { minimum: 0.6 }).t02], [0, 1]);
});

Deno.test("entropy() and agreement() of one voice, of an even spread and of none", () => {
  const f = { a25: Float64Array.of(1, 1 / 3, 0), a26: Float64Array.of(0, 1 / 3, 0) };
  const all = { ...f, a27: Float64Array.of(0, 1 / 3, 0) };
  const [one, even, none] = entropy(gz2Tree, all).t09;
  assert.equal(one, 0);
  assert.ok(Math.abs(even - Math.log(3)) < 1e-15);
  assert.ok(Number.isNaN(none));
  assert.ok(Math.abs(agreement(gz2Tree, all).t09[1]) < 1e-15);
});

Deno.test("votesReceived() sums the counts of each question", () => {
  const table = { t02_edgeon_a04_yes_count: [3, null], t02_edgeon_a05_no_count: [4, 1] };
  const counts = answerValues(gz2Tree, table, { quantity: "count", questions: ["t02"] });
  assert.deepEqual([...votesReceived(gz2Tree, counts).t02], [7, NaN]);
  assert.deepEqual(answerColumns(gz2Tree, "count", ["t02"]), Object.keys(table));
});

Deno.test("fractions say which answers they need", () => {
  const a06 = { a06: Float64Array.of(1) };
  assert.throws(() => reach(gz2Tree, a06), {
    name: "RangeError",
    message: 'Cannot follow the tree "gz2" to answer "a06": the fractions of a05 are needed',
  });
  assert.throws(() => conditionalFractions(gz2Tree, a06), {
    name: "RangeError",
    message: 'Cannot use question "t03" of the tree "gz2": the values of a07 are missing',
  });
});

Deno.test("expectedVotes() of a galaxy whose volunteers are not known is not known", () => {
  const fractions = { a01: [0.25, 0.5], a02: [0.75, 0.5], a03: [0, 0] };
  const conditional = Object.fromEntries(
    Object.entries(fractions).map(([id, values]) => [id, Float64Array.from(values)]),
  );
  const votes = expectedVotes(gz2Tree, conditional, [40, null] as number[]);
  assert.deepEqual([[...votes.t01], [...votes.t02]], [[40, NaN], [30, NaN]]);
  assert.deepEqual([...expectedVotes(gz2Tree, conditional, 20).t02], [15, 10]);
});
