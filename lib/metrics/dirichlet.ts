/**
 * What the concentrations of a Dirichlet distribution say of vote fractions: the posterior of a network
 * that learnt counts of votes, as Zoobot and the catalogues of DECaLS, DESI and Euclid have it.
 *
 * A galaxy's fractions at a question are drawn from Dirichlet(α₁ … α_K); one fraction alone is drawn
 * from Beta(α_k, A − α_k), A = Σ α. Source: Walmsley et al. 2020, MNRAS 491, 1554; Walmsley et al. 2022,
 * MNRAS 509, 3966, section 4.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { Prng, streams } from "../prng.ts";
import { betaQuantile, logGamma } from "./_beta.ts";

/** Mean and spread of each answer's fraction. */
export type FractionPosterior = {
  /** α_k / A. */
  mean: number;
  /** √(mean (1 − mean) / (A + 1)). */
  deviation: number;
};

/**
 * Mean and standard deviation of the fractions of a question.
 *
 * @param concentrations Those of a galaxy, one an answer
 * @throws {RangeError} When one is not a positive number
 *
 * @example
 * ```ts
 * import { fractionPosterior } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const [smooth, featured] = fractionPosterior([3, 1]);
 * assert.deepEqual([smooth.mean, featured.mean], [0.75, 0.25]);
 * assert.equal(smooth.deviation, Math.sqrt(0.75 * 0.25 / 5));
 * ```
 */
export function fractionPosterior(concentrations: ArrayLike<number>): FractionPosterior[] {
  const total = totalOf(concentrations, { what: "tell fractions" });
  return Array.from(concentrations, (alpha) => {
    const mean = alpha / total;
    return { mean, deviation: Math.sqrt(mean * (1 - mean) / (total + 1)) };
  });
}

/**
 * The ranges that hold each answer's fraction with a probability, as much of the rest below as above:
 * quantiles of Beta(α_k, A − α_k).
 *
 * @param concentrations Those of a galaxy, one an answer
 * @throws {RangeError} When one is not a positive number, or the level is not between 0 and 1
 *
 * @example
 * ```ts
 * import { fractionIntervals } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const [{ low, high }] = fractionIntervals([1, 1], { level: 0.5 }); // Even over [0, 1]
 * assert.ok(Math.abs(low - 0.25) < 1e-12 && Math.abs(high - 0.75) < 1e-12);
 * ```
 */
export function fractionIntervals(
  concentrations: ArrayLike<number>,
  options: {
    /** Probability that the fraction lies in it. @default {0.95} */
    level?: number;
  } = {},
): { low: number; high: number }[] {
  refuseUnknown(options, { level: true }, { what: "tell intervals of fractions" });
  const { level = 0.95 } = options;
  const total = totalOf(concentrations, { what: "tell intervals of fractions" });
  checkLevel(level);
  return Array.from(concentrations, (alpha) => ({
    low: betaQuantile((1 - level) / 2, alpha, total - alpha),
    high: betaQuantile((1 + level) / 2, alpha, total - alpha),
  }));
}

/**
 * The range that holds the number of votes for an answer with a probability of at least `level`, when
 * so many volunteers answer: quantiles of the beta-binomial distribution. It is what real votes can be
 * held against, whose endless crowd nobody knows.
 *
 * @param concentrations Those of a galaxy, one an answer
 * @throws {RangeError} When one is not a positive number, or votes or level are out of range
 *
 * @example
 * ```ts
 * import { voteIntervals } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(voteIntervals([1, 1], { votes: 9, level: 0.7 })[0], { low: 1, high: 8 });
 * assert.deepEqual(voteIntervals([1e6, 1e6], { votes: 2, level: 0.4 })[0], { low: 1, high: 1 });
 * ```
 */
export function voteIntervals(
  concentrations: ArrayLike<number>,
  options: {
    /** Answers that the question gets. */
    votes: number;
    /** @default {0.95} */
    level?: number;
  },
): { low: number; high: number }[] {
  refuseUnknown(options, { votes: true, level: true }, { what: "tell intervals of votes" });
  const { votes, level = 0.95 } = options;
  const total = totalOf(concentrations, { what: "tell intervals of votes" });
  checkLevel(level);
  if (!(Number.isInteger(votes) && votes >= 0)) {
    throw new RangeError(
      `Cannot tell intervals of votes: a whole number of votes is wanted, ${votes} found`,
    );
  }
  return Array.from(concentrations, (alpha) => {
    let [below, low, high] = [0, -1, votes];
    for (let count = 0; count <= votes; count++) {
      below += Math.exp(logProbability([alpha, total - alpha], [count, votes - count]));
      if (low < 0 && below > (1 - level) / 2) low = count;
      if (below >= (1 + level) / 2 - 1e-12) {
        high = count;
        break;
      }
    }
    return { low: Math.max(0, low), high };
  });
}

