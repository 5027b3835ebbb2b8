/**
 * Noise levels as deviations σ of the noise on an image that keeps its size: what Karras et al. 2022
 * (arXiv:2206.00364) call σ(t), √((1 - ᾱ)/ᾱ) of a noise schedule (their table 1, VP's σ(t)).
 *
 * @module
 */

import { noiseSchedule } from "./noise_schedule.ts";
import { scheduleOptions } from "./sampler.ts";
import { roundHalfToEven, spacedTimesteps } from "./_timesteps.ts";
import type { SamplerSettings } from "./settings.ts";

/** σ of each timestep, rising. Where the schedule ends in pure noise it is 4096, not infinite. */
function scheduleSigmas(settings: Parameters<typeof scheduleOptions>[0]): Float64Array {
  const { alphasCumprod } = noiseSchedule(scheduleOptions(settings));
  return alphasCumprod.map((left) => {
    const share = left === 0 ? 2 ** -24 : left;
    return Math.sqrt((1 - share) / share);
  });
}

/** σ at a time between timesteps. */
function sigmaAt(sigmas: Float64Array, timestep: number): number {
  const low = Math.min(Math.floor(timestep), sigmas.length - 1);
  const high = Math.min(low + 1, sigmas.length - 1);
  return sigmas[low]! + (sigmas[high]! - sigmas[low]!) * (timestep - low);
}

/** The time at which a schedule has that σ, log σ being straight between timesteps. */
function timestepAt(sigmas: Float64Array, sigma: number): number {
  const above = sigmas.findIndex((of) => of > sigma);
  const high = above < 0 ? sigmas.length - 1 : Math.max(above, 1);
  const [from, to] = [Math.log(sigmas[high - 1]!), Math.log(sigmas[high]!)];
  const share = (Math.log(Math.max(sigma, 1e-10)) - from) / (to - from);
  return high - 1 + Math.min(Math.max(share, 0), 1);
}

/** Levels between two, falling, denser at the lower end (Karras et al. 2022, equation 5, ρ = 7). */
function karrasSigmas(
  { from, to, steps }: { from: number; to: number; steps: number },
): number[] {
  const ρ = 7;
  const [first, last] = [from ** (1 / ρ), to ** (1 / ρ)];
  return Array.from(
    { length: steps },
    (_, i) => (first + (steps === 1 ? 0 : i / (steps - 1)) * (last - first)) ** ρ,
  );
}

type Run =
  & Parameters<typeof scheduleOptions>[0]
  & Pick<SamplerSettings, "numTrainTimesteps" | "timestepSpacing" | "stepsOffset">
  & Partial<Pick<SamplerSettings, "useKarrasSigmas" | "finalSigmasType">>;

/** Noise levels of a run: of each step, and that it ends in. */
type Levels = { timesteps: number[]; sigmas: number[] };

/** Those of the samplers of Karras et al.: times may lie between timesteps. */
export function continuousSigmas(run: Run, { steps }: { steps: number }): Levels {
  const schedule = scheduleSigmas(run);
  const timesteps = spacedTimesteps(run, { steps, isRounded: false });
  const sigmas = timesteps.map((timestep) => sigmaAt(schedule, timestep));
  const last = run.finalSigmasType === "sigma_min" ? schedule[0]! : 0;
  if (!run.useKarrasSigmas) return { timesteps, sigmas: [...sigmas, last] };
  const denser = karrasSigmas({ from: sigmas[0]!, to: sigmas.at(-1)!, steps });
  return {
    timesteps: denser.map((sigma) => timestepAt(schedule, sigma)),
    sigmas: [...denser, last],
  };
}

/**
 * Those of the multistep solvers: a run of so many steps goes over one level more, the last of which is
 * the first timestep's or, as that is hardly any, no noise.
 */
export function multistepSigmas(
  run: Run,
  { steps, wholeTimestep = roundHalfToEven }: {
    steps: number;
    wholeTimestep?: (timestep: number) => number;
  },
): Levels {
  const schedule = scheduleSigmas(run);
  const last = run.finalSigmasType === "sigma_min" ? schedule[0]! : 0;
  if (run.useKarrasSigmas) {
    const denser = karrasSigmas({ from: schedule.at(-1)!, to: schedule[0]!, steps });
    return {
      timesteps: denser.map((sigma) => wholeTimestep(timestepAt(schedule, sigma))),
      sigmas: [...denser, last],
    };
  }
  const timesteps = spacedTimesteps(run, { steps, points: steps + 1 });
  return { timesteps, sigmas: [...timesteps.map((timestep) => schedule[timestep]!), last] };
}

/** Those of a flow, where σ is the share of the noise: from noise alone to nearly none. */
export function flowSigmas(
  { numTrainTimesteps, shift }: Pick<SamplerSettings, "numTrainTimesteps" | "shift">,
  { steps }: { steps: number },
): number[] {
  const shifted = (sigma: number) => shift * sigma / (1 + (shift - 1) * sigma);
  const least = shifted(1 / numTrainTimesteps); // and shifted once more, as in diffusers
  return Array.from(
    { length: steps },
    (_, i) => shifted(1 + (steps === 1 ? 0 : i / (steps - 1)) * (least - 1)),
  );
}

/** What pure noise is multiplied with, where σ is that of an image that keeps its size. */
export function noiseScaleOf(sigmas: readonly number[], { timestepSpacing }: Run): number {
  // Leading steps leave out the noisiest levels: there the image has a share in the variance
  return timestepSpacing === "leading" ? Math.hypot(sigmas[0]!, 1) : sigmas[0]!;
}
