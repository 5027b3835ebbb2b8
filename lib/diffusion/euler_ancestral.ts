/**
 * Euler's method with ancestral sampling: a step further down than the next level, then noise up to it
 * (Song et al. 2021, "Score-based generative modeling through stochastic differential equations",
 * arXiv:2011.13456, appendix F; in the σ of Karras et al. 2022 as k-diffusion's
 * `sample_euler_ancestral`, Crowson 2022, whose symbols these are).
 *
 * | here             | k-diffusion                                                        |
 * | ---------------- | ------------------------------------------------------------------ |
 * | `sigma`, `after` | σ_from, σ_to                                                       |
 * | `up`             | σ_up = √(σ_to² (σ_from² - σ_to²)/σ_from²), the noise that is drawn |
 * | `down`           | σ_down = √(σ_to² - σ_up²), where Euler's step goes                 |
 * | `image`          | the denoised                                                       |
 * | `slope`          | weights of d = (x - denoised)/σ_from                               |
 * | `next`           | x + (σ_down - σ_from) d + σ_up z                                   |
 *
 * @module
 */

import { SCHEDULE } from "./_common.ts";
import { continuousSigmas, noiseScaleOf } from "./_sigmas.ts";
import { combined } from "./_weights.ts";
import { levelOfSigma } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * Euler's method with ancestral sampling: draws noise at each step but the last.
 *
 * @example GalaxySD's sampler: 40 steps from a reference image in much noise
 * ```ts
 * import { eulerAncestral } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const sampler = eulerAncestral({
 *   betaSchedule: "scaled_linear",
 *   betaStart: 0.00085,
 *   betaEnd: 0.012,
 * });
 * const { start } = sampler.plan({ steps: 40 });
 * assert.deepEqual([start.signal, start.noise.toFixed(4)], [1, "14.6146"]);
 * ```
 */
export const eulerAncestral = samplerMaker({
  name: "eulerAncestral",
  className: "EulerAncestralDiscreteScheduler",
  defaults: {
    ...SCHEDULE,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    timestepSpacing: "linspace",
    stepsOffset: 0,
  },
  plan(settings, { steps, skipped }) {
    const { timesteps, sigmas } = continuousSigmas(settings, { steps });
    const calls = timesteps.map((timestep, i) => {
      const [sigma, after] = [sigmas[i]!, sigmas[i + 1]!];
      const up = after / sigma * Math.sqrt(sigma ** 2 - after ** 2);
      const down = after ** 2 / sigma; // √(after² - up²)
      const slope = { sample: 1 / sigma, image: -1 / sigma };
      return {
        timestep,
        level: levelOfSigma(sigma),
        next: combined([[1, { sample: 1, random: up }], [down - sigma, slope]]),
      };
    });
    return {
      calls: calls.slice(skipped),
      predictionType: settings.predictionType,
      noiseScale: noiseScaleOf(sigmas, settings),
    };
  },
});
