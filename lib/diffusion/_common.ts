/**
 * Settings that several samplers share, as they are in diffusers unless told otherwise.
 *
 * @module
 */

import type { Limit } from "./_limits.ts";
import type { NoiseScheduleOptions } from "./noise_schedule.ts";
import type { SamplerSettings } from "./settings.ts";

/** The noise schedule. */
export const SCHEDULE: Omit<Required<NoiseScheduleOptions>, "rescaleBetasZeroSnr"> = {
  numTrainTimesteps: 1000,
  betaStart: 0.0001,
  betaEnd: 0.02,
  betaSchedule: "linear",
  trainedBetas: null,
};

/** Dynamic thresholding. */
export const LIMITS = { thresholding: false, dynamicThresholdingRatio: 0.995, sampleMaxValue: 1 };

/** Sigmas of other spacings, which no sampler here has. */
export const OTHER_SIGMAS = { use_exponential_sigmas: false, use_beta_sigmas: false };

/** What a predicted image may not exceed. */
export function limitOf(
  settings: Partial<SamplerSettings>,
): Limit | undefined {
  if (settings.thresholding) {
    return {
      quantile: settings.dynamicThresholdingRatio!,
      maximum: settings.sampleMaxValue!,
    };
  }
  return settings.clipSample ? { clip: settings.clipSampleRange! } : undefined;
}
