/**
 * From what a picture shows to how likely each button is clicked.
 *
 * Each answer's evidence is a number from the {@linkcode Impression}; a typical volunteer clicks it
 * with probability softmax(slope · evidence + bias). The biases, slopes and the scatter from galaxy
 * to galaxy are fitted to the vote fractions of Galaxy Zoo 2's Stripe 82 coadded images (Willett et
 * al. 2013, MNRAS 435, 2835, table 5) by `deno task sky-calibration --fit`.
 *
 * @module
 */

import type { Impression } from "./perception.ts";

/** How a question is judged. */
export type Criterion = {
  /** Weight of the evidence. */
  slope: number;
  /** Standard deviation, from galaxy to galaxy, of what the evidence does not tell. */
  scatter: number;
  /** Inclination to each answer when there is no evidence. */
  bias: readonly number[];
};

/** The criteria of all questions of the GZ2 tree, by question. */
export type Criteria = Readonly<Record<string, Criterion>>;

/** The fitted criteria. */
export const gz2Criteria: Criteria = {
  t01: { slope: 7.523, scatter: 0.188, bias: [1.1, -1.325, -2.95] },
  t02: { slope: 9.574, scatter: 0.375, bias: [-5.275, 0] },
  t03: { slope: 12.408, scatter: 0.375, bias: [-2.1, 0] },
  t04: { slope: 8.923, scatter: 0.375, bias: [-2.825, 0] },
  t05: { slope: 1.001, scatter: 0.375, bias: [-2.65, -0.6, 0.3, 2.625] },
  t06: { slope: 5.053, scatter: 0.375, bias: [-2.75, 0] },
  t07: { slope: 1, scatter: 0.337, bias: [1.05, 0.3, -1.875] },
  t08: {
    slope: 6.608,
    scatter: 0.264,
    bias: [-0.075, -0.85, -2.05, -1.525, 0.225, -0.275, -2.125],
  },
  t09: { slope: 8.066, scatter: 0.225, bias: [1.875, 0.675, 0] },
  t10: { slope: 1.223, scatter: 0.225, bias: [1.875, -0.3, -0.975] },
  t11: { slope: 2, scatter: 0.375, bias: [-0.475, 0, -1.375, -1.525, -1.075, 2.7] },
};

/** Evidence for each answer of each question, in the order of the GZ2 tree. */
export function evidenceOf(seen: Impression): Readonly<Record<string, readonly number[]>> {
  const { ring, lensOrArc, disturbed, irregular, merger, dustLane, other } = seen;
  const features = either(
    seen.arms,
    // A thin disc without a bulge passes for a smooth cigar.
    0.5 * seen.edgeOn,
    0.7 * seen.edgeOnBulge,
    0.6 * seen.bar,
    0.15 * seen.disc,
    0.7 * ring,
    0.6 * irregular,
    0.4 * disturbed,
    0.5 * dustLane,
    0.1 * merger,
  );
  const odd = either(
    0.7 * ring,
    lensOrArc,
    disturbed,
    0.7 * irregular,
    merger,
    0.7 * dustLane,
    0.6 * other,
  );
  const winding = Math.log(seen.pitch);
  return {
    // Convex: half-seen features convince few, plain ones everybody.
    t01: [0, features ** 2, 1.5 * seen.artifact + 0.2 * seen.starlike],
    t02: [seen.edgeOn, 0],
    t03: [seen.bar, 0],
    t04: [seen.arms, 0],
    t05: [0, 0.15, 0.4, 0.8].map((centre) => -(((seen.bulge - centre) / 0.25) ** 2)),
    t06: [odd, 0],
    t07: [0.95, 0.65, 0.25].map((centre) => -(((seen.axisRatio - centre) / 0.2) ** 2)),
    t08: [ring, lensOrArc, disturbed, irregular, 0.6 * other, merger, dustLane],
    t09: [seen.edgeOnBulge, seen.boxy, 0.3],
    t10: [10, 18, 30].map((centre) => -(((winding - Math.log(centre)) / 0.5) ** 2)),
    t11: [1, 2, 3, 4, 5.5].map((count) => -Math.min(2, Math.abs(seen.armCount - count)))
      .concat(-1 - 2 * (1 - 0.5 * seen.flocculent) * seen.arms),
  };
}

function either(...values: readonly number[]): number {
  return 1 - values.reduce((rest, value) => rest * (1 - Math.min(1, Math.max(0, value))), 1);
}