/**
 * Draws fractions of a question from the posterior of a galaxy.
 *
 * @param concentrations Those of a galaxy, one an answer
 * @returns A row for each draw, which sums to 1
 * @throws {RangeError} When a concentration is not a positive number, or an option is out of range
 *
 * @example
 * ```ts
 * import { sampleFractions } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const draws = sampleFractions([30, 10], { count: 2000, seed: 1 });
 * const mean = draws.reduce((sum, [smooth]) => sum + smooth, 0) / draws.length;
 * assert.ok(Math.abs(mean - 0.75) < 0.01);
 * ```
 */
export function sampleFractions(
  concentrations: ArrayLike<number>,
  options: {
    /** How many draws. */
    count: number;
    /** Any integer. @default {0} */
    seed?: number;
  },
): Float64Array[] {
  refuseUnknown(options, { count: true, seed: true }, { what: "draw fractions" });
  const { count, seed = 0 } = options;
  totalOf(concentrations, { what: "draw fractions" });
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      `Cannot draw fractions: count must be a whole number from 1, ${count} found`,
    );
  }
  const random = new Prng(seed, [streams.posterior]);
  return Array.from({ length: count }, () => {
    // Logarithms: numbers of a tiny concentration are below what a double holds
    const logs = Float64Array.from(concentrations, (alpha) => logGammaDraw(alpha, random));
    const highest = logs.reduce((most, value) => Math.max(most, value));
    const parts = logs.map((value) => Math.exp(value - highest));
    const total = parts.reduce((sum, value) => sum + value, 0);
    return parts.map((value) => value / total);
  });
}

/**
 * The logarithm of a number drawn from Gamma(α, 1). Marsaglia and Tsang 2000, ACM Transactions on
 * Mathematical Software 26, 363; below 1 by a draw for α + 1 times a power of a uniform one.
 */
function logGammaDraw(alpha: number, random: Prng): number {
  if (alpha < 1) {
    return logGammaDraw(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  }
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return Math.log(d * v);
    }
  }
}

/**
 * The logarithm of the probability of the votes at a question, when fractions are drawn from
 * Dirichlet(α) and votes from them: the Dirichlet-multinomial distribution, with the multinomial
 * coefficient. 0 without votes. Its mean over galaxies that were held out says how good posteriors are.
 *
 * `ln Γ(A) + ln Γ(N + 1) − ln Γ(A + N) + Σ_k [ln Γ(α_k + n_k) − ln Γ(α_k) − ln Γ(n_k + 1)]`
 *
 * @throws {TypeError} When there are not as many concentrations as counts
 * @throws {RangeError} When a concentration is not a positive number, or a count is below 0
 *
 * @example
 * ```ts
 * import { voteLogProbability } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * // Any of 0, 1 and 2 votes is as probable
 * const value = voteLogProbability({ concentrations: [1, 1], counts: [2, 0] });
 * assert.ok(Math.abs(value - Math.log(1 / 3)) < 1e-12);
 * ```
 */
export function voteLogProbability(
  votes: { concentrations: ArrayLike<number>; counts: ArrayLike<number> },
): number {
  refuseUnknown(votes, { concentrations: true, counts: true }, { what: "compare votes" });
  const { concentrations, counts } = votes;
  totalOf(concentrations, { what: "compare votes" });
  if (concentrations.length !== counts.length) {
    throw new TypeError(
      `Cannot compare votes: ${concentrations.length} concentrations and ${counts.length} counts`,
    );
  }
  const wrong = Array.from(counts).find((count) => !(count >= 0 && count < Infinity));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot compare votes: a count must be at least 0, ${wrong} found`);
  }
  return logProbability(concentrations, counts);
}

function logProbability(alphas: ArrayLike<number>, counts: ArrayLike<number>): number {
  let [alpha, votes, sum] = [0, 0, 0];
  for (let k = 0; k < counts.length; k++) {
    alpha += alphas[k]!;
    votes += counts[k]!;
    sum += logGamma(alphas[k]! + counts[k]!) - logGamma(alphas[k]!) - logGamma(counts[k]! + 1);
  }
  if (votes === 0) return 0;
  return sum + logGamma(alpha) + logGamma(votes + 1) - logGamma(alpha + votes);
}

/** A, of concentrations that are sound. */
function totalOf(concentrations: ArrayLike<number>, { what }: { what: string }): number {
  if (concentrations.length < 2) {
    throw new RangeError(
      `Cannot ${what}: a question has two answers or more, ${concentrations.length} concentrations found`,
    );
  }
  let total = 0;
  for (let k = 0; k < concentrations.length; k++) {
    if (!(concentrations[k]! > 0 && concentrations[k]! < Infinity)) {
      throw new RangeError(
        `Cannot ${what}: concentrations must be positive numbers, number ${k} is ${
          concentrations[k]
        }`,
      );
    }
    total += concentrations[k]!;
  }
  return total;
}

function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new RangeError(`Cannot tell intervals: level is ${level}, wanted a number between 0 and 1`);
}
