/**
 * A look at a galaxy: its smooth picture, and what single structures add to it.
 *
 * @module
 */

import { CoarsePicture } from "./_coarse_picture.ts";
import type { Galaxy, Structure } from "./galaxy.ts";
import type { Subject } from "./population.ts";
import { strangersOf } from "./_strangers.ts";
import { featureless } from "./structure.ts";
import { type SurveyName, surveyNamed } from "./survey.ts";

/** A galaxy under somebody's eyes. */
export type Look = {
  galaxy: Galaxy;
  picture: CoarsePicture;
  /** The galaxy's bulge and disc, without anything in them. */
  bare: Structure;
  /** Their picture. */
  plain: Float32Array;
  /** How plain it is what changes make of the smooth galaxy: see `Impression`. */
  seen: (changes: Partial<Structure>) => number;
};

/** Looks at a galaxy. */
export function lookAt(galaxy: Galaxy, picture: CoarsePicture): Look {
  const bare = {
    ...galaxy,
    class: galaxy.class === "irregular" ? "spiral" as const : galaxy.class,
    bulge: { ...galaxy.bulge, boxiness: 0 },
    ...featureless(),
  };
  const plain = picture.draw(bare);
  const seen = (changes: Partial<Structure>) =>
    picture.difference(picture.draw({ ...bare, ...changes }), plain);
  return { galaxy, picture, bare, plain, seen };
}

/** What can be looked at alone, as `Impression` has it; what costs and tells the least comes last. */
export const PARTS = {
  axisRatio: axisRatioOf,
  bulge: (look: Look) => look.galaxy.disc === null ? 1 : bulgeOf(look),
  dustLane: ({ galaxy: { dustLane }, seen }: Look) => dustLane ? seen({ dustLane }) : 0,
  merger: (look: Look) => strangersOf(look).merger,
  ring: ({ galaxy: { rings }, seen }: Look) => rings.length > 0 ? seen({ rings }) : 0,
  bar: ({ galaxy: { bar }, seen }: Look) => bar ? seen({ bar }) : 0,
  // A bar without light: arms start at its ends.
  arms: ({ galaxy: { arms, knots, bar }, seen }: Look) =>
    arms ? seen({ arms, knots, bar: bar && { ...bar, strength: 0 } }) : 0,
};

/** What can be looked at alone. */
export type Part = keyof typeof PARTS;

/** Grey levels above which light belongs to the galaxy, not to the sky. */
const FAINTEST = 6;

/** Axis ratio by the second moments of what is seen above the sky. */
function axisRatioOf({ picture, plain: light }: Look): number {
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
function bulgeOf({ picture, bare, plain }: Look): number {
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

/** Pixels a side of a glimpse: half of a look's, for a quarter of the time. */
const SIDE = 16;

/**
 * A glimpse of a galaxy without its field: how plain its structures are, within a third or so of
 * what a closer look finds, each in a fraction of the time of a whole impression. Behind an artifact
 * nothing is seen: NaN.
 */
export function glimpseOf(subject: Subject, survey: SurveyName): (part: Part) => number {
  if (subject.artifact) return () => NaN;
  const galaxy = { ...subject, neighbours: [], stars: [] };
  let look: Look | undefined; // once anything is asked
  const seen = new Map<Part, number>();
  return (part) => {
    look ??= lookAt(galaxy, new CoarsePicture(galaxy, surveyNamed(survey), { side: SIDE }));
    if (!seen.has(part)) seen.set(part, PARTS[part](look));
    return seen.get(part)!;
  };
}
