/**
 * PNDM: pseudo numerical methods (Liu et al. 2022, "Pseudo numerical methods for diffusion models on
 * manifolds", arXiv:2202.09778): F-PNDM, algorithm 2, or without the Runge-Kutta steps in the beginning
 * S-PNDM's way into linear multisteps (PLMS, as Stable Diffusion was published with).
 *
 * | here                   | paper                                                         |
 * | ---------------------- | ------------------------------------------------------------- |
 * | `left`, `after`        | ᾱ_t, ᾱ_{t-δ}                                                  |
 * | `transfer`             | φ(x, ε, t, t - δ) (equation 9)                                |
 * | `output`, `output1`, … | e_t, e_{t+δ}, …: the network's, noise or velocity             |
 * | `mean`                 | e′ of linear multisteps, or of Runge-Kutta (equations 12, 13) |
 * | `from`                 | x_t where a step of several calls began, remembered           |
 * | `sum`                  | of e¹, e², e³ so far, with their shares                       |
 *
 * @module
 */

import { SCHEDULE } from "./_common.ts";
import { spacedTimesteps } from "./_timesteps.ts";
import { combined, type Weights } from "./_weights.ts";
import { noiseSchedule } from "./noise_schedule.ts";
import type { Call } from "./plan.ts";
import { levelOfAlpha, noiseWeights } from "./prediction.ts";
import { samplerMaker, scheduleOptions } from "./sampler.ts";

/** Of a linear multistep, the latest output first (Adams and Bashforth's, of order 1 to 4). */
const MULTISTEP: readonly Weights[] = [
  { output: 1 },
  { output: 3 / 2, output1: -1 / 2 },
  { output: 23 / 12, output1: -16 / 12, output2: 5 / 12 },
  { output: 55 / 24, output1: -59 / 24, output2: 37 / 24, output3: -9 / 24 },
];

/**
 * PNDM: a run of n steps calls the network n + 1 times, or n + 9 with the Runge-Kutta steps.
 *
 * As in diffusers a step is ⌊timesteps / steps⌋ long whatever the spacing: see {@linkcode ddim}. A run
 * that begins with an image (`strength`) repeats its own second timestep, as a whole one does; diffusers
 * leaves the repetition out there, and lags one timestep behind to the end.
 *
 * @example Stable Diffusion's own
 * ```ts
 * import { pndm } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const sampler = pndm({ skipPrkSteps: true, stepsOffset: 1 });
 * assert.deepEqual(sampler.plan({ steps: 4 }).timesteps, [751, 501, 501, 251, 1]);
 * ```
 */
export const pndm = samplerMaker({
  name: "pndm",
  className: "PNDMScheduler",
  defaults: {
    ...SCHEDULE,
    predictionType: "epsilon",
    setAlphaToOne: false,
    timestepSpacing: "leading",
    stepsOffset: 0,
    skipPrkSteps: false,
  },
  words: { predictionType: ["epsilon", "v_prediction"] },
  plan(settings, { steps, skipped }) {
    const { alphasCumprod } = noiseSchedule(scheduleOptions(settings));
    const stride = Math.floor(settings.numTrainTimesteps / steps);
    const last = settings.setAlphaToOne ? 1 : alphasCumprod[0]!;
    const leftAt = (timestep: number) => alphasCumprod[timestep] ?? last;

    /** A call: the step from one timestep to another, of a sample, with a mean of outputs. */
    function call(timestep: number, { step: [from, to], sample = "sample", mean, memory }: {
      step: [from: number, to: number];
      sample?: string;
      mean: Weights;
      memory: Call["memory"];
    }): Call {
      const level = levelOfAlpha(leftAt(from));
      const noise = noiseWeights(settings.predictionType, level);
      return {
        timestep,
        level: levelOfAlpha(leftAt(timestep)),
        next: transfer([leftAt(from), leftAt(to)], {
          sample: { [sample]: 1 },
          noise: combined([[noise["sample"]!, { [sample]: 1 }], [noise["output"]!, mean]]),
        }),
        memory: memory!,
      };
    }

    const timesteps = spacedTimesteps(settings, { steps }).slice(skipped);
    const calls: Call[] = [];
    const outputs = (known: number): Record<string, Weights> =>
      Object.fromEntries(
        Array.from({ length: Math.min(known, 3) }, (_, k) => [
          `output${k + 1}`,
          { [k === 0 ? "output" : `output${k}`]: 1 },
        ]),
      );
    const multistep = (timestep: number, known: number) =>
      calls.push(call(timestep, {
        step: [timestep, timestep - stride],
        mean: MULTISTEP[Math.min(known, 3)]!,
        memory: outputs(known + 1),
      }));

    if (!settings.skipPrkSteps) {
      if (timesteps.length < 4) {
        throw new RangeError(
          `Cannot plan a run of pndm: the Runge-Kutta steps want at least 4 timesteps, found ${timesteps.length}; take more steps, or skipPrkSteps true`,
        );
      }
      for (const k of [0, 1, 2]) {
        const from = timesteps[k]!;
        const end = timesteps[k + 1]!;
        const middle = end + Math.floor(stride / 2);
        const kept = Object.fromEntries(
          ["from", "output1", "output2", "output3"].slice(0, k + 2).map((name) => [
            name,
            { [name]: 1 },
          ]),
        );
        calls.push(
          call(from, {
            step: [from, from - Math.floor(stride / 2)],
            mean: { output: 1 },
            memory: { from: { sample: 1 }, sum: { output: 1 / 6 }, ...outputs(k + 1) },
          }),
          ...[middle, middle - Math.floor(stride / 2)].map((to) =>
            call(middle, {
              step: [from, to],
              sample: "from",
              mean: { output: 1 },
              memory: { sum: { sum: 1, output: 1 / 3 }, ...kept },
            })
          ),
          call(end, {
            step: [from, end],
            sample: "from",
            mean: { sum: 1, output: 1 / 6 },
            memory: kept,
          }),
        );
      }
      for (const timestep of timesteps.slice(3)) multistep(timestep, 3);
    } else {
      const [first, second] = timesteps;
      calls.push(call(first!, {
        step: [first!, first! - stride],
        mean: { output: 1 },
        memory: { from: { sample: 1 }, output1: { output: 1 } },
      }));
      if (second !== undefined) {
        calls.push(call(second, {
          step: [second + stride, second],
          sample: "from",
          mean: { output: 1 / 2, output1: 1 / 2 },
          memory: { output1: { output1: 1 } },
        }));
      }
      for (const [i, timestep] of timesteps.slice(1).entries()) multistep(timestep, i + 1);
    }
    return { calls, predictionType: settings.predictionType, noiseScale: 1 };
  },
});

/** The sample with as much noise as `after`, the noise in it being known. */
function transfer(
  [left, after]: [left: number, after: number],
  { sample, noise }: { sample: Weights; noise: Weights },
): Weights {
  const denominator = left * Math.sqrt(1 - after) + Math.sqrt(left * (1 - left) * after);
  return combined([
    [Math.sqrt(after / left), sample],
    [(left - after) / denominator, noise],
  ]);
}
