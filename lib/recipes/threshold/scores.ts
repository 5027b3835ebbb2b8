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
import type { HeldOut } from "./held_out.ts";

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

/** How often classes are told rightly. */
export type ClassScores = {
  /** Of all galaxies with a class, where the likelier class is told. */
  accuracy: Interval;
  /**
   * The mean of both classes' parts, where "featured" is told of galaxies for which it is likelier
   * than it was in training: as if both classes had been equally frequent there, so that the mixture
   * that a threshold leaves makes no difference.
   */
  balanced: Interval;
  /** Part of the smooth ones that is told rightly then. */
  smooth: Interval;
  featured: Interval;
};

/**
 * For each galaxy with a class, the part of the repetitions that tells it rightly; else NaN.
 *
 * @param options `balanced`: as if both classes had been equally frequent in training
 */
export function rightness(
  labels: Int32Array,
  repetitions: readonly HeldOut[],
  { balanced }: { balanced: boolean },
): Float64Array {
  const isRight = ({ featured, learnt }: HeldOut, row: number) =>
    (featured[row] > (balanced ? learnt[row] : 0.5) ? 1 : 0) === labels[row];
  return Float64Array.from(
    labels,
    (label, row) =>
      label < 0 ? NaN : repetitions.filter((own) => isRight(own, row)).length / repetitions.length,
  );
}

/**
 * How often the classes of labelled galaxies are told rightly, in the mean over repetitions. A galaxy
 * counts once, however often it was asked about. The interval of the mean of both classes is put
 * together of Wilson's of each (Zou and Donner 2008, Statistics in Medicine 27:1693).
 *
 * @returns null where a class has under five galaxies
 */
export function scoresOn(
  labels: Int32Array,
  repetitions: readonly HeldOut[],
): ClassScores | null {
  const [plain, right] = [false, true].map((balanced) =>
    rightness(labels, repetitions, { balanced })
  );
  const of = (_: number, row: number) => right[row];
  const part = (which: number) =>
    shareOf(labels, { of, where: (label) => label === which, least: LEAST_TRIALS });
  const [smooth, featured] = [part(0), part(1)];
  if (smooth === null || featured === null) return null;
  const value = (smooth.value + featured.value) / 2;
  const half = (end: "low" | "high") =>
    Math.hypot(smooth[end] - smooth.value, featured[end] - featured.value) / 2;
  return {
    accuracy: shareOf(labels, { of: (_, row) => plain[row] })!,
    balanced: { value, low: value - half("low"), high: value + half("high"), level: smooth.level },
    smooth,
    featured,
  };
}

/**
 * The expected calibration error, in the mean over repetitions. Drawing galaxies again makes it
 * larger on average, so that the interval has the width of the bootstrap's about the value.
 */
export function calibrationErrorOn(
  labels: Int32Array,
  repetitions: readonly HeldOut[],
  { seed }: { seed: number },
): Interval | null {
  const samples = repetitions.map(({ featured }) => labelledPairs(labels, featured));
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
