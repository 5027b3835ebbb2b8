/**
 * What stands out in a galaxy's picture. A volunteer judges by this, not by the truth: each structure
 * is drawn and left out, and what the difference is worth in the picture's noise is what can be seen
 * of it.
 *
 * @module
 */

import { CoarsePicture } from "./_coarse_picture.ts";
import type { Galaxy } from "./galaxy.ts";
import { lookAt, PARTS } from "./_look.ts";
import { strangersOf, together } from "./_strangers.ts";
import { type SurveyName, surveyNamed } from "./survey.ts";

/**
 * How plain each thing is. Where nothing else is said it is the signal-to-noise ratio of a matched
 * filter on the difference that the thing makes to the picture: 0 where it is absent, and about 5
 * where it begins to be seen.
 */
export type Impression = {
  /** Minor over major axis of what is seen, in (0, 1]. */
  axisRatio: number;
  /** Share of what is seen that goes with the spheroid, in [0, 1]. */
  bulge: number;
  arms: number;
  /** Angle in degrees between the arms and a circle; of no arms 20. */
  pitch: number;
  /** Number of arms, 0 to 6. */
  armCount: number;
  /** Whether arms are short and broken. */
  flocculent: boolean;
  bar: number;
  ring: number;
  lensOrArc: number;
  disturbed: number;
  /** Patches and knots of an irregular's disc. */
  irregular: number;
  dustLane: number;
  /** A box or peanut. */
  boxy: number;
  /** Another galaxy that touches this one. */
  merger: number;
  /** A star on top of the galaxy. */
  other: number;
  /** Whether a star, trail or ghost is in the galaxy's place. */
  artifact: boolean;
  /** From 0 to 1: the galaxy is little larger than a star would look. */
  starlike: number;
};

/**
 * What a galaxy's picture shows.
 *
 * Each structure is drawn on the smooth galaxy, bulge and disc, and the picture compared with that of
 * the smooth galaxy alone: at this galaxy's seeing, in the survey's noise, after its stretch. So the
 * same galaxy looks smoother the farther it is, which is what debiasing has to undo.
 *
 * @example
 * ```ts
 * import { impressionOf, drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const galaxy = drawGalaxy({ seed: 1, index: 2 }); // a spiral
 * assert.ok(impressionOf(galaxy).arms > 0);
 * assert.equal(impressionOf({ ...galaxy, arms: null }).arms, 0);
 * ```
 */
export function impressionOf(galaxy: Galaxy, survey: SurveyName = "sdss"): Impression {
  if (galaxy.artifact) return { ...nothing, artifact: true };
  const { arms, lens, arc, tails, shells, disturbance, knots, disc, bulge } = galaxy;
  const look = lookAt(galaxy, new CoarsePicture(galaxy, surveyNamed(survey)));
  const { picture, plain, seen } = look;
  const irregular = galaxy.class === "irregular";
  return {
    axisRatio: PARTS.axisRatio(look),
    bulge: PARTS.bulge(look),
    arms: PARTS.arms(look),
    pitch: arms?.pitch ?? 20,
    armCount: arms?.count ?? 0,
    flocculent: arms?.flocculent ?? false,
    bar: PARTS.bar(look),
    ring: PARTS.ring(look),
    lensOrArc: Math.hypot(
      lens ? seen({ lens }) : 0,
      arc ? picture.difference(together(plain, picture.drawArc(arc)), plain) : 0,
    ),
    disturbed: disturbance > SLIGHT || tails.length > 0 || shells
      ? seen({ disturbance, tails, shells })
      : 0,
    irregular: irregular ? seen({ class: "irregular", knots }) : 0,
    dustLane: PARTS.dustLane(look),
    boxy: disc && disc.inclination > INCLINED && bulge.boxiness > 0 ? seen({ bulge }) : 0,
    ...strangersOf(look),
    artifact: false,
    starlike: starlikeness(galaxy.petroR50, picture.fwhm),
  };
}

/** Disturbances below this one, in most discs, are not seen by anybody. */
const SLIGHT = 0.15;
/** Degrees above which a box shows as one. */
const INCLINED = 60;

const nothing: Impression = {
  axisRatio: 1,
  bulge: 1,
  arms: 0,
  pitch: 20,
  armCount: 0,
  flocculent: false,
  bar: 0,
  ring: 0,
  lensOrArc: 0,
  disturbed: 0,
  irregular: 0,
  dustLane: 0,
  boxy: 0,
  merger: 0,
  other: 0,
  artifact: false,
  starlike: 0,
};

function starlikeness(petroR50: number, fwhm: number): number {
  return Math.min(1, Math.max(0, 1.6 - petroR50 / fwhm));
}
