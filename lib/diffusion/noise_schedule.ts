/**
 * Noise schedules: how much of an image is left at each timestep.
 *
 * | here            | Ho et al. 2020 (arXiv:2006.11239)      |
 * | --------------- | -------------------------------------- |
 * | `betas`         | β_t, variance added at a step (eq. 2)  |
 * | `alphasCumprod` | ᾱ_t = ∏(1 - β), what is left (eq. 4)   |
 * | `timesteps`     | t, from 0 here and from 1 in the paper |
 *
 * @module
 */

import { refuseOther, refuseOutside, refuseUnknown } from "../options.ts";

/**
 * The betas: a line; the square of a line (Stable Diffusion's); or such that ᾱ falls as a squared
 * cosine (Nichol and Dhariwal 2021, arXiv:2102.09672, equation 17). In diffusers' words.
 */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2";

/** Settings of {@linkcode noiseSchedule}. */
export type NoiseScheduleOptions = {
  /** How many timesteps the network is trained on. @default {1000} */
  numTrainTimesteps?: number;
  /** The first beta, in (0, 1); the cosine has its own. @default {0.0001} */
  betaStart?: number;
  /** The last one. @default {0.02} */
  betaEnd?: number;
  /** @default {"linear"} */
  betaSchedule?: BetaSchedule;
  /** The betas themselves, in place of the above. @default {null} */
  trainedBetas?: readonly number[] | null;
  /**
   * Whether to shift the schedule so that nothing is left of the image at the last timestep (Lin et
   * al. 2024, arXiv:2305.08891, algorithm 1): else its mean brightness remains. @default {false}
   */
  rescaleBetasZeroSnr?: boolean;
};

/** How much of an image is left at each timestep, in float64. */
export type NoiseSchedule = {
  readonly betas: Float64Array;
  /** Of the variance of the noisy image, the share that is the image's, ᾱ: falling, in [0, 1). */
  readonly alphasCumprod: Float64Array;
};

const WHAT = { what: "make a noise schedule" };

/**
 * A noise schedule.
 *
 * @throws {RangeError} For an option that there is not, or one out of its range
 *
 * @example Stable Diffusion 1.5
 * ```ts
 * import { noiseSchedule } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const { alphasCumprod } = noiseSchedule({
 *   betaSchedule: "scaled_linear",
 *   betaStart: 0.00085,
 *   betaEnd: 0.012,
 * });
 * assert.equal(alphasCumprod[0], 0.99915);
 * assert.equal(alphasCumprod[999]!.toFixed(8), "0.00466010");
 * ```
 */
export function noiseSchedule(options: NoiseScheduleOptions = {}): NoiseSchedule {
  refuseUnknown(options, {
    numTrainTimesteps: true,
    betaStart: true,
    betaEnd: true,
    betaSchedule: true,
    trainedBetas: true,
    rescaleBetasZeroSnr: true,
  }, WHAT);
  const {
    numTrainTimesteps = 1000,
    betaStart = 0.0001,
    betaEnd = 0.02,
    betaSchedule = "linear",
    trainedBetas = null,
    rescaleBetasZeroSnr = false,
  } = options;
  refuseOutside({ numTrainTimesteps, betaStart, betaEnd }, {
    numTrainTimesteps: "whole [2, ∞)",
    betaStart: "(0, 1)",
    betaEnd: "(0, 1)",
  }, WHAT);
  refuseOther({ betaSchedule }, {
    betaSchedule: ["linear", "scaled_linear", "squaredcos_cap_v2"],
  }, WHAT);
  if (trainedBetas !== null) checkBetas(trainedBetas, numTrainTimesteps);
  const betas = trainedBetas !== null
    ? Float64Array.from(trainedBetas)
    : makeBetas[betaSchedule]({ betaStart, betaEnd, length: numTrainTimesteps });
  const alphasCumprod = cumulated(betas);
  if (!rescaleBetasZeroSnr) return { betas, alphasCumprod };
  const rescaled = zeroAtTheEnd(alphasCumprod);
  return {
    betas: rescaled.map((left, t) => 1 - left / (rescaled[t - 1] ?? 1)),
    alphasCumprod: rescaled,
  };
}

type Line = { betaStart: number; betaEnd: number; length: number };

const makeBetas: Record<BetaSchedule, (line: Line) => Float64Array> = {
  linear: ({ betaStart, betaEnd, length }) => line(betaStart, betaEnd, { length }),
  scaled_linear: ({ betaStart, betaEnd, length }) =>
    line(Math.sqrt(betaStart), Math.sqrt(betaEnd), { length }).map((root) => root * root),
  squaredcos_cap_v2({ length }) {
    const left = (share: number) => Math.cos((share + 0.008) / 1.008 * Math.PI / 2) ** 2;
    return Float64Array.from(
      { length },
      (_, t) => Math.min(1 - left((t + 1) / length) / left(t / length), 0.999),
    );
  },
};

function line(from: number, to: number, { length }: { length: number }): Float64Array {
  return Float64Array.from({ length }, (_, i) => from + (to - from) * i / (length - 1));
}

function cumulated(betas: Float64Array): Float64Array {
  let left = 1;
  return betas.map((beta) => left *= 1 - beta);
}

/** √ᾱ shifted so that it ends in 0, and scaled so that it begins as before. */
function zeroAtTheEnd(alphasCumprod: Float64Array): Float64Array {
  const signals = alphasCumprod.map(Math.sqrt);
  const [first, last] = [signals[0]!, signals.at(-1)!];
  return signals.map((signal) => ((signal - last) * first / (first - last)) ** 2);
}

function checkBetas(betas: readonly number[], length: number): void {
  if (betas.length !== length) {
    throw new RangeError(
      `Cannot make a noise schedule: trainedBetas must be as many as numTrainTimesteps, ${length}, found ${betas.length}`,
    );
  }
  for (const [t, beta] of betas.entries()) {
    refuseOutside({ [`trainedBetas[${t}]`]: beta }, { [`trainedBetas[${t}]`]: "(0, 1)" }, WHAT);
  }
}
