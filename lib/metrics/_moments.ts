/**
 * Sums over galaxies from which the scores of predicted numbers follow, so that a thousand draws of a
 * bootstrap are additions.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import { quantile } from "../statistics.ts";

/** The scores of predicted numbers that follow from sums. */
export const SUMMED_SCORES = [
  "pearson",
  "squaredPearson",
  "rSquared",
  "meanAbsoluteError",
  "meanSquaredError",
  "rootMeanSquaredError",
  "bias",
  "scatter",
] as const;

/** The name of such a score. */
export type SummedScore = typeof SUMMED_SCORES[number];

/** True and predicted numbers of some galaxies; a target that is NaN counts nowhere. */
export type Pair = { target: ArrayLike<number>; prediction: ArrayLike<number> };

/** Sums of a group of values: count, target, prediction, their squares and product, |error|. */
const WIDTH = 7;

/** The sums of each galaxy at each answer, about a common centre, or the squares would lose digits. */
export type Moments = {
  galaxies: number;
  answers: number;
  /** {@linkcode WIDTH} for each answer of each galaxy. */
  sums: Float64Array;
  /** By how much the centre of the predictions is above that of the targets. */
  offset: number;
};

/** The sums of each galaxy at each answer. */
export function momentsOf(answers: readonly Pair[]): Moments {
  const galaxies = answers[0]!.target.length;
  const [t0, p0] = [centreOf(answers, "target"), centreOf(answers, "prediction")];
  const sums = new Float64Array(galaxies * answers.length * WIDTH);
  answers.forEach(({ target, prediction }, answer) => {
    for (let row = 0; row < galaxies; row++) {
      if (Number.isNaN(target[row])) continue;
      const [t, p] = [target[row]! - t0, prediction[row]! - p0];
      const error = Math.abs(prediction[row]! - target[row]!);
      sums.set([1, t, p, t * t, p * p, t * p, error], (row * answers.length + answer) * WIDTH);
    }
  });
  return { galaxies, answers: answers.length, sums, offset: p0 - t0 };
}

function centreOf(answers: readonly Pair[], side: keyof Pair): number {
  let [sum, count] = [0, 0];
  for (const pair of answers) {
    for (let row = 0; row < pair.target.length; row++) {
      if (Number.isNaN(pair.target[row])) continue;
      sum += pair[side][row]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Sums over galaxies that are drawn again with replacement, as often as wanted; each reuses one array. */
export function* drawnSums(
  { galaxies, answers, sums }: Moments,
  { seed, resamples, sample = 0 }: { seed: number; resamples: number; sample?: number },
): Generator<Float64Array> {
  const random = new Prng(seed, [streams.bootstrap, 2, sample]);
  const [order, width] = [new Int32Array(galaxies), answers * WIDTH];
  const total = new Float64Array(width);
  for (let draw = 0; draw < resamples; draw++) {
    random.integers(order, { bound: galaxies });
    total.fill(0);
    for (let i = 0; i < galaxies; i++) {
      const from = order[i]! * width;
      for (let at = 0; at < width; at++) total[at]! += sums[from + at]!;
    }
    yield total;
  }
}

/** The sums over all galaxies. */
export function totalSums({ galaxies, answers, sums }: Moments): Float64Array {
  const width = answers * WIDTH;
  const total = new Float64Array(width);
  for (let i = 0; i < galaxies * width; i++) total[i % width]! += sums[i]!;
  return total;
}

/** The scores of some answers together, from sums, and of how many values; NaN where there is none. */
export function scoresOf(
  sums: Float64Array,
  { answers, offset }: { answers: readonly number[]; offset: number },
): Record<SummedScore | "count", number> {
  const [count, ...rest] = Array.from(
    { length: WIDTH },
    (_, at) => answers.reduce((sum, answer) => sum + sums[answer * WIDTH + at]!, 0),
  ) as [number, ...number[]];
  const [t, p, tt, pp, tp, absolute] = rest.map((sum) => sum / count) as [number, ...number[]];
  const [varianceT, varianceP] = [tt! - t * t, pp! - p! * p!];
  const error = p! - t + offset;
  const scatter = Math.max(0, varianceT + varianceP - 2 * (tp! - t * p!)); // Its square
  const pearson = isSpread(count, varianceT) && isSpread(count, varianceP)
    ? Math.max(-1, Math.min(1, (tp! - t * p!) / Math.sqrt(varianceT * varianceP)))
    : NaN;
  const meanSquaredError = scatter + error * error;
  return {
    count,
    pearson,
    squaredPearson: pearson ** 2,
    rSquared: isSpread(count, varianceT) ? 1 - meanSquaredError / varianceT : NaN,
    meanAbsoluteError: absolute!,
    meanSquaredError,
    rootMeanSquaredError: Math.sqrt(meanSquaredError),
    bias: error,
    scatter: Math.sqrt(scatter),
  };
}

/** Whether numbers of a variance are not all the same, up to roundings of the sums. */
function isSpread(count: number, variance: number): boolean {
  return count > 1 && variance > 1e-14;
}

/** The ends that hold a share of drawn values; none where most draws have no value. */
export function endsOf(
  drawn: Float64Array,
  level: number,
): { low: number; high: number } | undefined {
  const known = drawn.filter((value) => !Number.isNaN(value)).sort();
  if (known.length < drawn.length / 2) return undefined;
  return { low: quantile(known, (1 - level) / 2), high: quantile(known, (1 + level) / 2) };
}
