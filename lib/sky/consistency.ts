/**
 * Weights of volunteers by how well they agree with the others.
 *
 * @module
 */

import { gz2Tree } from "../data/catalogues/trees.ts";
import type { Votes } from "./_habits.ts";

/** Rounds after which Willett et al. found the weights settled. */
const ROUNDS = 3;
const QUESTIONS = gz2Tree.questions.length;
const ANSWERS = gz2Tree.questions.map(({ answers }) => answers.length);

/** Where the answers of each question begin among all 37, and their number at the end. */
export const offsets: readonly number[] = ANSWERS.reduce(
  (sums, count) => [...sums, sums.at(-1)! + count],
  [0],
);

/**
 * The weight of each volunteer, in (0, 1], by the method of Willett et al. 2013 (section 3.2).
 *
 * A vote for one of N answers with shares f has the consistency κ = (1/N) Σ_j (f_j for the answer
 * given, 1 − f_j for the others). The mean κ of all votes of a volunteer gives the weight
 * min(1, (κ / 0.6)^8.5); shares are taken again with these weights, three rounds in all.
 *
 * @param galaxies The votes for each galaxy
 * @returns The weights by volunteer
 */
export function consistencyWeights(galaxies: readonly Votes[]): Map<number, number> {
  let weights = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Map<number, [consistency: number, votes: number]>();
    for (const votes of galaxies) addConsistency(sums, votes, weights);
    weights = new Map(
      [...sums].map(([volunteer, [consistency, votes]]) =>
        [volunteer, Math.min(1, (consistency / votes / 0.6) ** 8.5)] as const
      ),
    );
  }
  return weights;
}

/**
 * Votes for each of the 37 answers, each volunteer counting by weight.
 *
 * @param options `weights`: by volunteer. @default {all 1}
 */
export function tally(
  { volunteers, answers }: Votes,
  { weights }: { weights?: ReadonlyMap<number, number> } = {},
): Float64Array {
  const totals = new Float64Array(offsets[QUESTIONS]);
  volunteers.forEach((volunteer, row) => {
    const weight = weights?.get(volunteer) ?? 1;
    for (let question = 0; question < QUESTIONS; question++) {
      const answer = answers[row * QUESTIONS + question];
      if (answer > 0) totals[offsets[question] + answer - 1] += weight;
    }
  });
  return totals;
}

/**
 * Shares of each question's total: of 37 votes 37 fractions, 0 where nobody was asked.
 *
 * @param totals Votes, whole or weighted, for each answer
 */
export function fractionsOf(totals: ArrayLike<number>): Float64Array {
  const fractions = new Float64Array(totals.length);
  for (let question = 0; question < QUESTIONS; question++) {
    let sum = 0;
    for (let k = offsets[question]; k < offsets[question + 1]; k++) sum += totals[k];
    if (sum === 0) continue;
    for (let k = offsets[question]; k < offsets[question + 1]; k++) fractions[k] = totals[k] / sum;
  }
  return fractions;
}

function addConsistency(
  sums: Map<number, [consistency: number, votes: number]>,
  votes: Votes,
  weights: ReadonlyMap<number, number>,
): void {
  const fractions = fractionsOf(tally(votes, { weights }));
  // Σ_j (1 − f_j) = N − 1, so that κ = (N − 2 + 2 f) / N for the answer given.
  votes.volunteers.forEach((volunteer, row) => {
    const sum = sums.get(volunteer) ?? [0, 0];
    for (let question = 0; question < QUESTIONS; question++) {
      const answer = votes.answers[row * QUESTIONS + question];
      if (answer === 0) continue;
      const count = ANSWERS[question];
      const share = fractions[offsets[question] + answer - 1];
      sum[0] += (count - 2 + 2 * share) / count;
      sum[1]++;
    }
    sums.set(volunteer, sum);
  });
}
