/**
 * Heun's method on a straight flow from noise to images (Lipman et al. 2023, arXiv:2210.02747; the
 * noise levels of Esser et al. 2024, arXiv:2403.03206).
 *
 * | here            | Esser et al. 2024                                                 |
 * | --------------- | ----------------------------------------------------------------- |
 * | `sigma`         | t: z_t = (1 - t) x₀ + t ε (equation 13)                           |
 * | `slope`         | weights of v_Θ(z, t), ε - x₀: the output as it is                 |
 * | `first`, `from` | v and z where the step began, remembered                          |
 * | `next`          | z + (t′ - t) v, then with the mean of v at both ends (`heunStep`) |
 *
 * @module
 */

import { OTHER_SIGMAS } from "./_common.ts";
import { heunStep } from "./_heun_step.ts";
import { flowSigmas } from "./_sigmas.ts";
import { levelOfFlow } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * Heun's method on a straight flow: calls the network twice a step, once at the last. The network
 * predicts noise - image.
 *
 * @example
 * ```ts
 * import { flowMatchHeun } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * assert.equal(flowMatchHeun().plan({ steps: 24 }).calls.length, 47);
 * ```
 */
export const flowMatchHeun = samplerMaker({
  name: "flowMatchHeun",
  className: "FlowMatchHeunDiscreteScheduler",
  defaults: { numTrainTimesteps: 1000, predictionType: "flow_prediction", shift: 1 },
  words: { predictionType: ["flow_prediction"] },
  unsaved: ["predictionType"],
  fixed: { ...OTHER_SIGMAS, use_karras_sigmas: false },
  plan({ predictionType, ...settings }, { steps, skipped }) {
    const points = flowSigmas(settings, { steps }).map((sigma) => ({
      timestep: sigma * settings.numTrainTimesteps,
      sigma,
      level: levelOfFlow(sigma),
      slope: { output: 1 },
    }));
    const calls = points.flatMap((point, i) => heunStep(point, points[i + 1]));
    return { calls: calls.slice(2 * skipped), predictionType, noiseScale: 1 };
  },
});
