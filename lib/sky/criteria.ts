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
  t01: { slope: 0.876, scatter: 0.066, bias: [3.902, -0.031, 0.739] },
  t02: { slope: 7.245, scatter: 0.001, bias: [-8.765, 0] },
  t03: { slope: 0.682, scatter: 0.381, bias: [-2.486, 0] },
  t04: { slope: 1.276, scatter: 0.164, bias: [-2.516, 0.8] },
  t05: { slope: 3.132, scatter: 0.387, bias: [-0.104, 1.574, 0.771, -1.534] },
  t06: { slope: 0.5, scatter: 0.078, bias: [-2.713, 0] },
  t07: { slope: 1, scatter: 0.068, bias: [0.675, 0.3, -1.202] },
  t08: {
    slope: 0.463,
    scatter: 0.206,
    bias: [0.487, -0.296, -0.65, -0.683, 1.375, -0.254, -2.254],
  },
  t09: { slope: 3.388, scatter: 0.391, bias: [-1.278, -0.715, 0.6] },
  t10: { slope: 6.178, scatter: 0.35, bias: [0.573, 0.075, -2.099] },
  t11: { slope: 4.5, scatter: 0.338, bias: [0.377, 0.396, 0.077, -0.341, 0.006, 2.9] },
};

/** Signal-to-noise ratio at which a structure begins to be seen. */
const SEEN = 5;

/**
 * Evidence for each answer of each question, in the order of the GZ2 tree. Answers that stand in an
 * order (bulge, winding) have evidence in steps, as in the adjacent-categories logit.
 */
export function evidenceOf(seen: Impression): Readonly<Record<string, readonly number[]>> {
  const { ring, lensOrArc, disturbed, irregular, merger, dustLane, other, artifact } = seen;
  const flat = -Math.log(seen.axisRatio);
  const features = strength(
    seen.arms,
    0.8 * seen.bar,
    0.7 * ring,
    0.4 * lensOrArc,
    0.5 * disturbed,
    irregular,
    0.7 * dustLane,
    0.05 * merger,
  ) + 0.6 * Math.max(0, flat - 0.5) + 0.7 * (1 - seen.bulge); // of a disc as such
  const odd = strength(
    1.5 * ring,
    lensOrArc,
    disturbed,
    irregular,
    0.3 * merger,
    dustLane,
    0.1 * other,
  );
  // Pitch and number are as plain as the arms themselves.
  const plain = seen.arms / (seen.arms + 3 * SEEN);
  const number = seen.flocculent ? 0.15 * plain : plain;
  const winding = plain * Math.log(seen.pitch / 17);
  const bulge = Math.sqrt(seen.bulge);
  return {
    t01: [0, features, (artifact ? 5 : 0) + 0.5 * seen.starlike],
    t02: [flat, 0],
    t03: [strength(seen.bar), 0],
    t04: [strength(seen.arms), 0],
    t05: [0, bulge, 2 * bulge, 3 * bulge],
    t06: [odd, 0],
    t07: [0.95, 0.65, 0.25].map((centre) => -(((seen.axisRatio - centre) / 0.2) ** 2)),
    t08: [1.5 * ring, lensOrArc, disturbed, irregular, 0.05 * other, 0.3 * merger, dustLane]
      .map((value) => strength(value)),
    t09: [Math.log1p(seen.bulge / 0.03), strength(seen.boxy), 0],
    t10: [-winding, 0, winding],
    t11: [1, 2, 3, 4, 5.5]
      .map((count) => number * (1 - Math.min(2, Math.abs(seen.armCount - count))))
      .concat(0),
  };
}

/** How plain several things are together: in proportion below what is seen, then by the root. */
function strength(...ratios: readonly number[]): number {
  return Math.sqrt(1 + 2 * Math.hypot(...ratios) / SEEN) - 1;
}
