/**
 * The sweep: for each threshold, what is kept, how wrong the labels are, and what a probe learns.
 *
 * @module
 */

import { Prng } from "../../data/mod.ts";
import type { Interval } from "../../metrics/mod.ts";
import type { OnProgress } from "../../progress.ts";
import type { Features } from "../../train/mod.ts";
import { featuredForMost, type Judge, volunteersClass } from "./endless_crowd.ts";
import type { Galaxies } from "./galaxies.ts";
import { type HeldOut, heldOutProbabilities } from "./held_out.ts";
import { type LabelNoise, labelNoise } from "./label_noise.ts";
import { calibrationErrorOn, scoresOn, shareOf } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import { labelsAt, type Shares } from "./votes.ts";

/** What a threshold comes to; null where there is nothing to measure, or no truth. */
export type ThresholdRow = LabelNoise & {
  threshold: number;
  /** Galaxies with a label. */
  kept: number;
  /** Their share of all. */
  keptShare: Interval;
  smooth: number;
  featured: number;
  /** The noise of votes as it follows from the counts alone, where it is known exactly, too. */
  noiseFromCounts: Interval | null;
  /** On the galaxies that this threshold labels, by its labels: other and easier ones at each. */
  accuracyKept: Interval | null;
  /** Beside the volunteers' class, of all galaxies that have one: the same ones at each threshold. */
  accuracy: Interval | null;
  balanced: Interval | null;
  /** Part of the smooth ones that is told rightly. */
  rightSmooth: Interval | null;
  rightFeatured: Interval | null;
  /** As `balanced`, where the probe learnt from equally many of each class at each threshold. */
  balancedSame: Interval | null;
  /** As `balanced`, beside the true class. */
  balancedTruth: Interval | null;
  /** Expected calibration error, beside the volunteers' class. */
  calibrationError: Interval | null;
};

/** What a run tells of its progress. */
export type StepProgress = {
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** A sweep and the predictions behind it, by repetition. */
export type Sweep = {
  rows: ThresholdRow[];
  judge: Judge;
  /** Learnt from all that pass, by threshold; null where a class is missing. None of votes alone. */
  passing: (HeldOut[] | null)[];
  /** Learnt from equally many galaxies of each class. */
  same: (HeldOut[] | null)[];
  /** How many those are. null where no threshold leaves enough. */
  sameCount: { smooth: number; featured: number } | null;
  /** Learnt from the vote fractions of all galaxies. */
  soft: HeldOut[] | null;
};

/** Galaxies of a class under which equal numbers tell nothing. */
const FEWEST = 50;

/** Stream number of the draws of equally many: no other part of a seed's numbers. */
const STREAM = 52;

/** Which of two classes has more votes: what the folds keep in proportion. */
export function strataOf({ smooth, featured }: Shares): Int32Array {
  return Int32Array.from(smooth, (share, row) => featured[row] > share ? 1 : 0);
}

/**
 * Sweeps the label threshold on features that are computed already, or on votes alone.
 *
 * @throws {RangeError} When no threshold leaves both classes
 * @throws {DOMException} When the signal aborts
 */
export async function sweepThresholds(
  { galaxies, features }: { galaxies: Galaxies; features: Features | null },
  { settings, ...progress }: StepProgress & { settings: ThresholdSettings },
): Promise<Sweep> {
  const { shares, truth } = galaxies;
  const { thresholds, folds, repeats, seed, l2 } = settings;
  const labellings = thresholds.map((threshold) => labelsAt(shares, threshold));
  const sameCount = equalCount(labellings);
  const heldOut = features === null ? null : await heldOutProbabilities(
    { features, strata: strataOf(shares) },
    {
      lessons: (repeat) => [
        ...labellings,
        ...labellings.map((labels) =>
          equallyMany(labels, { count: sameCount, random: new Prng(seed, [STREAM, repeat]) })
        ),
        shares,
      ],
      ...{ folds, repeats, seed, l2, what: "Sweeping thresholds", ...progress },
    },
  );
  if (heldOut?.every((own) => own.slice(0, thresholds.length).every((held) => held === null))) {
    throw new RangeError(
      `Cannot sweep thresholds: none of ${
        thresholds.join(", ")
      } leaves smooth and featured galaxies in each fold of ${shares.smooth.length}; give more galaxies or lower thresholds`,
    );
  }
  const [judge, known] = [volunteersClass(galaxies), featuredForMost(galaxies)];
  const estimated = galaxies.endless ? featuredForMost(galaxies, { estimate: true }) : null;
  const passing = thresholds.map((_, at) => allOf(heldOut, at));
  const same = thresholds.map((_, at) => allOf(heldOut, thresholds.length + at));
  const rows = thresholds.map((threshold, at): ThresholdRow => {
    const labels = labellings[at];
    const own = passing[at];
    const count = (label: number) => labels.filter((own) => own === label).length;
    const scores = own && scoresOn(judge.labels, own);
    return {
      threshold,
      kept: count(0) + count(1),
      keptShare: shareOf(labels.map((label) => label < 0 ? 0 : 1), { of: (kept) => kept })!,
      smooth: count(0),
      featured: count(1),
      ...labelNoise(labels, { featured: known, truth }),
      noiseFromCounts: estimated && labelNoise(labels, { featured: estimated }).noise,
      accuracyKept: own && (scoresOn(labels, own)?.accuracy ?? null),
      accuracy: scores && scores.accuracy,
      balanced: scores && scores.balanced,
      rightSmooth: scores && scores.smooth,
      rightFeatured: scores && scores.featured,
      balancedSame: same[at] && (scoresOn(judge.labels, same[at])?.balanced ?? null),
      balancedTruth: own && truth ? scoresOn(truth, own)?.balanced ?? null : null,
      calibrationError: own && calibrationErrorOn(judge.labels, own, { seed }),
    };
  });
  const soft = allOf(heldOut, 2 * thresholds.length);
  return { rows, judge, passing, same, sameCount, soft };
}

/** All repetitions of a lesson; null where there is none, or one has none. */
function allOf(heldOut: (HeldOut | null)[][] | null, at: number): HeldOut[] | null {
  const own = heldOut?.map((repetition) => repetition[at]) ?? [null];
  return own.every((one) => one !== null) ? own as HeldOut[] : null;
}

/** How many of each class the highest threshold leaves that leaves enough of both. */
function equalCount(labellings: readonly Int32Array[]): Sweep["sameCount"] {
  const counts = labellings.map((labels) => ({
    smooth: labels.filter((label) => label === 0).length,
    featured: labels.filter((label) => label === 1).length,
  })).filter(({ smooth, featured }) => Math.min(smooth, featured) >= FEWEST);
  if (counts.length === 0) return null;
  return {
    smooth: Math.min(...counts.map(({ smooth }) => smooth)),
    featured: Math.min(...counts.map(({ featured }) => featured)),
  };
}

/** So many labels of each class, by lot; none where there are fewer. */
function equallyMany(
  labels: Int32Array,
  { count, random }: { count: Sweep["sameCount"]; random: Prng },
): Int32Array {
  const chosen = new Int32Array(labels.length).fill(-1);
  if (count === null) return chosen;
  const left = [count.smooth, count.featured];
  for (const row of random.permutation(labels.length)) {
    if (labels[row] >= 0 && left[labels[row]]-- > 0) chosen[row] = labels[row];
  }
  return left.every((missing) => missing <= 0) ? chosen : chosen.fill(-1);
}
