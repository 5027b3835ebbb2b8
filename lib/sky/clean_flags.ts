/**
 * Which answers of a galaxy are certain enough for a clean sample.
 *
 * @module
 */

import { questionOf } from "../data/catalogues/tree.ts";
import { gz2Tree } from "../data/catalogues/trees.ts";
import { cleanRule, type Thresholds, willettThresholds } from "../data/samples/clean_rule.ts";
import { offsets } from "./consistency.ts";

/** Position of each answer among all 37. */
const POSITION = new Map(
  gz2Tree.questions.flatMap(({ answers }) => answers).map(({ id }, place) => [id, place]),
);

/** For 10 and 20 votes, per question, what its galaxies must have passed. */
const NEEDED = {
  10: gz2Tree.questions.map(({ id }) => conditionsOf(id, willettThresholds[10])),
  20: gz2Tree.questions.map(({ id }) => conditionsOf(id, willettThresholds[20])),
};

/**
 * The 37 flags of a galaxy by {@linkcode cleanRule}: 1 where the answers that lead to the question
 * pass their thresholds, the question has 20 votes or more, and the debiased fraction is 0.8 or more;
 * else 0.
 *
 * @param galaxy 37 votes, weighted fractions and debiased fractions each
 *
 * @example
 * ```ts
 * import { cleanFlags } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const votes = new Float64Array(37).fill(0);
 * votes[0] = 40; // all say smooth
 * const fractions = votes.map((count) => count / 40);
 * assert.equal(cleanFlags({ votes, fractions, debiased: fractions })[0], 1);
 * ```
 */
export function cleanFlags({ votes, fractions, debiased }: {
  votes: ArrayLike<number>;
  fractions: ArrayLike<number>;
  debiased: ArrayLike<number>;
}): Int32Array {
  const flags = new Int32Array(votes.length);
  gz2Tree.questions.forEach((_, question) => {
    if (!isWellSampled({ votes, fractions }, { question, votes: 20 })) return;
    for (let k = offsets[question]; k < offsets[question + 1]; k++) {
      flags[k] = debiased[k] >= cleanRule.minimumDebiased ? 1 : 0;
    }
  });
  return flags;
}

/**
 * Whether a galaxy has so many votes at a question, and the answers that lead there pass their
 * thresholds for that number (Willett et al. 2013, table 3).
 *
 * @param galaxy 37 votes and weighted fractions
 * @param options `question`: its position in the tree; `minimum`: the least number of votes itself,
 * where that is another one
 */
export function isWellSampled(
  { votes, fractions }: { votes: ArrayLike<number>; fractions: ArrayLike<number> },
  options: { question: number; votes: 10 | 20; minimum?: number },
): boolean {
  const { question, minimum = options.votes } = options;
  let asked = 0;
  for (let k = offsets[question]; k < offsets[question + 1]; k++) asked += votes[k];
  return asked >= minimum &&
    NEEDED[options.votes][question].every(({ places, threshold }) =>
      sumAt(fractions, places) >= threshold
    );
}

/** The answers, by position, of which one leads on, and what they must have together. */
type Condition = { places: number[]; threshold: number };

/** A question's own threshold and those of the questions on the way to it. */
function conditionsOf(id: string, thresholds: Thresholds): Condition[] {
  const { after } = questionOf(gz2Tree, id);
  const before = new Set(after.map((answer) => questionOf(gz2Tree, answer).id));
  // Of two ways to a question a galaxy takes one: only the question's own threshold holds for both.
  const earlier = before.size === 1 ? conditionsOf([...before][0], thresholds) : [];
  const threshold = thresholds[id];
  if (threshold === undefined) return earlier;
  return [...earlier, { places: after.map((answer) => POSITION.get(answer)!), threshold }];
}

function sumAt(values: ArrayLike<number>, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + values[place], 0);
}
