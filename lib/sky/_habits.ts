/**
 * Who the volunteers are, what they say, and how they are led through Galaxy Zoo 2's decision tree.
 *
 * @module
 */

import { gz2Tree } from "../data/catalogues/trees.ts";
import type { Criteria, Criterion } from "./criteria.ts";

/** A volunteer's habits. */
export type Habits = {
  /** Probability of a random click. */
  random: number;
  /** Probability of calling it a star unseen. */
  hasty: number;
  /** Log odds of seeing more in a galaxy than others do. */
  eager: number;
};

/** Kinds of volunteers, and their shares of any crowd. */
export const KINDS = [
  { share: 0.03, random: 1, hasty: 0 }, // Clicks at random
  { share: 0.01, random: 0.01, hasty: 0.95 }, // Mostly calls it a star, to be done
  { share: 0.96, random: 0.01, hasty: 0 },
] as const;

/** Standard deviation of {@linkcode Habits.eager}, in any crowd. */
export const EAGERNESS = 0.5;

/** The answer that leads on from each, as [question, answer] positions; -1 at the end of the tree. */
export const NEXT = gz2Tree.questions.map(({ answers }) =>
  answers.map(({ next }) => gz2Tree.questions.findIndex(({ id }) => id === next))
);

/** Position of "star or artifact" in the first question. */
export const STAR = 2;

/** Per question the answer that an eager volunteer gives more often: features, bar, arms …; -1: none. */
export const EAGER_ANSWER = gz2Tree.questions.map(({ id }) =>
  id === "t01" ? 1 : ["t02", "t03", "t04", "t06"].includes(id) ? 0 : -1
);

/** What volunteers said of one galaxy, one row a volunteer. */
export type Votes = {
  /** n volunteers, by number. */
  volunteers: Uint32Array;
  /**
   * n x 11 answers in the order of the tree's questions: the answer's position in its question,
   * from 1; 0 where the volunteer was not asked.
   */
  answers: Uint8Array;
};

/** How a galaxy strikes everybody alike. */
export type Impressed = {
  /** Of each answer, by question. */
  evidence: Readonly<Record<string, readonly number[]>>;
  /** For each answer how this galaxy strikes the eye beside the evidence, in standard deviations. */
  look: Readonly<Record<string, readonly number[]>>;
};

/** How a galaxy strikes a volunteer who is neither careless nor eager: by question, the odds of each answer. */
export function oddsOf(impressed: Impressed, criteria: Criteria): Float64Array[] {
  return gz2Tree.questions.map(({ id }) => oddsAt(impressed, { id, criterion: criteria[id] }));
}

/** The odds of each answer to one question. */
export function oddsAt(
  { evidence, look }: Impressed,
  { id, criterion: { slope, scatter, bias } }: { id: string; criterion: Criterion },
): Float64Array {
  return Float64Array.from(
    evidence[id],
    (value, k) => Math.exp(slope * value + bias[k] + scatter * look[id][k]),
  );
}
