/**
 * Settings of the samplers, under diffusers' names in camel case, and what each may be.
 *
 * @module
 */

import { type Interval, refuseOther, refuseOutside } from "../options.ts";
import type { NoiseScheduleOptions } from "./noise_schedule.ts";
import type { PredictionType } from "./prediction.ts";

/** All settings there are; each sampler has some of them. */
export type SamplerSettings = Required<NoiseScheduleOptions> & {
  /** What the network predicts. */
  predictionType: PredictionType;
  /**
   * Which of the timesteps a run calls the network at: from the first to the last (`linspace`), whole
   * strides from the first on (`leading`) or from the last back (`trailing`: the one for a schedule that
   * ends in pure noise). Lin et al. 2024, arXiv:2305.08891, table 2.
   */
  timestepSpacing: "linspace" | "leading" | "trailing";
  /** Added to leading timesteps: 1 for Stable Diffusion. */
  stepsOffset: number;
  /** Whether noise levels are spaced as by Karras et al. 2022 (arXiv:2206.00364), equation 5, ρ = 7. */
  useKarrasSigmas: boolean;
  /** Where a run ends: in no noise, or at the least level of the schedule. */
  finalSigmasType: "zero" | "sigma_min";
  /** Whether a run ends in no noise at all, or at the first timestep's level. */
  setAlphaToOne: boolean;
  /** Whether predicted images are cut off at plus and minus `clipSampleRange`: for pixels, not latents. */
  clipSample: boolean;
  clipSampleRange: number;
  /** Whether predicted images are cut off at a quantile of their own values: for pixels, not latents. */
  thresholding: boolean;
  /** That quantile. */
  dynamicThresholdingRatio: number;
  /** The most that it may be. */
  sampleMaxValue: number;
  /** How much noise DDPM draws: the variance of equation 7 of its paper, or β. */
  varianceType: "fixed_small" | "fixed_small_log" | "fixed_large";
  /** How much noise DDIM draws: none, or with 1 as much as DDPM. Not in diffusers' files. */
  eta: number;
  /** How many outputs of the network a step is made of, at most. */
  solverOrder: number;
  /** DPM-Solver++, or its variant that draws noise. */
  algorithmType: "dpmsolver++" | "sde-dpmsolver++";
  /** Of DPM-Solver++: midpoint or heun. Of UniPC, which B(h): bh1 for few steps, or bh2. */
  solverType: "midpoint" | "heun" | "bh1" | "bh2";
  /** Whether the last steps are of lower order, which is steadier (DPM-Solver++: below 15 steps). */
  lowerOrderFinal: boolean;
  /** Whether the last step is of first order however many there are. */
  eulerAtFinal: boolean;
  /** Whether to do without the Runge-Kutta steps in the beginning. */
  skipPrkSteps: boolean;
  /** Makes noise levels of a flow higher, for larger images: σ' = sσ/(1 + (s - 1)σ). */
  shift: number;
  /**
   * Whether a flow's steps draw all their noise anew, for networks made to see an image in one call; others'
   * images come out too alike.
   */
  stochasticSampling: boolean;
};

/** The name of a setting. */
export type SettingName = keyof SamplerSettings;

const INTERVALS: { [name in SettingName]?: Interval } = {
  stepsOffset: "whole [0, ∞)",
  clipSampleRange: "(0, ∞)",
  dynamicThresholdingRatio: "[0, 1]",
  sampleMaxValue: "[1, ∞)",
  eta: "[0, 1]",
  solverOrder: "whole [1, 3]",
  shift: "(0, ∞)",
};

const WORDS: { [name in SettingName]?: readonly string[] } = {
  predictionType: ["epsilon", "v_prediction", "sample"],
  timestepSpacing: ["linspace", "leading", "trailing"],
  finalSigmasType: ["zero", "sigma_min"],
  varianceType: ["fixed_small", "fixed_small_log", "fixed_large"],
  algorithmType: ["dpmsolver++", "sde-dpmsolver++"],
  solverType: ["midpoint", "heun"],
};

/**
 * Refuses settings out of their range. Those of the noise schedule it checks itself.
 *
 * @param options `words`: of settings that may be fewer things, or others, than usual
 * @throws {RangeError} Naming the setting and what was found
 * @throws {TypeError} For a switch that is neither true nor false
 */
export function checkSettings(
  settings: Partial<SamplerSettings>,
  { what, defaults, words = {} }: {
    what: string;
    defaults: Partial<SamplerSettings>;
    words?: { readonly [name in SettingName]?: readonly string[] };
  },
): void {
  for (const name of Object.keys(defaults) as SettingName[]) {
    const [interval, choices] = [INTERVALS[name], words[name] ?? WORDS[name]];
    if (interval) refuseOutside(settings, { [name]: interval }, { what });
    if (choices) refuseOther({ [name]: settings[name] }, { [name]: choices }, { what });
    if (typeof defaults[name] !== "boolean" || typeof settings[name] === "boolean") continue;
    throw new TypeError(
      `Cannot ${what}: ${name} must be true or false, found ${JSON.stringify(settings[name])}`,
    );
  }
}
