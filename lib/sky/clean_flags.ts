/**
 * Which answers of a galaxy are certain enough for a clean sample.
 *
 * @module
 */

import { gz2Tree, questionOf } from "../data/mod.ts";
import { offsets } from "./consistency.ts";

/**
 * Weighted fraction of an answer from which the galaxies that it leads to are well sampled (Willett
 * et al. 2013, table 3, for 20 votes).
 */
const THRESHOLDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  t02: { a02: 0.430 },
  t03: { a05: 0.715 },
  t04: { a05: 0.715 },
  t05: { a05: 0.715 },
  t07: { a01: 0.469 },
  t08: { a14: 0.420 },
  t09: { a04: 0.602 },
  t10: { a08: 0.619 },
  t11: { a08: 0.619 },
};

const FLAGGED_FROM = 0.8;
const MINIMUM_VOTES = 20;

/** Position of each answer among all 37. */
const POSITION = new Map(
  gz2Tree.questions.flatMap(({ answers }) => answers).map(({ id }, place) => [id, place]),
);

/** Per question, what its galaxies must have passed: [answer's position, threshold]. */
const NEEDED = gz2Tree.questions.map(({ id }) => conditionsOf(id));

/**
 * The 37 flags of a galaxy by the rules of Willett et al. 2013: 1 where the answers that lead to the
 * question pass their thresholds, the question has 20 votes or more, and the debiased fraction is
 * 0.8 or more; else 0.
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
  NEEDED.forEach((needed, question) => {
    const [first, end] = [offsets[question], offsets[question + 1]];
    let asked = 0;
    for (let k = first; k < end; k++) asked += votes[k];
    if (asked < MINIMUM_VOTES) return;
    if (needed.some(([place, threshold]) => fractions[place] < threshold)) return;
    for (let k = first; k < end; k++) flags[k] = debiased[k] >= FLAGGED_FROM ? 1 : 0;
  });
  return flags;
}

/** A question's own threshold and those of the questions on the way to it. */
function conditionsOf(question: string): [place: number, threshold: number][] {
  return Object.entries(THRESHOLDS[question] ?? {}).flatMap(([answer, threshold]) => [
    ...conditionsOf(questionOf(gz2Tree, answer).id),
    [POSITION.get(answer)!, threshold] as [number, number],
  ]);
}
