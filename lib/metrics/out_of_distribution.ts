/**
 * Telling galaxies of another kind from those that a network was trained on: scores that are high
 * where it should not be trusted, and how well they tell the two apart.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkNumbers, type Numbers } from "./_numbers.ts";
import { bootstrapInterval, type Interval } from "./bootstrap.ts";
import { rocCurve } from "./curves.ts";

/** Features of galaxies, a row each. */
export type FeatureRows = readonly ArrayLike<number>[];

/**
 * The distance of each galaxy to its k-th nearest one among known galaxies. With features of length 1
 * it is the score of Sun et al. 2022, arXiv:2204.06507.
 *
 * Every pair is compared: n · m · d steps.
 *
 * @param samples What is asked for, a row each. Rows that are among the known ones, the same arrays,
 *   do not count as their own neighbours
 * @throws {TypeError} When rows are not as long as each other
 * @throws {RangeError} When there are fewer known galaxies than k, or a number is not finite
 *
 * @example
 * ```ts
 * import { neighbourDistances } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const known = [[0, 0], [1, 0], [0, 1]];
 * assert.deepEqual([...neighbourDistances([[0, 0], [3, 4]], { known, k: 1 })], [0, Math.sqrt(18)]);
 * assert.deepEqual([...neighbourDistances(known, { known, k: 1 })], [1, 1, 1]);
 * ```
 */
export function neighbourDistances(
  samples: FeatureRows,
  options: {
    known: FeatureRows;
    /** @default {10} */
    k?: number;
    /** Whether rows are first scaled to length 1. @default {false} */
    normalize?: boolean;
  },
): Float64Array {
  refuseUnknown(options, { known: true, k: true, normalize: true }, { what: "find neighbours" });
  const { known, k = 10, normalize = false } = options;
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new RangeError(`Cannot find neighbours: k must be a whole number from 1, ${k} found`);
  }
  const width = known[0]?.length ?? 0;
  const [a, b] = [known, samples].map((rows) => packed(rows, { width, normalize }));
  return Float64Array.from(samples, (row, i) => {
    const nearest: number[] = []; // The k smallest squares so far, rising
    for (let j = 0; j < known.length; j++) {
      if (known[j] === row) continue;
      const most = nearest.length < k ? Infinity : nearest[k - 1]!;
      let square = 0;
      for (let at = 0; at < width && square < most; at++) {
        square += (a![j * width + at]! - b![i * width + at]!) ** 2;
      }
      if (square >= most) continue;
      let place = nearest.length;
      while (place > 0 && nearest[place - 1]! > square) place--;
      nearest.splice(place, 0, square);
      if (nearest.length > k) nearest.pop();
    }
    if (nearest.length === k) return Math.sqrt(nearest[k - 1]!);
    throw new RangeError(
      `Cannot find neighbours: ${nearest.length} known galaxies are there beside the own one, ${k} are wanted`,
    );
  });
}

/**
 * The Mahalanobis distance of each galaxy from the known ones: from their mean, in units of their
 * spread along each direction, `√((x − μ)ᵀ Σ⁻¹ (x − μ))`. Lee et al. 2018, arXiv:1807.03888, of one
 * class.
 *
 * The covariance is shrunk towards a multiple of the unit matrix by as much as its errors are worth
 * (Ledoit and Wolf 2004, Journal of Multivariate Analysis 88, 365; scikit-learn's `LedoitWolf`):
 * fractions that sum to 1 have none that could be inverted, nor have more features than galaxies.
 *
 * @throws {TypeError} When rows are not as long as each other
 * @throws {RangeError} When there are fewer than two known galaxies, all are the same, or a number is
 *   not finite
 *
 * @example
 * ```ts
 * import { mahalanobisDistances } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const known = Array.from({ length: 200 }, (_, i) => [10 * Math.sin(i), Math.cos(i)]);
 * const [along, across] = mahalanobisDistances([[5, 0], [0, 5]], { known });
 * assert.ok(along < 1 && across > 3);
 * ```
 */
