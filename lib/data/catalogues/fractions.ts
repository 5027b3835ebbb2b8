/**
 * Vote fractions along a decision tree: of those asked (conditional) and of everybody (cumulative),
 * and what follows from them: who is asked, how many votes to expect, how much volunteers agree.
 *
 * A value for each galaxy stands in a Float64Array; NaN is a missing value.
 *
 * @module
 */

import { numberColumn, type Table } from "../tables.ts";
import { answerOf, answersOf, type DecisionTree, type Quantity, type Question } from "./tree.ts";
import { answerColumn, questionOf } from "./tree.ts";

/** Values of a tree's answers by answer id, one for each galaxy. */
export type AnswerValues = Readonly<Record<string, Float64Array>>;

/** Values of a tree's questions by question id, one for each galaxy. */
export type QuestionValues = Readonly<Record<string, Float64Array>>;

/**
 * Takes one quantity of every answer, or of some questions, out of a table; null becomes NaN.
 *
 * @throws {RangeError} When the table lacks one of the columns
 *
 * @example
 * ```ts
 * import { answerValues, gz1Tree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const none = [0];
 * const table = { P_EL: [0.9], P_CW: none, P_ACW: none, P_EDGE: none, P_DK: [0.1], P_MG: none };
 * assert.equal(answerValues(gz1Tree, table, { quantity: "fraction" }).P_EL[0], 0.9);
 * ```
 */
export function answerValues(tree: DecisionTree, table: Table, options: {
  quantity: Quantity;
  /** Ids of questions. @default {all} */
  questions?: readonly string[];
}): AnswerValues {
  const { quantity, questions } = options;
  return Object.fromEntries(
    answersOf(tree, questions).map(({ id }) => [
      id,
      numberColumn(table, answerColumn(tree, id, quantity)),
    ]),
  );
}

/**
 * Shares of all volunteers: each conditional fraction times the probability to be asked.
 *
 * Where nobody is asked the share is 0.
 *
 * @param conditional Fractions of those asked, for every answer on the way to the wanted ones
 *
 * @example
 * ```ts
 * import { conditionalFractions, cumulativeFractions, decisionTree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const tree = decisionTree({
 *   name: "mine",
 *   title: "Two questions",
 *   suffixes: {},
 *   stem: (_, id) => id,
 *   questions: [
 *     { id: "q", text: "Disc?", stem: "q", answers: [["disc", "Yes", "r"], ["no", "No", null]] },
 *     { id: "r", text: "Bar?", stem: "r", answers: [["bar", "Yes", null], ["none", "No", null]] },
 *   ],
 * });
 * const asked = { disc: [0.5], no: [0.5], bar: [0.4], none: [0.6] };
 * const conditional = Object.fromEntries(
 *   Object.entries(asked).map(([id, values]) => [id, Float64Array.from(values)]),
 * );
 * const cumulative = cumulativeFractions(tree, conditional);
 * assert.equal(cumulative.bar[0], 0.2);
 * assert.equal(conditionalFractions(tree, cumulative).bar[0], 0.4);
 * ```
 */
export function cumulativeFractions(tree: DecisionTree, conditional: AnswerValues): AnswerValues {
  const shares = walk(tree, conditional).shares;
  return Object.fromEntries(Object.keys(conditional).map((id) => [id, shares[id]]));
}

/**
 * Fractions of those asked, from shares of all volunteers (Kaggle's values): each answer over the
 * sum of its question. NaN where nobody is asked.
 *
 * @throws {RangeError} When some answers of a question are missing
 */
export function conditionalFractions(tree: DecisionTree, cumulative: AnswerValues): AnswerValues {
  const conditional: Record<string, Float64Array> = {};
  for (const question of present(tree, cumulative)) {
    const total = sumOf(question.answers.map(({ id }) => cumulative[id]));
    for (const { id } of question.answers) {
      conditional[id] = cumulative[id].map((share, i) => total[i] > 0 ? share / total[i] : NaN);
    }
  }
  return Object.fromEntries(Object.keys(cumulative).map((id) => [id, conditional[id]]));
}

/**
 * The probability that a volunteer is asked each question: 1 for the first one, then the sum over
 * the deciding answers of the probability to be asked times the fraction.
 *
 * Of a question whose way is not among the fractions there is no value.
 */
export function reach(tree: DecisionTree, conditional: AnswerValues): QuestionValues {
  return walk(tree, conditional).asked;
}

