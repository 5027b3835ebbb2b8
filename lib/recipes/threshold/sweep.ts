/**
 * The sweep: for each threshold, what is kept, how wrong the labels are, and what a probe learns.
 *
 * @module
 */

import type { Interval } from "../../metrics/mod.ts";
import type { OnProgress } from "../../progress.ts";
import type { Features } from "../../train/mod.ts";
import type { Galaxies } from "./galaxies.ts";
import { type HeldOut, heldOutProbabilities } from "./held_out.ts";
import { accuracyOn, calibrationErrorOn, LEAST_TRIALS, shareOf } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import { labelsAt, majorityLabels, type Shares } from "./votes.ts";

/** What a threshold comes to; null where there is nothing to measure, or no truth. */
export type ThresholdRow = {
  threshold: number;
  /** Galaxies with a label. */
  kept: number;
  /** Their share of all. */
  keptShare: Interval;
  smooth: number;
  featured: number;
  /** Share of the labels that differ from the true class. */
  noise: Interval | null;
  /** The same of the labels "smooth". */
  noiseSmooth: Interval | null;
  noiseFeatured: Interval | null;
  /** On the galaxies that this threshold labels: other ones at each. */
  accuracyKept: Interval | null;
  /** On those that a clean share of the volunteers agrees on: the same at each. */
  accuracyClean: Interval | null;
  /** On all on which more than half of the volunteers agree. */
  accuracyMajority: Interval | null;
  /** Beside the true class, of all galaxies that have one. */
  accuracyTruth: Interval | null;
  /** Expected calibration error on those of the majority. */
  calibrationError: Interval | null;
};

/** What a run tells of its progress. */
export type StepProgress = {
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** A sweep and the predictions behind it. */
export type Sweep = {
  rows: ThresholdRow[];
  /** By repetition and threshold: the probability of "featured" of each galaxy, held out. */
  heldOut: HeldOut[][];
};

/** What a run tells of shares. */
const told = { least: LEAST_TRIALS };

/** Which of two classes has more votes: what the folds keep in proportion. */
export function strataOf({ smooth, featured }: Shares): Int32Array {
  return Int32Array.from(smooth, (share, row) => featured[row] > share ? 1 : 0);
}

/**
 * Sweeps the label threshold on features that are computed already.
 *
 * @throws {RangeError} When no threshold leaves both classes
 * @throws {DOMException} When the signal aborts
 */
export async function sweepThresholds(
  { galaxies, features }: { galaxies: Galaxies; features: Features },
  { settings, ...progress }: StepProgress & { settings: ThresholdSettings },
): Promise<Sweep> {
  const { shares, truth } = galaxies;
  const { thresholds, clean, folds, repeats, seed, l2 } = settings;
  const labellings = thresholds.map((threshold) => labelsAt(shares, threshold));
  const heldOut = await heldOutProbabilities({ features, strata: strataOf(shares) }, {
    ...{ labellings, folds, repeats, seed, l2, what: "Sweeping thresholds", ...progress },
  });
  if (heldOut.every((repetition) => repetition.every((probabilities) => probabilities === null))) {
    throw new RangeError(
      `Cannot sweep thresholds: none of ${
        thresholds.join(", ")
      } leaves smooth and featured galaxies in each fold of ${shares.smooth.length}; give more galaxies or lower thresholds`,
    );
  }
  const fixed = { clean: labelsAt(shares, clean), majority: majorityLabels(shares) };
  const rows = thresholds.map((threshold, at): ThresholdRow => {
    const labels = labellings[at];
    const repetitions = heldOut.map((repetition) => repetition[at]);
    const known = repetitions.every((one) => one !== null) ? repetitions as Float64Array[] : null;
    const count = (label: number) => labels.filter((own) => own === label).length;
    return {
      threshold,
      kept: count(0) + count(1),
      keptShare: shareOf(labels.map((label) => label < 0 ? 0 : 1), { of: (kept) => kept })!,
      smooth: count(0),
      featured: count(1),
      ...labelNoise(labels, truth),
      accuracyKept: known && accuracyOn(labels, known, told),
      accuracyClean: known && accuracyOn(fixed.clean, known, told),
      accuracyMajority: known && accuracyOn(fixed.majority, known, told),
      accuracyTruth: known && truth ? accuracyOn(truth, known, told) : null,
      calibrationError: known && calibrationErrorOn(fixed.majority, known, { seed }),
    };
  });
  return { rows, heldOut };
}

/** How many labels differ from the truth, of all and of each class. */
export function labelNoise(
  labels: Int32Array,
  truth: Int32Array | undefined,
): Pick<ThresholdRow, "noise" | "noiseSmooth" | "noiseFeatured"> {
  if (truth === undefined) return { noise: null, noiseSmooth: null, noiseFeatured: null };
  const of = (label: number, row: number) => label !== truth[row];
  return {
    noise: shareOf(labels, { of, ...told }),
    noiseSmooth: shareOf(labels, { of, where: (label) => label === 0, ...told }),
    noiseFeatured: shareOf(labels, { of, where: (label) => label === 1, ...told }),
  };
}