export function mahalanobisDistances(
  samples: FeatureRows,
  options: { known: FeatureRows },
): Float64Array {
  refuseUnknown(options, { known: true }, { what: "measure distances" });
  const { known } = options;
  const width = known[0]?.length ?? 0;
  if (known.length < 2) {
    throw new RangeError(
      `Cannot measure distances: two known galaxies or more are wanted, ${known.length} found`,
    );
  }
  const rows = packed(known, { width });
  const centre = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) centre[i % width]! += rows[i]! / known.length;
  for (let i = 0; i < rows.length; i++) rows[i]! -= centre[i % width]!;
  const root = cholesky(shrunkCovariance(rows, width), width);
  const others = packed(samples, { width });
  return Float64Array.from(samples, (_, i) => {
    const solved = new Float64Array(width); // L y = x − μ, whose length it is
    let square = 0;
    for (let r = 0; r < width; r++) {
      let value = others[i * width + r]! - centre[r]!;
      for (let c = 0; c < r; c++) value -= root[r * width + c]! * solved[c]!;
      solved[r] = value / root[r * width + r]!;
      square += solved[r]! ** 2;
    }
    return Math.sqrt(square);
  });
}

/** The covariance of centred rows, shrunk. */
function shrunkCovariance(rows: Float64Array, width: number): Float64Array {
  const count = rows.length / width;
  const covariance = new Float64Array(width * width);
  let fourth = 0; // Σ |x|⁴
  for (let row = 0; row < count; row++) {
    let square = 0;
    for (let r = 0; r < width; r++) {
      const value = rows[row * width + r]!;
      square += value * value;
      for (let c = 0; c <= r; c++) covariance[r * width + c]! += value * rows[row * width + c]!;
    }
    fourth += square * square;
  }
  let [squares, trace] = [0, 0];
  for (let r = 0; r < width; r++) {
    for (let c = 0; c <= r; c++) {
      const value = covariance[r * width + c]! / count;
      covariance[r * width + c] = covariance[c * width + r] = value;
      squares += (r === c ? 1 : 2) * value * value;
      if (r === c) trace += value;
    }
  }
  if (trace === 0) {
    throw new RangeError("Cannot measure distances: the known galaxies are all the same");
  }
  const mu = trace / width;
  const delta = squares - mu * trace; // |S − μ I|²
  const beta = Math.min((fourth / count - squares) / count, delta);
  const shrinkage = delta === 0 ? 0 : beta / delta;
  for (let r = 0; r < width; r++) {
    for (let c = 0; c < width; c++) covariance[r * width + c]! *= 1 - shrinkage;
    covariance[r * width + r]! += shrinkage * mu;
  }
  return covariance;
}

/** The lower triangle L of which L Lᵀ is the matrix. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const root = new Float64Array(width * width);
  for (let r = 0; r < width; r++) {
    for (let c = 0; c <= r; c++) {
      let value = matrix[r * width + c]!;
      for (let at = 0; at < c; at++) value -= root[r * width + at]! * root[c * width + at]!;
      if (r > c) root[r * width + c] = value / root[c * width + c]!;
      else if (value > 0) root[r * width + r] = Math.sqrt(value);
      else {
        throw new RangeError(
          "Cannot measure distances: the features do not vary in every direction; leave out those that are constant",
        );
      }
    }
  }
  return root;
}

/**
 * How undecided a network is about each galaxy: the entropy of the fractions that it predicts, in
 * nats, as a mean over the questions, each divided by its highest, ln K. From 0, where one answer of
 * each question gets all, to 1.
 *
 * @param prediction A list an answer, and in each a number a galaxy
 * @param options `questions`: places of the answers of each question
 * @throws {RangeError} When a fraction is below 0, or a question has fewer than two answers
 *
 * @example
 * ```ts
 * import { predictionEntropy } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const [smooth, featured] = [[1, 0.5], [0, 0.5]];
 * const values = predictionEntropy([smooth, featured], { questions: [[0, 1]] });
 * assert.deepEqual([...values], [0, 1]);
 * ```
 */
