/**
 * What fewer volunteers would have said, and what a probe would have learnt from them.
 *
 * @module
 */

import { Prng } from "../../data/mod.ts";
import type { Interval } from "../../metrics/mod.ts";
import { mean } from "../../statistics.ts";
import type { Features } from "../../train/mod.ts";
import type { Judge } from "./endless_crowd.ts";
import type { Galaxies } from "./galaxies.ts";
import { type HeldOut, heldOutProbabilities } from "./held_out.ts";
import { labelNoise } from "./label_noise.ts";
import { scoresOn, shareOf } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import { type StepProgress, strataOf } from "./sweep.ts";
import { labelsAt, type Shares } from "./votes.ts";

/** What a number of volunteers comes to, in the mean over the draws. */
export type VolunteersRow = {
  /** Volunteers a galaxy; null for all that there are. */
  volunteers: number | null;
  kept: number;
  keptShare: Interval;
  /** Share of the labels that the distance makes wrong, see {@linkcode LabelNoise}. */
  hidden: Interval | null;
  /** Share of the labels that the volunteers' class contradicts: an endless crowd's, or all votes'. */
  contradicted: Interval | null;
  /** Beside the volunteers' class. */
  accuracy: Interval | null;
  balanced: Interval | null;
};

/** Stream numbers of the draws: no other part of a seed's numbers. */
const STREAM = 51;

/**
 * Labels by fewer volunteers at the settings' threshold, and probes that learn from them, held against
 * the volunteers' class. Votes are drawn from each galaxy's own, see {@linkcode drawShares}.
 *
 * @throws {DOMException} When the signal aborts
 */
export async function sweepVolunteers(
  { galaxies, features, judge }: { galaxies: Galaxies; features: Features | null; judge: Judge },
  { settings, ...progress }: StepProgress & { settings: ThresholdSettings },
): Promise<VolunteersRow[]> {
  const { shares, truth } = galaxies;
  const { volunteers, draws, at, folds, seed, l2 } = settings;
  // All votes, counted as those of fewer are, or the fractions that there are
  const all = { count: Infinity, random: new Prng(seed, [STREAM]) };
  const every = labelsAt(galaxies.counts ? drawShares(galaxies, all) : shares, at);
  const drawn = volunteers.map((count) =>
    Array.from({ length: draws }, (_, draw) => {
      const random = new Prng(seed, [STREAM, count, draw]);
      return labelsAt(drawShares(galaxies, { count, random }), at);
    })
  );
  const groups = [...drawn, [every]];
  const [heldOut] = features === null ? [null] : await heldOutProbabilities(
    { features, strata: strataOf(shares) },
    {
      lessons: () => groups.flat(),
      ...{ folds, repeats: 1, seed, l2, what: "Asking fewer volunteers", ...progress },
    },
  );
  const featured = Float64Array.from(judge.labels, (label) => label < 0 ? NaN : label);
  let next = 0;
  return groups.map((labellings, group) => {
    const own = heldOut?.slice(next, next += labellings.length) ?? [null];
    const known = own.every((one) => one !== null) ? own as HeldOut[] : null;
    const judged = labellings.map((labels) =>
      labelNoise(labels.map((label, row) => judge.labels[row] < 0 ? -1 : label), {
        featured,
        truth,
      })
    );
    const kept = labellings.map((labels) => labels.filter((label) => label >= 0).length);
    const scores = known && scoresOn(judge.labels, known);
    return {
      volunteers: volunteers[group] ?? null,
      kept: Math.round(mean(kept)),
      keptShare: meanOf(
        labellings.map((labels) =>
          shareOf(labels.map((label) => label < 0 ? 0 : 1), { of: (kept) => kept })
        ),
      )!,
      hidden: meanOf(judged.map(({ hidden }) => hidden)),
      contradicted: meanOf(judged.map(({ noise }) => noise)),
      accuracy: scores && scores.accuracy,
      balanced: scores && scores.balanced,
    };
  });
}

/**
 * The shares that so many volunteers of each galaxy would have given.
 *
 * Where the table has counts, votes are drawn from a galaxy's own without replacement (the
 * multivariate hypergeometric distribution); of a galaxy with fewer, all count. Where it has
 * fractions alone, as Kaggle's, each volunteer is supposed to answer by himself with the fractions
 * as probabilities (multinomial): as if the crowd that gave them were endless.
 */
export function drawShares(
  { counts, shares }: Pick<Galaxies, "counts" | "shares">,
  { count, random }: { count: number; random: Prng },
): Shares {
  const drawn = { smooth: shares.smooth.slice(), featured: shares.featured.slice() };
  for (let row = 0; row < shares.smooth.length; row++) {
    const votes = counts
      ? withoutReplacement(counts.map((answer) => answer[row]), { count, random })
      : withReplacement([shares.smooth[row], shares.featured[row]], { count, random });
    const total = votes.reduce((sum, n) => sum + n, 0);
    drawn.smooth[row] = votes[0] / total;
    drawn.featured[row] = votes[1] / total;
  }
  return drawn;
}

function withoutReplacement(
  votes: number[],
  { count, random }: { count: number; random: Prng },
): number[] {
  const left = votes.slice();
  let total = left.reduce((sum, n) => sum + n, 0);
  if (total <= count) return left;
  const drawn = left.map(() => 0);
  for (let k = 0; k < count; k++, total--) {
    let place = random.integer(total);
    let answer = 0;
    while (place >= left[answer]) place -= left[answer++];
    left[answer]--;
    drawn[answer]++;
  }
  return drawn;
}

function withReplacement(
  [smooth, featured]: number[],
  { count, random }: { count: number; random: Prng },
): number[] {
  const drawn = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const place = random.uniform();
    drawn[place < smooth ? 0 : place < smooth + featured ? 1 : 2]++;
  }
  return drawn;
}

/** The mean value, and the mean ends: the draws are of the same galaxies. */
function meanOf(intervals: readonly (Interval | null)[]): Interval | null {
  const known = intervals.filter((interval) => interval !== null);
  if (known.length === 0) return null;
  const of = (key: "value" | "low" | "high") => mean(known.map((interval) => interval[key]));
  return { value: of("value"), low: of("low"), high: of("high"), level: known[0].level };
}
