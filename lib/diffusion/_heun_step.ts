/**
 * A step of Heun's method.
 *
 * @module
 */

import { combined, type Weights } from "./_weights.ts";
import type { Call } from "./plan.ts";
import type { Level } from "./prediction.ts";

/** A level of a run, its slope told as weights. */
type Point = { timestep: number; sigma: number; level: Level; slope: Weights };

/**
 * A step from one level to the next: Euler's, and the same again with the mean of the slopes at its two
 * ends. Where the next one has no noise, and thus no slope, Euler's alone.
 */
export function heunStep(from: Point, to: Point | undefined): Call[] {
  const { timestep, level, slope } = from;
  const length = (to?.sigma ?? 0) - from.sigma;
  const first = { timestep, level, next: combined([[1, { sample: 1 }], [length, slope]]) };
  if (to === undefined) return [first];
  return [{ ...first, memory: { from: { sample: 1 }, first: slope } }, {
    timestep: to.timestep,
    level: to.level,
    next: combined([[1, { from: 1 }], [length / 2, { first: 1 }], [length / 2, to.slope]]),
  }];
}