export function predictionEntropy(
  prediction: readonly Numbers[],
  options: { questions: readonly (readonly number[])[] },
): Float64Array {
  refuseUnknown(options, { questions: true }, { what: "tell entropies" });
  const { questions } = options;
  const few = questions.find((answers) => answers.length < 2);
  if (few !== undefined || questions.length === 0) {
    throw new RangeError(
      `Cannot tell entropies: questions of two answers or more are wanted, ${
        questions.length === 0 ? "none" : `one of ${few!.length}`
      } found`,
    );
  }
  const columns = checkNumbers(
    "entropies",
    Object.fromEntries(prediction.map((values, at) => [`prediction ${at}`, values])),
  );
  const values = prediction.map((_, at) => columns[`prediction ${at}`]!);
  return Float64Array.from(values[0]!, (_, row) => {
    const each = questions.map((answers) => {
      const fractions = answers.map((at) => values[at]![row]!);
      const below = fractions.find((fraction) => fraction < 0);
      if (below !== undefined) {
        throw new RangeError(`Cannot tell entropies: galaxy ${row} has a fraction of ${below}`);
      }
      const total = fractions.reduce((sum, value) => sum + value, 0);
      if (total === 0) return 1; // Nothing is told of it
      const entropy = fractions.reduce((sum, value) => {
        const p = value / total;
        return p > 0 ? sum - p * Math.log(p) : sum;
      }, 0);
      return entropy / Math.log(answers.length);
    });
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  });
}

/** How well a score tells galaxies of another kind. */
export type Detection = {
  /** The probability that one of another kind scores higher; 0.5 is chance. */
  auroc: Interval;
  /** The share of known ones that is given away where 95 % of the others are found. */
  falsePositiveRate: number;
};

/**
 * Compares a score of galaxies that are like those of the training with that of others.
 *
 * @param scores `inside`: of galaxies as the network knows them, not those it was trained on
 * @throws {RangeError} When there are none of one, or a score is not finite
 *
 * @example
 * ```ts
 * import { outlierDetection } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const { auroc, falsePositiveRate } = outlierDetection({
 *   inside: [1, 2, 3, 4],
 *   outside: [3.5, 5, 6, 7],
 * });
 * assert.equal(auroc.value, 15 / 16);
 * assert.equal(falsePositiveRate, 1 / 4);
 * ```
 */
export function outlierDetection(
  scores: { inside: Numbers; outside: Numbers },
  options: {
    /** Any integer. @default {0} */
    seed?: number;
    /** Draws of the bootstrap, which keeps the number of each. @default {500} */
    resamples?: number;
  } = {},
): Detection {
  refuseUnknown(options, { seed: true, resamples: true }, { what: "tell outliers" });
  const { seed, resamples = 500 } = options;
  const [inside, outside] = (["inside", "outside"] as const).map((name) =>
    Array.from(checkNumbers("how well outliers are told", { [name]: scores[name] })[name]!)
  );
  const target = [...inside!.map(() => 0), ...outside!.map(() => 1)];
  const score = [...inside!, ...outside!];
  const { points } = rocCurve({ target, score });
  return {
    auroc: bootstrapInterval({ target, score }, {
      metric: (drawn) => rocCurve(drawn).area,
      strata: target,
      ...{ seed, resamples },
    }),
    falsePositiveRate: points.find(({ truePositiveRate }) => truePositiveRate >= 0.95)!
      .falsePositiveRate,
  };
}

/** Rows one after the other, checked. */
function packed(
  rows: FeatureRows,
  { width, normalize = false }: { width: number; normalize?: boolean },
): Float64Array {
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    if (row.length !== width || width === 0) {
      throw new TypeError(
        `Cannot compare galaxies: row ${i} has ${row.length} features, the known ones ${width}`,
      );
    }
    let square = 0;
    for (let at = 0; at < width; at++) {
      if (!Number.isFinite(row[at])) {
        throw new RangeError(`Cannot compare galaxies: feature ${at} of row ${i} is ${row[at]}`);
      }
      square += row[at]! ** 2;
    }
    const scale = normalize && square > 0 ? 1 / Math.sqrt(square) : 1;
    for (let at = 0; at < width; at++) values[i * width + at] = row[at]! * scale;
  });
  return values;
}
