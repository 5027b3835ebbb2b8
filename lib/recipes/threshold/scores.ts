/**
 * How good probabilities are on the galaxies that have a label, with intervals.
 *
 * @module
 */

import {
  bootstrapInterval,
  calibration,
  type Interval,
  riskCoverage,
  wilsonInterval,
} from "../../metrics/mod.ts";
import { mean } from "../../statistics.ts";

/** Draws behind an interval of a calibration error or an area: enough for its width. */
const RESAMPLES = 100;

/** Galaxies from which on a run tells a share: the interval of fewer says nothing. */
export const LEAST_TRIALS = 5;

/** The share of those that are asked for with Wilson's interval, or null where they are too few. */
export function shareOf(
  labels: Int32Array,
  { of, where = () => true, least = 1 }: {
    /** What is counted; may be between 0 and 1. */
    of: (label: number, row: number) => number | boolean;
    /** Among which. @default {all that have a label} */
    where?: (label: number, row: number) => boolean;
    /** How many there must be. @default {1} */
    least?: number;
  },
): Interval | null {
  let [successes, trials] = [0, 0];
  labels.forEach((label, row) => {
    if (label < 0 || !where(label, row)) return;
    successes += Number(of(label, row));
    trials++;
  });
  return trials < least ? null : wilsonInterval({ successes: Math.min(successes, trials), trials });
}

/**
 * The part of labelled galaxies whose class is told rightly, in the mean over repetitions. A galaxy
 * counts once, however often it was asked about.
 */
export function accuracyOn(
  labels: Int32Array,
  repetitions: readonly Float64Array[],
  { least }: {
    /** How many galaxies there must be. @default {1} */
    least?: number;
  } = {},
): Interval | null {
  const isRight = (featured: number, label: number) => (featured > 0.5 ? 1 : 0) === label;
  return shareOf(labels, {
    least,
    of: (label, row) =>
      repetitions.filter((featured) => isRight(featured[row], label)).length / repetitions.length,
  });
}

/**
 * The expected calibration error, in the mean over repetitions. Drawing galaxies again makes it
 * larger on average, so that the interval has the width of the bootstrap's about the value.
 */
export function calibrationErrorOn(
  labels: Int32Array,
  repetitions: readonly Float64Array[],
  { seed }: { seed: number },
): Interval | null {
  const samples = repetitions.map((featured) => labelledPairs(labels, featured));
  if (samples[0].target.length === 0) return null;
  const errors = samples.map((pair) => calibration(pair).expectedError);
  const value = mean(errors);
  const { low, high, level } = bootstrapInterval(samples[0], {
    metric: (pair) => calibration(pair).expectedError,
    resamples: RESAMPLES,
    seed,
  });
  const half = (high - low) / 2;
  return { value, low: Math.max(0, value - half), high: value + half, level };
}

/** The area under the risk-coverage curve, of one repetition. */
export function abstentionArea(
  labels: Int32Array,
  featured: Float64Array,
  { seed }: { seed: number },
): Interval {
  return bootstrapInterval(labelledPairs(labels, featured), {
    metric: (pair) => riskCoverage(pair).area,
    resamples: RESAMPLES,
    seed,
  });
}

/** Targets and probabilities of the galaxies that have a label. */
export function labelledPairs(
  labels: Int32Array,
  featured: Float64Array,
): { target: number[]; probabilities: number[][] } {
  const rows = [...labels.keys()].filter((row) => labels[row] >= 0);
  return {
    target: rows.map((row) => labels[row]),
    probabilities: rows.map((row) => [1 - featured[row], featured[row]]),
  };
}
