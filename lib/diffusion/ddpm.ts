/**
 * DDPM: ancestral sampling (Ho, Jain and Abbeel 2020, "Denoising diffusion probabilistic models",
 * arXiv:2006.11239, algorithm 2).
 *
 * | here            | paper                                                       |
 * | --------------- | ----------------------------------------------------------- |
 * | `left`, `after` | ᾱ_t, ᾱ_{t-1}; the next timestep of the run stands for t - 1 |
 * | `alpha`, `beta` | α_t, β_t = 1 - α_t, from one to the other                   |
 * | `image`         | x̂₀ (equation 15, limited)                                  |
 * | `next`          | μ̃_t(x_t, x̂₀) + σ_t z (equation 7)                         |
 * | `variance`      | β̃_t (`fixed_small`) or β_t (`fixed_large`), section 3.2    |
 *
 * @module
 */

import { limitOf, LIMITS, SCHEDULE } from "./_common.ts";
import { spacedTimesteps } from "./_timesteps.ts";
import { noiseSchedule } from "./noise_schedule.ts";
import { levelOfAlpha } from "./prediction.ts";
import { samplerMaker, scheduleOptions } from "./sampler.ts";

/**
 * DDPM's sampler: draws noise at each step, wants many steps.
 *
 * @example
 * ```ts
 * import { ddpm } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ddpm().plan({ steps: 4 }).timesteps, [750, 500, 250, 0]);
 * ```
 */
export const ddpm = samplerMaker({
  name: "ddpm",
  className: "DDPMScheduler",
  defaults: {
    ...SCHEDULE,
    ...LIMITS,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    clipSample: true,
    clipSampleRange: 1,
    timestepSpacing: "leading",
    stepsOffset: 0,
    varianceType: "fixed_small",
  },
  plan(settings, { steps, skipped }) {
    const { alphasCumprod } = noiseSchedule(scheduleOptions(settings));
    const timesteps = spacedTimesteps(settings, { steps });
    const calls = timesteps.map((timestep, i) => {
      const left = alphasCumprod[timestep]!;
      const after = alphasCumprod[timesteps[i + 1] ?? -1] ?? 1;
      const alpha = left / after;
      const beta = 1 - alpha;
      const variance = settings.varianceType === "fixed_large"
        ? beta
        : Math.max((1 - after) / (1 - left) * beta, 1e-20);
      return {
        timestep,
        level: levelOfAlpha(left),
        next: {
          image: Math.sqrt(after) * beta / (1 - left),
          sample: Math.sqrt(alpha) * (1 - after) / (1 - left),
          random: timestep > 0 ? Math.sqrt(variance) : 0,
        },
      };
    });
    return {
      calls: calls.slice(skipped),
      predictionType: settings.predictionType,
      noiseScale: 1,
      limit: limitOf(settings),
    };
  },
});
