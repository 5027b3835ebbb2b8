/**
 * Heun's method on the probability flow (Karras et al. 2022, "Elucidating the design space of
 * diffusion-based generative models", arXiv:2206.00364, algorithm 1): a step of Euler's, then the same
 * step again with the mean of the slopes at its two ends.
 *
 * | here             | paper                                                          |
 * | ---------------- | -------------------------------------------------------------- |
 * | `sigma`, `after` | t_i, t_{i+1}: with s(t) = 1 and σ(t) = t                       |
 * | `image`          | D(x; t)                                                        |
 * | `slope`          | weights of d_i (line 4), of the second call those of d_i′ (line 7) |
 * | `first`, `from`  | d_i and x_i, remembered                                        |
 * | `next`           | x_{i+1} (line 5), then x_{i+1} (line 8)                        |
 *
 * @module
 */

import { limitOf, OTHER_SIGMAS, SCHEDULE } from "./_common.ts";
import { continuousSigmas, noiseScaleOf } from "./_sigmas.ts";
import { combined } from "./_weights.ts";
import type { Call } from "./plan.ts";
import { levelOfSigma } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * Heun's method: calls the network twice a step, once at the last.
 *
 * @example
 * ```ts
 * import { heun } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * assert.equal(heun().plan({ steps: 20 }).calls.length, 39);
 * ```
 */
export const heun = samplerMaker({
  name: "heun",
  className: "HeunDiscreteScheduler",
  defaults: {
    ...SCHEDULE,
    betaStart: 0.00085,
    betaEnd: 0.012,
    predictionType: "epsilon",
    clipSample: false,
    clipSampleRange: 1,
    timestepSpacing: "linspace",
    stepsOffset: 0,
    useKarrasSigmas: false,
  },
  fixed: OTHER_SIGMAS,
  plan(settings, { steps, skipped }) {
    const { timesteps, sigmas } = continuousSigmas(settings, { steps });
    const calls = timesteps.flatMap((timestep, i): Call[] => {
      const [sigma, after] = [sigmas[i]!, sigmas[i + 1]!];
      const slopeAt = (of: number) => ({ sample: 1 / of, image: -1 / of });
      const slope = slopeAt(sigma);
      const step = {
        timestep,
        level: levelOfSigma(sigma),
        next: combined([[1, { sample: 1 }], [after - sigma, slope]]),
      };
      if (after === 0) return [step];
      return [{ ...step, memory: { from: { sample: 1 }, first: slope } }, {
        timestep: timesteps[i + 1]!,
        level: levelOfSigma(after),
        next: combined([
          [1, { from: 1 }],
          [(after - sigma) / 2, { first: 1 }],
          [(after - sigma) / 2, slopeAt(after)],
        ]),
      }];
    });
    return {
      calls: calls.slice(2 * skipped),
      predictionType: settings.predictionType,
      noiseScale: noiseScaleOf(sigmas, settings),
      limit: limitOf(settings),
    };
  },
});
