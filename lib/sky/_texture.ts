/**
 * Smooth random fields, for what is irregular in a galaxy.
 *
 * @module
 */

import type { Prng } from "../prng.ts";

/**
 * Value noise: normal deviates on a lattice of a cell a unit, joined smoothly; about mean 0 and
 * variance 0.5. It repeats after `columns` cells along its first axis, as an angle does, and after 16
 * along its second.
 */
export class Texture {
  #values: Float32Array;
  #columns: number;

  constructor(random: Prng, { columns }: { columns: number }) {
    this.#columns = columns;
    this.#values = Float32Array.from({ length: columns * ROWS }, () => random.normal());
  }

  /** The field at a point. */
  at(x: number, y: number): number {
    const columns = this.#columns;
    const left = Math.floor(x);
    const top = Math.floor(y);
    const column = ((left % columns) + columns) % columns;
    const next = column + 1 === columns ? 0 : column + 1;
    const row = (top & (ROWS - 1)) * columns;
    const below = ((top + 1) & (ROWS - 1)) * columns;
    const s = smooth(x - left);
    const t = smooth(y - top);
    const values = this.#values;
    const upper = values[row + column] + s * (values[row + next] - values[row + column]);
    const lower = values[below + column] + s * (values[below + next] - values[below + column]);
    return upper + t * (lower - upper);
  }
}

const ROWS = 16;

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Smoothly from 0 at `low` to 1 at `high`. */
// deno-lint-ignore galaxykit/few-arguments -- as everywhere
export function smoothStep(value: number, low: number, high: number): number {
  return smooth(Math.min(1, Math.max(0, (value - low) / (high - low))));
}
