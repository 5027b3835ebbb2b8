/**
 * UniPC, multistep (Zhao et al. 2023, "UniPC: a unified predictor-corrector framework for fast sampling
 * of diffusion models", arXiv:2302.04867, UniC and UniP, algorithms 1 and 2, where the image is
 * predicted: -h for h).
 *
 * | here                 | paper                                                      |
 * | -------------------- | ---------------------------------------------------------- |
 * | `h`                  | h_i, from one level to the next in λ = log(α/σ)            |
 * | `image`, `image1`, … | x_θ at this level, the one before, …                       |
 * | `ratios`             | r_m; 1 for the level that is gone to                       |
 * | `differences`        | D_m/r_m, weights of (x_θ(m levels before) - x_θ(from))/r_m |
 * | `phis`               | φ_n(h) n!, with -h for h                                   |
 * | `scale`              | B(h): h (bh1) or e^h - 1 (bh2), with -h for h              |
 * | `shares`             | a_m, the solution of R a = φ/B(h) (theorem 3.1)            |
 * | `before`             | x̃ at the level before, corrected, remembered              |
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
 * UniPC of order 1 to 3: at each call the last step is done again with the new output, at no further
 * call of the network.
 *
 * @example
 * ```ts
 * import { unipc } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const [first, second] = unipc().plan({ steps: 10 }).calls;
 * assert.ok(!("before" in first!.next) && "before" in second!.next);
 * ```
 */
export const unipc = samplerMaker({
  name: "unipc",
  className: "UniPCMultistepScheduler",
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
    solverType: "bh2",
    lowerOrderFinal: true,
  },
  words: { solverType: ["bh1", "bh2"] },
  synonyms: { solverType: { midpoint: "bh2", heun: "bh2", logrho: "bh2" } },
  fixed: {
    ...OTHER_SIGMAS,
    predict_x0: true,
    disable_corrector: [],
    solver_p: null,
    use_flow_sigmas: false,
    use_dynamic_shifting: false,
    sigma_min: null,
    sigma_max: null,
    shift_terminal: null,
  },
  plan(settings, { steps, skipped }) {
    const { timesteps, sigmas } = multistepSigmas(settings, { steps });
    const { solverOrder, solverType, lowerOrderFinal } = settings;
    const orderOf = (i: number) =>
      Math.min(
        solverOrder,
        i - skipped + 1,
        lowerOrderFinal || sigmas[i + 1] === 0 ? steps - i : Infinity,
      );
    const names = ["image", "image1", "image2", "image3"];
    const calls = timesteps.map((timestep, i): Call => {
      const levelsTo = (to: number) => sigmas.slice(to - orderOf(to - 1), to + 1);
      const corrected = i === skipped ? { sample: 1 } : update({
        sigmas: levelsTo(i),
        start: { before: 1 },
        images: names.slice(1),
        reached: "image",
        solverType,
      });
      const next = update({ sigmas: levelsTo(i + 1), start: corrected, images: names, solverType });
      const remembered = names.slice(0, Math.min(solverOrder, i - skipped + 1));
      return {
        timestep,
        level: levelOfVariance(sigmas[i]!),
        next,
        memory: {
          before: corrected,
          ...Object.fromEntries(remembered.map((name, m) => [names[m + 1]!, { [name]: 1 }])),
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

/**
 * A step to the last of the levels from the one before: predicted from the images at that one and
 * those earlier, or corrected with the image at the level that it has `reached`.
 */
function update({ sigmas, start, images, reached, solverType }: {
  sigmas: readonly number[];
  start: Weights;
  /** The latest first. */
  images: readonly string[];
  reached?: string;
  solverType: string;
}): Weights {
  const order = sigmas.length - 1;
  const [from, to] = [sigmas.at(-2)!, sigmas.at(-1)!].map(levelOfVariance);
  const lambdas = sigmas.map((sigma) => -Math.log(sigma));
  const h = lambdas.at(-1)! - lambdas.at(-2)!;
  const whole = Math.expm1(-h);
  const parts: [number, Weights][] = [
    [to!.noise / from!.noise, start],
    [-to!.signal * whole, { [images[0]!]: 1 }],
  ];

  const ratios: number[] = [];
  const differences: Weights[] = [];
  for (let m = 1; m < order; m++) {
    const ratio = (lambdas.at(-2 - m)! - lambdas.at(-2)!) / h;
    ratios.push(ratio);
    differences.push({ [images[m]!]: 1 / ratio, [images[0]!]: -1 / ratio });
  }
  if (reached !== undefined) {
    ratios.push(1);
    differences.push({ [reached]: 1, [images[0]!]: -1 });
  }
  const scale = solverType === "bh1" ? -h : whole;
  const shares = sharesOf(ratios, { h, scale });
  for (const [m, share] of shares.entries()) {
    parts.push([-to!.signal * scale * share, differences[m]!]);
  }
  return combined(parts);
}

/** Such that the differences, times these, make a step of their order. */
function sharesOf(ratios: readonly number[], { h, scale }: { h: number; scale: number }): number[] {
  if (ratios.length === 0) return [];
  if (ratios.length === 1) return [0.5]; // for any B(h)
  const rows: number[][] = [];
  let [phi, factorial] = [Math.expm1(-h) / -h - 1, 1];
  for (let n = 0; n < ratios.length; n++) {
    rows.push([...ratios.map((ratio) => ratio ** n), phi * factorial / scale]);
    factorial *= n + 2;
    phi = phi / -h - 1 / factorial;
  }
  return solved(rows);
}

/** The solution of a few linear equations, each its coefficients and its right-hand side. */
function solved(rows: number[][]): number[] {
  const count = rows.length;
  for (let pivot = 0; pivot < count; pivot++) {
    const rest = rows.slice(pivot).sort((a, b) => Math.abs(b[pivot]!) - Math.abs(a[pivot]!));
    rows = [...rows.slice(0, pivot), ...rest];
    rows = rows.map((row, r) =>
      r === pivot
        ? row.map((value) => value / row[pivot]!)
        : row.map((value, c) => value - row[pivot]! / rows[pivot]![pivot]! * rows[pivot]![c]!)
    );
  }
  return rows.map((row) => row[count]!);
}
