/**
 * What an endless crowd would say of galaxies that some volunteers have seen.
 *
 * @module
 */

import type { Galaxies } from "./galaxies.ts";
import { majorityLabels, type Shares } from "./votes.ts";

/** Values between which the share of "featured" is looked for: 0.5 is none of them. */
const GRID = Array.from({ length: 100 }, (_, k) => (k + 0.5) / 100);

/** Rounds of expectation and maximisation: enough for the law's shape, too few for its spikes. */
const ROUNDS = 100;

/** Volunteers who are supposed behind fractions without counts: about as many as Galaxy Zoo 2 asked. */
export const SUPPOSED = 40;

/**
 * The probability that an endless crowd would call each galaxy featured rather than smooth.
 *
 * On the simulated sky it is known, and 0 or 1. Elsewhere it follows from the counts: the volunteers
 * are taken for a sample of the endless crowd, so that of those who say one or the other the number
 * who say "featured" is binomial; how often each share is met among galaxies is found by maximum
 * likelihood on all of them (on a grid, by expectation and maximisation), and Bayes' rule does the rest.
 *
 * Sources: Laird 1978, JASA 73:805 (the estimate of the law); Efron and Morris 1975, JASA 70:311.
 *
 * @param options `estimate`: from the counts, even where it is known
 */
export function featuredForMost(
  { endless, shares, counts }: Pick<Galaxies, "endless" | "shares" | "counts">,
  { estimate = false }: { estimate?: boolean } = {},
): Float64Array {
  if (endless && !estimate) {
    return Float64Array.from(
      endless.smooth,
      (smooth, row) => endless.featured[row] > smooth ? 1 : 0,
    );
  }
  const votes = (answer: 0 | 1, given: Float64Array, row: number) =>
    counts ? counts[answer][row] : Math.round(SUPPOSED * given[row]);
  const pairs = Array.from(
    shares.smooth,
    (_, row) => [votes(0, shares.smooth, row), votes(1, shares.featured, row)] as const,
  );
  return posterior(pairs);
}

/** By galaxy: the probability that the share of the second answer is above a half. */
function posterior(pairs: readonly (readonly [number, number])[]): Float64Array {
  // Galaxies of the same counts are reckoned together
  const groups = new Map<string, { votes: readonly [number, number]; rows: number[] }>();
  pairs.forEach((votes, row) => {
    const group = groups.get(`${votes}`) ?? { votes, rows: [] };
    groups.set(`${votes}`, group);
    group.rows.push(row);
  });
  const likelihoods = [...groups.values()].map(({ votes: [no, yes] }) => {
    const logs = GRID.map((share) => yes * Math.log(share) + no * Math.log(1 - share));
    const highest = Math.max(...logs);
    return logs.map((log) => Math.exp(log - highest));
  });
  const sizes = [...groups.values()].map(({ rows }) => rows.length / pairs.length);
  let law = GRID.map(() => 1 / GRID.length);
  const given = (likelihood: readonly number[]) => {
    const joint = likelihood.map((value, k) => value * law[k]);
    const sum = joint.reduce((a, b) => a + b, 0);
    return joint.map((value) => value / sum);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const next = GRID.map(() => 0);
    likelihoods.forEach((likelihood, at) =>
      given(likelihood).forEach((value, k) => next[k] += sizes[at] * value)
    );
    law = next;
  }
  const result = new Float64Array(pairs.length);
  [...groups.values()].forEach(({ rows }, at) => {
    const above = given(likelihoods[at])
      .reduce((sum, value, k) => GRID[k] > 0.5 ? sum + value : sum, 0);
    for (const row of rows) result[row] = above;
  });
  return result;
}

/** The class that predictions are held against, and what it is called. */
export type Judge = { labels: Int32Array; words: string };

/**
 * The volunteers' class: on the simulated sky that of an endless crowd, elsewhere what more than half
 * of those who were asked say. -1 where there is none: for stars, for equal halves.
 */
export function volunteersClass({ endless, shares }: Pick<Galaxies, "endless" | "shares">): Judge {
  if (!endless) return { labels: majorityLabels(shares), words: "what more than half of them say" };
  return { labels: largerShare(endless), words: "what an endless crowd would say" };
}

/** 0 or 1 where smooth or featured has the largest share of the three answers. */
function largerShare({ smooth, featured }: Shares): Int32Array {
  return Int32Array.from(smooth, (share, row) => {
    const artifact = 1 - share - featured[row];
    if (artifact >= Math.max(share, featured[row])) return -1;
    return featured[row] > share ? 1 : 0;
  });
}
