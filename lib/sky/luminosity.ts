/**
 * Luminosities and redshifts of a sample limited by apparent magnitude.
 *
 * @module
 */

import type { Prng } from "../prng.ts";
import type { Sequence } from "./colours.ts";
import { colourMagnitudeRelation, kCorrectionR } from "./colours.ts";
import { comovingDistance, distanceModulus, redshiftAt } from "./cosmology.ts";

/** Faintest r of GZ2's main sample (Willett et al. 2013, section 2.1). */
export const FAINT_LIMIT = 17;

/** Redshifts of the sample; nearer ones would need a peculiar-velocity model. */
export const REDSHIFT_RANGE = [0.004, 0.25] as const;

const BRIGHTEST = -24;
const FAINTEST = -16;
const STEP = 0.05;

/**
 * Galaxies per Mpc^3 and magnitude at absolute magnitude M_r (z = 0, H0 = 70). All of them: Blanton
 * et al. (2003, ApJ 592, 819), M* = -20.44 + 5 log h in the band shifted to z = 0.1, 0.23 mag fainter
 * than at z = 0. The red ones: Baldry et al. (2004, ApJ 600, 681), table 2. The blue are the rest.
 *
 * @example
 * ```ts
 * import { luminosityFunction } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const share = (m: number) => luminosityFunction("red", m) /
 *   (luminosityFunction("red", m) + luminosityFunction("blue", m));
 * assert.ok(share(-23) > 0.6 && share(-18) < 0.35); // red galaxies are the bright ones
 * ```
 */
export function luminosityFunction(sequence: Sequence, absoluteMagnitude: number): number {
  const red = schechter(absoluteMagnitude, { density: 0.00225, knee: -21.49, slope: -0.83 });
  if (sequence === "red") return red;
  const all = schechter(absoluteMagnitude, {
    density: 0.0149 * 0.7 ** 3,
    knee: -21.44,
    slope: -1.05,
  });
  return Math.max(0, all - red);
}

function schechter(
  magnitude: number,
  { density, knee, slope }: { density: number; knee: number; slope: number },
): number {
  const x = 10 ** (0.4 * (knee - magnitude));
  return 0.4 * Math.LN10 * density * x ** (slope + 1) * Math.exp(-x);
}

/** One cell of the sample: galaxies of one sequence and magnitude, and how far they are seen. */
type Cell = {
  sequence: Sequence;
  magnitude: number;
  nearest: number; // Mpc
  farthest: number;
  cumulated: number; // expected number of galaxies up to and with this cell
};

let cells: Cell[] | undefined;

/** The cells of the sample, made at the first use: a constant of the universe, not a state. */
function sampleCells(): Cell[] {
  if (cells) return cells;
  cells = [];
  let cumulated = 0;
  const nearest = comovingDistance(REDSHIFT_RANGE[0]);
  for (const sequence of ["red", "blue"] as const) {
    for (let magnitude = BRIGHTEST; magnitude <= FAINTEST; magnitude += STEP) {
      const farthest = comovingDistance(horizon(sequence, magnitude));
      if (farthest <= nearest) continue;
      cumulated += luminosityFunction(sequence, magnitude) * (farthest ** 3 - nearest ** 3);
      cells.push({ sequence, magnitude, nearest, farthest, cumulated });
    }
  }
  return cells;
}

/** Largest redshift at which a galaxy of this magnitude is in the sample, with 0.1 mag to spare. */
function horizon(sequence: Sequence, magnitude: number): number {
  const colour = colourMagnitudeRelation(sequence, magnitude).mean;
  let [low, high] = REDSHIFT_RANGE as readonly [number, number];
  for (let step = 0; step < 30; step++) {
    const z = (low + high) / 2;
    if (magnitude + distanceModulus(z) + kCorrectionR(colour, z) < FAINT_LIMIT + 0.1) low = z;
    else high = z;
  }
  return low;
}

/**
 * Draws the sequence, luminosity and redshift of a galaxy out of the sample: as many of each
 * luminosity as the volume in which it is seen holds, evenly in that volume. A few lie up to 0.1 mag
 * beyond the limit, to be rejected once their own colour is known.
 */
export function drawLuminosity(
  random: Prng,
): { sequence: Sequence; absoluteMagnitude: number; redshift: number } {
  const table = sampleCells();
  const wanted = random.uniform(0, table.at(-1)!.cumulated);
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle].cumulated > wanted) high = middle;
    else low = middle + 1;
  }
  const { sequence, magnitude, nearest, farthest } = table[low];
  const distance = Math.cbrt(random.uniform(nearest ** 3, farthest ** 3));
  return {
    sequence,
    absoluteMagnitude: magnitude + random.uniform(-STEP / 2, STEP / 2),
    redshift: redshiftAt(distance),
  };
}
