/**
 * Magnitudes of a galaxy in all bands from its luminosity, one colour and its redshift.
 *
 * @module
 */

import { distanceModulus } from "./cosmology.ts";
import type { Magnitudes } from "./galaxy.ts";

/** A sequence of the colour-magnitude diagram. */
export type Sequence = "red" | "blue";

/**
 * Mean and standard deviation of rest-frame u - r at an absolute magnitude: Baldry et al. (2004, ApJ
 * 600, 681), table 1, a straight line plus a tanh. Measured for -23.5 < M_r < -15.5.
 *
 * @example
 * ```ts
 * import { colourMagnitudeRelation } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal(colourMagnitudeRelation("red", -21.5).mean.toFixed(2), "2.44");
 * ```
 */
export function colourMagnitudeRelation(
  sequence: Sequence,
  absoluteMagnitude: number,
): { mean: number; deviation: number } {
  const { mean, deviation } = RELATIONS[sequence];
  return {
    mean: lineAndStep(mean, absoluteMagnitude),
    deviation: lineAndStep(deviation, absoluteMagnitude),
  };
}

type LineAndStep = readonly [p0: number, p1: number, q0: number, q1: number, q2: number];

const RELATIONS: Record<Sequence, { mean: LineAndStep; deviation: LineAndStep }> = {
  red: {
    mean: [2.279, -0.037, -0.108, -19.81, 0.96],
    deviation: [0.152, 0.008, 0.044, -19.91, 0.94],
  },
  blue: {
    mean: [1.790, -0.053, -0.363, -20.75, 1.12],
    deviation: [0.298, 0.014, -0.067, -19.90, 0.58],
  },
};

function lineAndStep([p0, p1, q0, q1, q2]: LineAndStep, magnitude: number): number {
  return p0 + p1 * (magnitude + 20) + q0 * Math.tanh((magnitude - q1) / q2);
}

/**
 * Each band's rest-frame magnitude minus r (AB) at the two ends, a star-forming galaxy of u - r = 1.4
 * and an old one of 2.6, and its K-correction per unit redshift there. The optical part follows the
 * galaxy colours of Strateva et al. (2001, AJ 122, 1861) and Fukugita et al. (1995, PASP 107, 945),
 * the K-corrections are straight lines through those of Chilingarian et al. (2010, MNRAS 405, 1409)
 * up to z = 0.2, good to about 0.05 mag; the infrared part is a coarse mean of UKIDSS galaxies.
 */
const ENDS: Record<keyof Magnitudes, { blue: number; red: number; kBlue: number; kRed: number }> = {
  u: { blue: 1.40, red: 2.60, kBlue: 1.6, kRed: 2.6 },
  g: { blue: 0.38, red: 0.77, kBlue: 1.0, kRed: 2.9 },
  r: { blue: 0, red: 0, kBlue: 0.5, kRed: 1.1 },
  i: { blue: -0.22, red: -0.38, kBlue: 0.3, kRed: 0.7 },
  z: { blue: -0.35, red: -0.66, kBlue: 0.1, kRed: 0.4 },
  Y: { blue: -0.42, red: -0.78, kBlue: 0, kRed: 0.2 },
  J: { blue: -0.50, red: -0.95, kBlue: -0.1, kRed: 0 },
  H: { blue: -0.62, red: -1.20, kBlue: -0.3, kRed: -0.2 },
  K: { blue: -0.42, red: -1.05, kBlue: -1.5, kRed: -2.0 },
};

/** K-correction in r, to be added to the distance modulus. */
export function kCorrectionR(restUr: number, redshift: number): number {
  const { kBlue, kRed } = ENDS.r;
  return redshift * (kBlue + age(restUr) * (kRed - kBlue));
}

/** 0 at the star-forming end, 1 at the old end; beyond the ends the lines go on for a while. */
function age(restUr: number): number {
  return Math.min(1.3, Math.max(-0.6, (restUr - 1.4) / 1.2));
}

/**
 * Apparent magnitudes of a galaxy.
 *
 * @example
 * ```ts
 * import { apparentMagnitudes } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { g, r } = apparentMagnitudes({ absoluteMagnitude: -21.5, restUr: 2.5, redshift: 0.1 });
 * assert.ok(r > 16.8 && r < 17.1 && g - r > 0.85 && g - r < 1.05); // the red sequence at z = 0.1
 * ```
 */
export function apparentMagnitudes(
  { absoluteMagnitude, restUr, redshift }: {
    /** In r, K-corrected to z = 0. */
    absoluteMagnitude: number;
    /** Rest-frame u - r, which sets all colours. */
    restUr: number;
    /** In (0, 0.3]. */
    redshift: number;
  },
): Magnitudes {
  const modulus = distanceModulus(redshift);
  const t = age(restUr);
  const magnitudes = {} as Magnitudes;
  for (const [band, { blue, red, kBlue, kRed }] of Object.entries(ENDS)) {
    magnitudes[band as keyof Magnitudes] = absoluteMagnitude + modulus + blue + t * (red - blue) +
      redshift * (kBlue + t * (kRed - kBlue));
  }
  return magnitudes;
}
