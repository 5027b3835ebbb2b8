/**
 * What columns of votes mean, told by their names.
 *
 * @module
 */

import {
  type AnswerValues,
  conditionalFractions,
  type QuestionValues,
  reach,
} from "./fractions.ts";
import { catalogueKinds } from "./kinds.ts";
import { type Answer, answersOf, type DecisionTree, type Quantity, type Question } from "./tree.ts";
import { decisionTrees } from "./trees.ts";

/**
 * How the columns of predictions end, as in the catalogues of DECaLS, DESI and Euclid: the fraction of
 * an answer, its Dirichlet concentration, and the share of the volunteers who are asked a question.
 */
export const PREDICTION_SUFFIXES = {
  fraction: "_fraction",
  concentration: "_dirichlet",
  asked: "_proportion_volunteers_asked",
} as const;

/** What a column holds. */
export type VoteColumn = {
  question: Question;
  answer: Answer;
  /** "concentration": a parameter of a Dirichlet distribution. */
  quantity: Quantity | "concentration";
};

/** Columns of a tree. */
export type VoteColumns = {
  tree: DecisionTree;
  /** By their names; others are no votes. */
  columns: Map<string, VoteColumn>;
};

/**
 * Tells of which decision tree columns are, and which answer each is about: the tree that knows most of
 * them, of several the smallest.
 *
 * @param trees Those that are looked through. @default {all that the kit knows}
 * @returns Nothing where no tree knows any
 *
 * @example
 * ```ts
 * import { voteColumns } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { tree, columns } = voteColumns(["objid", "bar-dr5_no_dirichlet", "bar-dr5_no_fraction"])!;
 * assert.equal(tree.name, "evo_dr5");
 * assert.equal(columns.get("bar-dr5_no_dirichlet")?.quantity, "concentration");
 * assert.equal(columns.get("bar-dr5_no_fraction")?.answer.text, "No");
 * ```
 */
export function voteColumns(
  names: readonly string[],
  trees: readonly DecisionTree[] = allTrees(),
): VoteColumns | undefined {
  let best: VoteColumns | undefined;
  for (const tree of trees) {
    const meanings = meaningsOf(tree);
    const columns = new Map(
      names.flatMap((name) => meanings.has(name) ? [[name, meanings.get(name)!] as const] : []),
    );
    const [most, least] = [best?.columns.size ?? 0, best?.tree.questions.length ?? 0];
    const isCloser = columns.size === most && tree.questions.length < least;
    if (columns.size > most || isCloser) best = { tree, columns };
  }
  return best;
}

/**
 * The probability that a volunteer is asked each question, from predicted fractions: the product along
 * the tree, those of each question first scaled to sum to 1, which sigmoids do not. A question on whose
 * way fractions are missing has no value.
 *
 * @param fractions By answer id, all answers of each question
 * @throws {RangeError} When some answers of a question are missing
 *
 * @example
 * ```ts
 * import { gz2Tree, predictedReach } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const fractions = {
 *   ...{ a01: Float64Array.of(0.3), a02: Float64Array.of(0.9), a03: Float64Array.of(0) },
 *   ...{ a06: Float64Array.of(0.5), a07: Float64Array.of(0.5) }, // Of the bar, but not of edge-on discs
 * };
 * const asked = predictedReach(gz2Tree, fractions);
 * assert.deepEqual([asked.t01[0], asked.t02[0], asked.t03], [1, 0.9 / 1.2, undefined]);
 * ```
 */
export function predictedReach(tree: DecisionTree, fractions: AnswerValues): QuestionValues {
  const conditional = conditionalFractions(tree, fractions);
  const followed: Record<string, Float64Array> = {};
  for (const { after, answers } of tree.questions) {
    if (!after.every((id) => id in followed)) continue;
    for (const { id } of answers) if (id in conditional) followed[id] = conditional[id]!;
  }
  const known = reach(tree, followed);
  return Object.keys(followed).length > 0 ? known : {};
}

function allTrees(): DecisionTree[] {
  const ofKinds = Object.values(catalogueKinds).flatMap(({ tree }) => tree === null ? [] : [tree]);
  return [...new Set([...Object.values(decisionTrees), ...ofKinds])];
}

/** Every name that a column of a tree may have. */
function meaningsOf(tree: DecisionTree): Map<string, VoteColumn> {
  const suffixes = {
    fraction: PREDICTION_SUFFIXES.fraction,
    ...tree.suffixes,
    concentration: PREDICTION_SUFFIXES.concentration,
  };
  return new Map(
    tree.questions.flatMap((question) =>
      answersOf(tree, [question.id]).flatMap((answer) =>
        Object.entries(suffixes).map(([quantity, suffix]) =>
          [
            answer.stem + suffix,
            { question, answer, quantity: quantity as VoteColumn["quantity"] },
          ] as const
        )
      )
    ),
  );
}
