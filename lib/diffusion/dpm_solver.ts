/**
 * DPM-Solver++, multistep (Lu et al. 2022, "DPM-Solver++: fast solver for guided sampling of diffusion
 * probabilistic models", arXiv:2211.01095): algorithm 2 is its second order. The third is that of its
 * authors' code (`multistep_dpm_solver_third_update`), as is the variant that draws noise.
 *
 * | here                   | paper                                                          |
 * | ---------------------- | -------------------------------------------------------------- |
 * | `lambdas`              | λ = log(α/σ)                                                   |
 * | `h`                    | h_i, from this level to the next; of earlier steps `h0`, `h1`  |
 * | `image`, `image1`, …   | x_θ at this level, the one before, …                           |
 * | `ratio`                | r_i = h_{i-1}/h_i, with h_{i-1} earlier                        |
 * | `difference`, `second` | D₁, D₂: differences, in units of h                             |
 * | `k`                    | 1; 2 with noise, whose steps are twice as long in λ            |
 * | `whole`                | α_t (1 - e^{-kh}), the integral of e^λ                         |
 * | `linear`, `square`     | the same of e^λ times λ, and of half its square, in units of h |
 *
 * @module
 */

import { limitOf, LIMITS, OTHER_SIGMAS, SCHEDULE } from "./_common.ts";
import { multistepSigmas } from "./_sigmas.ts";
import { combined, type Weights } from "./_weights.ts";
import type { Call } from "./plan.ts";
import { levelOfVariance } from "./prediction.ts";
import { samplerMaker } from "./sampler.ts";

/**
 * DPM-Solver++ of order 1 to 3: good images in some 20 steps.
 *
 * Its third order is what its authors' code and diffusers compute, whose D₂ is half of what a third
 * order wants: the error still falls with the square of the steps, from a lower start. `unipc` of order
 * 2 and 3 is of the order it says, and one better.
 *
 * @example
 * ```ts
 * import { dpmSolver } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const [first, second] = dpmSolver().plan({ steps: 20 }).calls;
 * assert.ok(!("image1" in first!.next) && "image1" in second!.next);
 * ```
 */
export const dpmSolver = samplerMaker({
  name: "dpmSolver",
  className: "DPMSolverMultistepScheduler",
  defaults: {
    ...SCHEDULE,
    ...LIMITS,
    rescaleBetasZeroSnr: false,
    predictionType: "epsilon",
    timestepSpacing: "linspace",
    stepsOffset: 0,
    useKarrasSigmas: false,
    finalSigmasType: "zero",
    solverOrder: 2,
    algorithmType: "dpmsolver++",
    solverType: "midpoint",
    lowerOrderFinal: true,
    eulerAtFinal: false,
  },
  synonyms: {
    solverType: { logrho: "midpoint", bh1: "midpoint", bh2: "midpoint" },
    algorithmType: { deis: "dpmsolver++" },
  },
  fixed: {
    ...OTHER_SIGMAS,
    use_lu_lambdas: false,
    use_flow_sigmas: false,
    use_dynamic_shifting: false,
    lambda_min_clipped: -Infinity,
    variance_type: null,
  },
  check({ solverOrder, algorithmType }) {
    if (solverOrder < 3 || algorithmType === "dpmsolver++") return;
    throw new RangeError(
      `Cannot make a dpmSolver sampler: ${algorithmType} has solverOrder 1 or 2, found ${solverOrder}`,
    );
  },
  plan(settings, { steps, skipped }) {
    const { timesteps, sigmas } = multistepSigmas(settings, {
      steps,
      ...(settings.betaSchedule === "squaredcos_cap_v2" && { wholeTimestep: Math.trunc }), // as diffusers
    });
    const drawsNoise = settings.algorithmType === "sde-dpmsolver++";
    const calls = timesteps.map((timestep, i): Call => {
      const isLast = i === steps - 1;
      const isFew = settings.lowerOrderFinal && steps < 15;
      const order = Math.min(
        settings.solverOrder,
        i - skipped + 1,
        isLast && (isFew || settings.eulerAtFinal || sigmas[steps] === 0) ? 1 : Infinity,
        i === steps - 2 && isFew ? 2 : Infinity,
      );
      const { solverType } = settings;
      return {
        timestep,
        level: levelOfVariance(sigmas[i]!),
        next: step(sigmas.slice(Math.max(i - order + 1, 0), i + 2), {
          order,
          solverType,
          drawsNoise,
        }),
        memory: settings.solverOrder === 1 ? {} : {
          image1: { image: 1 },
          ...(settings.solverOrder === 3 && i > skipped ? { image2: { image1: 1 } } : {}),
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

/** A step to the last of the levels from the one before; those earlier belong to images remembered. */
function step(
  sigmas: readonly number[],
  { order, solverType, drawsNoise }: { order: number; solverType: string; drawsNoise: boolean },
): Weights {
  const [from, to] = [sigmas.at(-2)!, sigmas.at(-1)!].map(levelOfVariance);
  const lambdas = sigmas.map((sigma) => -Math.log(sigma));
  const [h1, h0, h] = [3, 2, 1].map((i) => lambdas.at(-i)! - (lambdas.at(-i - 1) ?? NaN));
  const k = drawsNoise ? 2 : 1;
  const whole = -to!.signal * Math.expm1(-k * h!);
  const parts: [number, Weights][] = [
    [to!.noise / from!.noise * (drawsNoise ? Math.exp(-h!) : 1), { sample: 1 }],
    [whole, { image: 1 }],
  ];
  if (drawsNoise) parts.push([to!.noise * Math.sqrt(-Math.expm1(-2 * h!)), { random: 1 }]);
  if (order === 1) return combined(parts);

  const linear = to!.signal * (1 + Math.expm1(-k * h!) / (k * h!)); // the integral of e^λ (λ - λ_s)/h
  const ratio = h0! / h!;
  const difference = { image: 1 / ratio, image1: -1 / ratio };
  if (order === 2) {
    return combined([...parts, [solverType === "midpoint" ? whole / 2 : linear, difference]]);
  }
  const earlier = h1! / h!;
  const differenceBefore = { image1: 1 / earlier, image2: -1 / earlier };
  const curvature: [number, Weights][] = [[1, difference], [-1, differenceBefore]];
  const first = combined([
    [1, difference],
    [ratio / (ratio + earlier), combined(curvature)],
  ]);
  const second = combined([[1 / (ratio + earlier), combined(curvature)]]);
  const square = to!.signal * (0.5 - (Math.expm1(-h!) + h!) / h! ** 2);
  return combined([...parts, [linear, first], [square, second]]);
}