/**
 * The votes that each question is expected to get from a galaxy's volunteers.
 *
 * @param conditional Fractions of those asked
 * @param volunteers How many look at each galaxy: one number for all, or one a galaxy
 *
 * @example
 * ```ts
 * import { expectedVotes, gz2Tree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const fractions = { a01: [0.25], a02: [0.75], a03: [0], a04: [0.2], a05: [0.8] };
 * const conditional = Object.fromEntries(
 *   Object.entries(fractions).map(([id, values]) => [id, Float64Array.from(values)]),
 * );
 * const votes = expectedVotes(gz2Tree, conditional, 40);
 * assert.deepEqual([votes.t01[0], votes.t02[0], Math.round(votes.t03[0])], [40, 30, 24]);
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments
export function expectedVotes(
  tree: DecisionTree,
  conditional: AnswerValues,
  volunteers: number | ArrayLike<number>,
): QuestionValues {
  const asked = reach(tree, conditional);
  const { length } = Object.values(asked)[0] ?? [];
  const many = typeof volunteers === "number"
    ? new Float64Array(length).fill(volunteers)
    : volunteers;
  return mapValues(
    asked,
    (asked) => asked.map((p, i) => p * (many[i] ?? NaN)),
  );
}

/** The votes that each question got: the sum of the counts of its answers. */
export function votesReceived(tree: DecisionTree, counts: AnswerValues): QuestionValues {
  return Object.fromEntries(
    present(tree, counts).map((q) => [q.id, sumOf(q.answers.map(({ id }) => counts[id]))]),
  );
}

/**
 * Where a question may be used: 1 when the probability to be asked is at least `minimum`, else 0, also
 * where it is missing.
 * Walmsley et al. 2022 suggest 0.5 for predicted fractions, which exist for every question.
 */
export function eligible(
  tree: DecisionTree,
  conditional: AnswerValues,
  options: {
    /** Least probability to be asked, 0 to 1. @default {0.5} */
    minimum?: number;
  } = {},
): Readonly<Record<string, Uint8Array>> {
  const { minimum = 0.5 } = options;
  return mapValues(
    reach(tree, conditional),
    (asked) => Uint8Array.from(asked, (p) => p >= minimum ? 1 : 0),
  );
}

/**
 * The entropy of each question's fractions, in nats: 0 when all volunteers agree, ln n when they
 * spread evenly over the n answers. NaN where nobody answered.
 */
export function entropy(tree: DecisionTree, conditional: AnswerValues): QuestionValues {
  return Object.fromEntries(
    present(tree, conditional).map((question) => {
      const fractions = question.answers.map(({ id }) => conditional[id]);
      const total = sumOf(fractions);
      return [
        question.id,
        total.map((sum, i) => {
          if (!(sum > 0)) return NaN;
          const terms = fractions.map((column) => column[i] / sum);
          return terms.reduce((h, p) => h - (p > 0 ? p * Math.log(p) : 0), 0);
        }),
      ];
    }),
  );
}

/**
 * How much volunteers agree on each question: 1 − entropy / ln n, 1 for one voice and 0 for an even
 * spread over the n answers. NaN where nobody answered.
 *
 * @example
 * ```ts
 * import { agreement, gz2Tree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const bar = Float64Array.of(0.5, 1, 0);
 * const noBar = Float64Array.of(0.5, 0, 0);
 * assert.deepEqual([...agreement(gz2Tree, { a06: bar, a07: noBar }).t03], [0, 1, NaN]);
 * ```
 */
export function agreement(tree: DecisionTree, conditional: AnswerValues): QuestionValues {
  return Object.fromEntries(
    Object.entries(entropy(tree, conditional)).map(([id, values]) => {
      const most = Math.log(questionOf(tree, id).answers.length);
      return [id, values.map((h) => 1 - h / most)];
    }),
  );
}

/** From the first question on: the probability to be asked, and each answer's share of everybody. */
function walk(tree: DecisionTree, conditional: AnswerValues) {
  const asked: Record<string, Float64Array> = {};
  const shares: Record<string, Float64Array> = {};
  const length = Object.values(conditional)[0]?.length ?? 0;
  for (const question of tree.questions) {
    if (!question.after.every((id) => id in shares)) continue;
    const p = question.after.length === 0
      ? new Float64Array(length).fill(1)
      : sumOf(question.after.map((id) => shares[id]));
    asked[question.id] = p;
    for (const { id } of question.answers) {
      if (!(id in conditional)) continue;
      shares[id] = conditional[id].map((fraction, i) => p[i] > 0 ? p[i] * fraction : p[i]);
    }
  }
  for (const id of Object.keys(conditional)) {
    if (id in shares) continue;
    const { after } = questionOf(tree, answerOf(tree, id).id);
    throw new RangeError(
      `Cannot follow the tree "${tree.name}" to answer "${id}": ` +
        `the fractions of ${after.join(" and ")} are needed`,
    );
  }
  return { asked, shares };
}

/** The questions of which answers are given; all answers of each, or it is an error. */
function present(tree: DecisionTree, values: AnswerValues): Question[] {
  return tree.questions.filter((question) => {
    const missing = question.answers.filter(({ id }) => !(id in values));
    if (missing.length === question.answers.length) return false;
    if (missing.length === 0) return true;
    throw new RangeError(
      `Cannot use question "${question.id}" of the tree "${tree.name}": ` +
        `the values of ${missing.map(({ id }) => id).join(", ")} are missing`,
    );
  });
}

function sumOf(columns: readonly Float64Array[]): Float64Array {
  const sum = Float64Array.from(columns[0]);
  for (const column of columns.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i] += column[i];
  }
  return sum;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B) {
  return Object.fromEntries(Object.entries(record).map(([id, value]) => [id, f(value)]));
}
