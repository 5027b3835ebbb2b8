/**
 * Euler's method on the probability flow (Karras et al. 2022, "Elucidating the design space of
 * diffusion-based generative models", arXiv:2206.00364, algorithm 1 without its correction; as
 * algorithm 2 without churn).
 *
 * | here             | paper                                             |
 * | ---------------- | ------------------------------------------------- |
 * | `sigma`, `after` | t_i, t_{i+1}: with s(t) = 1 and σ(t) = t          |
 * | `image`          | D(x_i; t_i)                                       |
 * | `slope`          | weights of d_i = (x_i - D(x_i; t_i))/t_i (line 4) |
 * | `next`           | x_{i+1} = x_i + (t_{i+1} - t_i) d_i (line 5)      |
 *
 * @module
 */

import { OTHER_SIGMAS, SCHEDULE } from "./_common.ts";
import { continuousSigmas, noiseScaleOf } from "./_sigmas.ts";
import { combined } from "./_weights.ts";
import { levelOfSigma } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * Euler's method.
 *
 * @example
 * ```ts
 * import { euler } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const plan = euler({ useKarrasSigmas: true }).plan({ steps: 20 });
 * assert.ok(plan.calls.every(({ level }) => level.signal === 1));
 * ```
 */
export const euler = samplerMaker({
  name: "euler",
  className: "EulerDiscreteScheduler",
  defaults: {
    ...SCHEDULE,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    timestepSpacing: "linspace",
    stepsOffset: 0,
    useKarrasSigmas: false,
    finalSigmasType: "zero",
  },
  fixed: {
    ...OTHER_SIGMAS,
    interpolation_type: "linear",
    timestep_type: "discrete",
    sigma_min: null,
    sigma_max: null,
  },
  plan(settings, { steps, skipped }) {
    const { timesteps, sigmas } = continuousSigmas(settings, { steps });
    const calls = timesteps.map((timestep, i) => {
      const [sigma, after] = [sigmas[i]!, sigmas[i + 1]!];
      const slope = { sample: 1 / sigma, image: -1 / sigma };
      return {
        timestep,
        level: levelOfSigma(sigma),
        next: combined([[1, { sample: 1 }], [after - sigma, slope]]),
      };
    });
    return {
      calls: calls.slice(skipped),
      predictionType: settings.predictionType,
      noiseScale: noiseScaleOf(sigmas, settings),
    };
  },
});
