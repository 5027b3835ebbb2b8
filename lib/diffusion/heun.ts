/**
 * Heun's method on the probability flow (Karras et al. 2022, "Elucidating the design space of
 * diffusion-based generative models", arXiv:2206.00364, algorithm 1): a step of Euler's, then the same
 * step again with the mean of the slopes at its two ends.
 *
 * | here            | paper                                                          |
 * | --------------- | -------------------------------------------------------------- |
 * | `sigma`         | t_i: with s(t) = 1 and σ(t) = t                                |
 * | `image`         | D(x; t)                                                        |
 * | `slope`         | weights of d_i (line 4), or at the next level of d_i′ (line 7) |
 * | `first`, `from` | d_i and x_i, remembered                                        |
 * | `next`          | x_{i+1} of line 5, then of line 8 (`heunStep`)                 |
 *
 * @module
 */

import { limitOf, OTHER_SIGMAS, SCHEDULE } from "./_common.ts";
import { heunStep } from "./_heun_step.ts";
import { continuousSigmas, noiseScaleOf } from "./_sigmas.ts";
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
    const points = timesteps.map((timestep, i) => {
      const sigma = sigmas[i]!;
      const slope = { sample: 1 / sigma, image: -1 / sigma };
      return { timestep, sigma, level: levelOfSigma(sigma), slope };
    });
    const calls = points.flatMap((point, i) => heunStep(point, points[i + 1]));
    return {
      calls: calls.slice(2 * skipped),
      predictionType: settings.predictionType,
      noiseScale: noiseScaleOf(sigmas, settings),
      limit: limitOf(settings),
    };
  },
});
