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
  t01: { slope: 0.275, scatter: 0.383, bias: [2.237, -0.542, -1.015] },
  t02: { slope: 8.202, scatter: 0.259, bias: [-8.859, 0] },
  t03: { slope: 0.707, scatter: 0.163, bias: [-2.468, 0] },
  t04: { slope: 1.326, scatter: 0.181, bias: [-3.036, 0.8] },
  t05: { slope: 1.778, scatter: 0.38, bias: [-0.921, 0.4, -0.993, -4.582] },
  t06: { slope: 0.399, scatter: 0.33, bias: [-2.671, 0] },
  t07: { slope: 1, scatter: 0.23, bias: [0.952, 0.3, -2.152] },
  t08: {
    slope: 0.347,
    scatter: 0.246,
    bias: [-0.168, -0.262, -0.271, -0.311, 1.411, -0.013, -2.871],
  },
  t09: { slope: 3.119, scatter: 0.386, bias: [-0.896, -1.147, 1] },
  t10: { slope: 6.413, scatter: 0.371, bias: [0.475, 0.075, -1.812] },
  t11: { slope: 6.5, scatter: 0.2, bias: [0.2, 0.35, -1.2, -0.323, -0.702, 2.85] },
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
    0.6 * irregular,
    0.1 * dustLane, // odd, but smooth galaxies have them too
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
  // Pitch is as plain as the arms, their number as each of them; that of broken arms hardly is.
  const plain = seen.arms / (seen.arms + 8 * SEEN);
  const each = seen.arms * 2 / Math.max(2, seen.armCount);
  const number = (seen.flocculent ? 0.4 : 1) * each ** 2 / (each ** 2 + (8 * SEEN) ** 2);
  const winding = plain * Math.log(seen.pitch / 17);
  const bulge = Math.log1p(seen.bulge / 0.03);
  // Where there is hardly a disc, nothing tells the bulge from the rest.
  const disc = Math.min(1, (1 - seen.bulge) / 0.3);
  const prominence = Math.log1p((seen.bulge * disc + 0.03 * (1 - disc)) / 0.03);
  return {
    // Convex: half-seen features convince few, plain ones everybody.
    t01: [0, features ** 1.5, (artifact ? 22 : 0) + 2 * seen.starlike],
    t02: [flat, 0],
    t03: [strength(seen.bar), 0],
    // Patches, rings and streams pass for arms.
    t04: [strength(seen.arms, 0.4 * irregular, 0.3 * ring, 0.2 * disturbed), 0],
    t05: [0, prominence, 2 * prominence, 3 * prominence],
    t06: [odd, 0],
    t07: [0.95, 0.65, 0.25].map((centre) => -(((seen.axisRatio - centre) / 0.2) ** 2)),
    // A ring or a lane that is plain is what anybody would name.
    t08: [
      1.5 * strength(4 * ring),
      strength(lensOrArc),
      strength(disturbed),
      strength(irregular),
      strength(0.05 * other),
      strength(0.3 * merger),
      1.7 * strength(dustLane),
    ],
    // What is not flat looks round.
    t09: [
      bulge + 0.5 * Math.max(0, 1 - flat),
      strength(0.5 * seen.boxy * Math.min(1, flat) ** 2),
      0,
    ],
    t10: [-winding, 0, winding],
    t11: [1, 2, 3, 4, 5.5]
      .map((count) => number * (1 - 0.6 * Math.abs(seen.armCount - count)))
      .concat(0),
  };
}

/** How plain several things are together: in proportion below what is seen, then by the root. */
function strength(...ratios: readonly number[]): number {
  return Math.sqrt(1 + 2 * Math.hypot(...ratios) / SEEN) - 1;
}
