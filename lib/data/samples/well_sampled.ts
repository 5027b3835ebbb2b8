/**
 * Which galaxies have enough votes at a question for its fractions to mean something, and which
 * answers of theirs are certain.
 *
 * @module
 */

import pl, { type Expr } from "nodejs-polars";
import { answerColumn, answersOf, questionOf } from "../catalogues/tree.ts";
import type { DecisionTree, Question } from "../catalogues/tree.ts";
import type { Thresholds } from "./clean_rule.ts";
import type { Cut } from "./selection.ts";

/** How to tell a well-sampled question. */
export type SamplingOptions = {
  /** Of the answers before each question; one that is not named has none. */
  readonly thresholds: Thresholds;
  /** Least number of votes at the question itself: one for all, or by question. */
  readonly minimumVotes: number | Readonly<Record<string, number>>;
  /**
   * Which fractions are held against the thresholds. "debiased" ones lie elsewhere in the two
   * releases: Willett et al. 2013 and Hart et al. 2016 correct in different ways.
   *
   * @default {"weighted_fraction"}
   */
  readonly quantity?: "fraction" | "weighted_fraction" | "debiased";
  /** Whether a fraction equal to its limit falls out. @default {false} */
  readonly strict?: boolean;
};

/**
 * The cuts that a galaxy must pass for the answers to one question to be used: each question on the
 * way to it has its threshold, the question itself its number of votes.
 *
 * Where volunteers come to a question by several answers of one other, their fractions are added.
 *
 * @throws {RangeError} When the tree has no such question, or its catalogues no such fractions
 *
 * @example
 * ```ts
 * import { gz2Tree, wellSampledCuts, willettThresholds } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const cuts = wellSampledCuts(gz2Tree, "t03", {
 *   thresholds: willettThresholds[20],
 *   minimumVotes: 20,
 * });
 * assert.deepEqual(cuts.map(({ name }) => name), [
 *   "t01_smooth_or_features_a02_features_or_disk ≥ 0.43",
 *   "t02_edgeon_a05_no ≥ 0.715",
 *   "t03_bar votes ≥ 20",
 * ]);
 * ```
 */
export function wellSampledCuts(
  tree: DecisionTree,
  question: string,
  options: SamplingOptions,
): Cut[] {
  const { minimumVotes } = options;
  const asked = questionOf(tree, question);
  const least = typeof minimumVotes === "number" ? minimumVotes : minimumVotes[asked.id] ?? 0;
  const votes = sum(asked.answers.map(({ id }) => answerColumn(tree, id, "count")));
  return [
    ...pathCuts(tree, asked, options),
    { name: `${asked.stem} votes ≥ ${least}`, keep: votes.gtEq(pl.lit(least)) },
  ];
}

/** How to tell a certain answer. */
export type CertainOptions = SamplingOptions & {
  /** Least debiased fraction of the answer: one for all, or by question. @default {0.8} */
  readonly minimumDebiased?: number | Readonly<Record<string, number>>;
};

/**
 * For every answer of a tree, or of some questions, the cuts of the galaxies that have it for
 * certain: its question is well sampled and its debiased fraction is high. These are the rules of
 * the catalogues' own flags.
 *
 * @throws {RangeError} When the tree has no such question, or its catalogues no such fractions
 *
 * @example
 * ```ts
 * import { certainAnswers, gz2Tree, willettThresholds } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const cuts = certainAnswers(gz2Tree, { thresholds: willettThresholds[20], minimumVotes: 20 });
 * assert.equal(Object.keys(cuts).length, 37);
 * assert.deepEqual(cuts.a04.map(({ name }) => name), [
 *   "t01_smooth_or_features_a02_features_or_disk ≥ 0.43",
 *   "t02_edgeon votes ≥ 20",
 *   "t02_edgeon_a04_yes debiased ≥ 0.8",
 * ]);
 * ```
 */
export function certainAnswers(
  tree: DecisionTree,
  options: CertainOptions & { readonly questions?: readonly string[] },
): Record<string, Cut[]> {
  const { minimumDebiased = 0.8, questions } = options;
  return Object.fromEntries(
    answersOf(tree, questions).map(({ id, stem }) => {
      const question = questionOf(tree, id);
      const least = typeof minimumDebiased === "number"
        ? minimumDebiased
        : minimumDebiased[question.id] ?? 0;
      const debiased = pl.col(answerColumn(tree, id, "debiased"));
      return [id, [
        ...wellSampledCuts(tree, question.id, options),
        fractionCut(`${stem} debiased`, debiased, { least, ...options }),
      ]];
    }),
  );
}

/** The thresholds on the way to a question, from the first one on. */
function pathCuts(tree: DecisionTree, question: Question, options: SamplingOptions): Cut[] {
  const { thresholds, quantity = "weighted_fraction" } = options;
  const before = [...new Set(question.after.map((id) => questionOf(tree, id)))];
  // of two ways to a question a galaxy takes one: only the question's own threshold holds for both
  const earlier = before.length === 1 ? pathCuts(tree, before[0], options) : [];
  const least = thresholds[question.id];
  if (least === undefined || question.after.length === 0) return earlier;
  const stems = question.after.map((id) => answersOf(tree).find((a) => a.id === id)!.stem);
  const share = sum(question.after.map((id) => answerColumn(tree, id, quantity)));
  return [...earlier, fractionCut(stems.join(" + "), share, { least, ...options })];
}

function fractionCut(
  name: string,
  fraction: Expr,
  { least, strict = false }: { least: number; strict?: boolean },
): Cut {
  const limit = pl.lit(least);
  return strict
    ? { name: `${name} > ${least}`, keep: fraction.gt(limit) }
    : { name: `${name} ≥ ${least}`, keep: fraction.gtEq(limit) };
}

function sum(columns: readonly string[]): Expr {
  return columns.map((name) => pl.col(name)).reduce((total, column) => total.add(column));
}
