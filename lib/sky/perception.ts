/**
 * What stands out in a galaxy's picture. A volunteer judges by this, not by the truth: each structure
 * is drawn and left out, and what the difference is worth in the picture's noise is what can be seen
 * of it.
 *
 * @module
 */

import { CoarsePicture } from "./_coarse_picture.ts";
import type { Galaxy, Structure } from "./galaxy.ts";
import { featureless } from "./structure.ts";
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
  const { arms, bar, rings, lens, arc, dustLane, tails, shells, disturbance, knots, disc, bulge } =
    galaxy;
  const picture = new CoarsePicture(galaxy, surveyNamed(survey));
  const bare = smooth(galaxy);
  const plain = picture.draw(bare);
  const seen = (changes: Partial<Structure>) =>
    picture.difference(picture.draw({ ...bare, ...changes }), plain);
  const irregular = galaxy.class === "irregular";
  return {
    axisRatio: axisRatioOf(picture, plain),
    bulge: disc === null ? 1 : bulgeOf(picture, { bare, plain }),
    // A bar without light: arms start at its ends.
    arms: arms ? seen({ arms, knots, bar: bar && { ...bar, strength: 0 } }) : 0,
    pitch: arms?.pitch ?? 20,
    armCount: arms?.count ?? 0,
    flocculent: arms?.flocculent ?? false,
    bar: bar ? seen({ bar }) : 0,
    ring: rings.length > 0 ? seen({ rings }) : 0,
    lensOrArc: Math.hypot(
      lens ? seen({ lens }) : 0,
      arc ? picture.difference(sum(plain, picture.drawArc(arc)), plain) : 0,
    ),
    disturbed: disturbance > SLIGHT || tails.length > 0 || shells
      ? seen({ disturbance, tails, shells })
      : 0,
    irregular: irregular ? seen({ class: "irregular", knots }) : 0,
    dustLane: dustLane ? seen({ dustLane }) : 0,
    boxy: disc && disc.inclination > INCLINED && bulge.boxiness > 0 ? seen({ bulge }) : 0,
    ...strangersOf(galaxy, { picture, plain }),
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

/** The galaxy's bulge and disc, without anything in them. */
function smooth(galaxy: Structure): Structure {
  return {
    ...galaxy,
    class: galaxy.class === "irregular" ? "spiral" : galaxy.class,
    bulge: { ...galaxy.bulge, boxiness: 0 },
    ...featureless(),
  };
}

function sum(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((light, pixel) => light + other[pixel]);
}

/** Grey levels above which light belongs to the galaxy, not to the sky. */
const FAINTEST = 6;

/** Axis ratio by the second moments of what is seen above the sky. */
function axisRatioOf(picture: CoarsePicture, light: Float32Array): number {
  const { side } = picture;
  let [total, xx, xy, yy] = [0, 0, 0, 0];
  for (let pixel = 0; pixel < light.length; pixel++) {
    const level = picture.level(light[pixel]) - FAINTEST;
    if (level <= 0) continue;
    const x = pixel % side - (side - 1) / 2;
    const y = Math.floor(pixel / side) - (side - 1) / 2;
    total += level;
    xx += level * x * x;
    xy += level * x * y;
    yy += level * y * y;
  }
  if (total === 0) return 1;
  const spread = Math.hypot(xx - yy, 2 * xy);
  return Math.sqrt((xx + yy - spread) / (xx + yy + spread));
}

/** Share of what is seen that would go with the bulge. */
function bulgeOf(
  picture: CoarsePicture,
  { bare, plain }: { bare: Structure; plain: Float32Array },
): number {
  const { fraction } = bare.bulge;
  if (fraction === 0) return 0;
  const spheroid = picture.draw({ ...bare, disc: null });
  let [all, bulge] = [0, 0];
  for (let pixel = 0; pixel < plain.length; pixel++) {
    const level = picture.level(plain[pixel]);
    all += level;
    bulge += level - picture.level(plain[pixel] - fraction * spheroid[pixel]);
  }
  return all > 0 ? bulge / all : 0;
}

/** Magnitudes by which a stranger may be fainter than the galaxy and still be looked at. */
const FAINTER = 4;

/**
 * Other galaxies that pass for a part of a merger, and stars on top. What counts is what they add to
 * the picture, that a second peak can be told from the galaxy's, and that light joins the two.
 */
function strangersOf(
  { companion, neighbours, stars, magnitudes, petroR90 }: Galaxy,
  { picture, plain }: { picture: CoarsePicture; plain: Float32Array },
): { merger: number; other: number } {
  let [merger, other] = [0, 0];
  const counts = ({ x, y, magnitudes: { r } }: typeof stars[number]) =>
    r < magnitudes.r + FAINTER && Math.hypot(x, y) < 1.7 * petroR90;
  for (const galaxy of [...(companion ? [companion] : []), ...neighbours]) {
    if (!counts(galaxy)) continue;
    const light = picture.drawOther(galaxy);
    const parts = apart(picture, { plain, light, ...galaxy });
    merger = Math.hypot(merger, parts);
  }
  for (const star of stars) {
    if (!counts(star)) continue;
    other = Math.hypot(other, apart(picture, { plain, light: picture.drawStar(star), ...star }));
  }
  return { merger, other };
}

/** Grey levels between two peaks that make them two, and that join them. */
const DIP = 12;
const BRIDGE = 15;

function apart(
  picture: CoarsePicture,
  { plain, light, x, y }: { plain: Float32Array; light: Float32Array; x: number; y: number },
): number {
  const { side, pixelScale } = picture;
  const both = sum(plain, light);
  const levelAt = (share: number) => {
    const column = Math.round(share * x / pixelScale + (side - 1) / 2);
    const row = Math.round(share * y / pixelScale + (side - 1) / 2);
    return column >= 0 && column < side && row >= 0 && row < side
      ? picture.level(both[row * side + column])
      : 0;
  };
  const peak = levelAt(1);
  let saddle = peak;
  for (let step = 0; step < 32; step++) saddle = Math.min(saddle, levelAt(step / 32));
  const dip = Math.min(1, (peak - saddle) / DIP);
  const bridge = Math.min(1, saddle / BRIDGE);
  return dip * bridge * picture.difference(both, plain);
}

function starlikeness(petroR50: number, fwhm: number): number {
  return Math.min(1, Math.max(0, 1.6 - petroR50 / fwhm));
}
