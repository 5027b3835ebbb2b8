/**
 * Euler's method on a straight flow from noise to images (Lipman et al. 2023, "Flow matching for
 * generative modeling", arXiv:2210.02747; Liu et al. 2023, "Flow straight and fast",
 * arXiv:2209.03003), with the noise levels of Esser et al. 2024 (arXiv:2403.03206).
 *
 * | here             | Esser et al. 2024                                             |
 * | ---------------- | ------------------------------------------------------------- |
 * | `sigma`, `after` | t, and that of the next step: z_t = (1 - t) x₀ + t ε (eq. 13) |
 * | `output`         | v_Θ(z, t), ε - x₀                                             |
 * | `shift`          | √(m/n) of a resolution (equation 23)                          |
 * | `next`           | z + (t′ - t) v                                                |
 *
 * @module
 */

import { OTHER_SIGMAS } from "./_common.ts";
import { flowSigmas } from "./_sigmas.ts";
import type { Call } from "./plan.ts";
import { levelOfFlow } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * Euler's method on a straight flow. The network predicts noise - image.
 *
 * @example
 * ```ts
 * import { flowMatchEuler } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const { timesteps } = flowMatchEuler({ shift: 3 }).plan({ steps: 3 });
 * assert.deepEqual(timesteps.map(Math.round), [1000, 751, 9]);
 * ```
 */
export const flowMatchEuler = samplerMaker({
  name: "flowMatchEuler",
  className: "FlowMatchEulerDiscreteScheduler",
  defaults: {
    numTrainTimesteps: 1000,
    predictionType: "flow_prediction",
    shift: 1,
    stochasticSampling: false,
  },
  words: { predictionType: ["flow_prediction"] },
  unsaved: ["predictionType"],
  fixed: {
    ...OTHER_SIGMAS,
    use_karras_sigmas: false,
    use_dynamic_shifting: false,
    invert_sigmas: false,
    shift_terminal: null,
  },
  plan({ numTrainTimesteps, shift, stochasticSampling, predictionType }, { steps, skipped }) {
    const sigmas = flowSigmas({ numTrainTimesteps, shift }, { steps });
    const calls = sigmas.map((sigma, i): Call => {
      const after = sigmas[i + 1] ?? 0;
      return {
        timestep: sigma * numTrainTimesteps,
        level: levelOfFlow(sigma),
        next: stochasticSampling
          ? { image: 1 - after, random: after }
          : { sample: 1, output: after - sigma },
      };
    });
    return { calls: calls.slice(skipped), predictionType, noiseScale: 1 };
  },
});
