/**
 * DDIM (Song, Meng and Ermon 2021, "Denoising diffusion implicit models", arXiv:2010.02502).
 *
 * | here            | paper                                                              |
 * | --------------- | ------------------------------------------------------------------ |
 * | `left`, `after` | α_t, α_{t-1}: its α is the ᾱ of DDPM; t - 1 is a stride of the run |
 * | `image`         | "predicted x₀" (equation 9), limited                               |
 * | `noise`         | ε_θ, of the output as it is                                        |
 * | `deviation`     | σ_t(η) (equation 16)                                               |
 * | `next`          | x_{t-1} (equation 12)                                              |
 *
 * @module
 */

import { limitOf, LIMITS, SCHEDULE } from "./_common.ts";
import { spacedTimesteps } from "./_timesteps.ts";
import { combined } from "./_weights.ts";
import { noiseSchedule } from "./noise_schedule.ts";
import { levelOfAlpha, noiseWeights } from "./prediction.ts";
import { samplerMaker, scheduleOptions } from "./sampler.ts";

/**
 * DDIM's sampler: the same noise gives the same image, with `eta` 0.
 *
 * As in diffusers a step is ⌊timesteps / steps⌋ long whatever the spacing, so that it lands beside the
 * next timestep where `linspace` is chosen, or `trailing` with a number of steps that does not divide:
 * choose `leading`, or a number that does.
 *
 * @example
 * ```ts
 * import { ddim } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const plan = ddim({ stepsOffset: 1 }).plan({ steps: 4, strength: 0.75 });
 * assert.deepEqual(plan.timesteps, [501, 251, 1]);
 * ```
 */
export const ddim = samplerMaker({
  name: "ddim",
  className: "DDIMScheduler",
  defaults: {
    ...SCHEDULE,
    ...LIMITS,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    clipSample: true,
    clipSampleRange: 1,
    setAlphaToOne: true,
    timestepSpacing: "leading",
    stepsOffset: 0,
    eta: 0,
  },
  unsaved: ["eta"],
  plan(settings, { steps, skipped }) {
    const { alphasCumprod } = noiseSchedule(scheduleOptions(settings));
    const stride = Math.floor(settings.numTrainTimesteps / steps);
    const calls = spacedTimesteps(settings, { steps }).map((timestep) => {
      const left = alphasCumprod[timestep]!;
      const after = alphasCumprod[timestep - stride] ??
        (settings.setAlphaToOne ? 1 : alphasCumprod[0]!);
      const level = levelOfAlpha(left);
      const deviation = settings.eta *
        Math.sqrt((1 - after) / (1 - left) * (1 - left / after));
      const direction = Math.sqrt(1 - after - deviation ** 2);
      return {
        timestep,
        level,
        next: combined([
          [1, { image: Math.sqrt(after), random: deviation }],
          [direction, direction === 0 ? {} : noiseWeights(settings.predictionType, level)],
        ]),
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
