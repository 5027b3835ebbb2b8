/**
 * DDIM backwards, from an image to the noise that DDIM makes it of (Song et al. 2021,
 * arXiv:2010.02502, section 5.4; Hertz et al. 2023 use it with text, arXiv:2208.01626).
 *
 * | here            | Song et al. 2021                                                     |
 * | --------------- | -------------------------------------------------------------------- |
 * | `left`, `after` | α_t of the sample as it is, and as it will be, noisier by a stride   |
 * | `next`          | x_{t+1}: equation 12 with σ = 0, read the other way round (eq. 14)   |
 * | `timestep`      | that of `after`: the network sees the sample as if it were there yet |
 *
 * @module
 */

import { limitOf, SCHEDULE } from "./_common.ts";
import { spacedTimesteps } from "./_timesteps.ts";
import { combined } from "./_weights.ts";
import { noiseSchedule } from "./noise_schedule.ts";
import { levelOfAlpha, noiseWeights } from "./prediction.ts";
import { samplerMaker, scheduleOptions } from "./sampler.ts";

/**
 * DDIM's inverse: a run begins with an image and ends in noise; `strength` below 1 ends before.
 *
 * @example
 * ```ts
 * import { ddimInverse } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ddimInverse().plan({ steps: 4 }).timesteps, [0, 250, 500, 750]);
 * ```
 */
export const ddimInverse = samplerMaker({
  name: "ddimInverse",
  className: "DDIMInverseScheduler",
  defaults: {
    ...SCHEDULE,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    clipSample: true,
    clipSampleRange: 1,
    setAlphaToOne: true,
    timestepSpacing: "leading",
    stepsOffset: 0,
  },
  words: { timestepSpacing: ["leading", "trailing"] },
  plan(settings, { steps, skipped }) {
    const { alphasCumprod } = noiseSchedule(scheduleOptions(settings));
    const stride = Math.floor(settings.numTrainTimesteps / steps);
    const calls = spacedTimesteps(settings, { steps }).reverse().map((timestep) => {
      const left = alphasCumprod[timestep - stride] ??
        (settings.setAlphaToOne ? 1 : alphasCumprod[0]!);
      const after = alphasCumprod[timestep]!;
      const level = levelOfAlpha(left);
      return {
        timestep,
        level,
        next: combined([
          [1, { image: Math.sqrt(after) }],
          [Math.sqrt(1 - after), noiseWeights(settings.predictionType, level)],
        ]),
      };
    });
    return {
      calls: calls.slice(0, steps - skipped),
      predictionType: settings.predictionType,
      start: { signal: 1, noise: 0, scale: 1 },
      noiseScale: 0,
      limit: limitOf(settings),
    };
  },
});
