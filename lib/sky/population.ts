/**
 * Galaxies as the SDSS main sample and Galaxy Zoo 2 hold them.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import { apparentMagnitudes, colourMagnitudeRelation } from "./colours.ts";
import { kpcPerArcsec } from "./cosmology.ts";
import type { Galaxy, Structure } from "./galaxy.ts";
import { drawLuminosity, FAINT_LIMIT } from "./luminosity.ts";
import { apertureRadii, blurred, discAxisRatio } from "./petrosian.ts";
import { drawArtifact, drawCompanion, drawNeighbours, drawStars, drawTails } from "./_scene.ts";
import { drawStructure, drawStructureOmens, type StructureOmens } from "./structure.ts";

/** Smallest petroR90 in arcsec of GZ2's main sample (Willett et al. 2013, section 2.1). */
export const SMALLEST_R90 = 3;

/**
 * Draws a galaxy and its field. The same seed and index give the same galaxy, alone or among others:
 * each has a generator of its own. All arithmetic is 64-bit floating point; a JavaScript engine may
 * choose the last bit of `Math.exp` and the like, but V8, which Deno runs everywhere, brings its own
 * in software, so that machines agree.
 *
 * Luminosities, redshifts, colours and sizes follow measured relations of the SDSS main galaxy sample
 * (Strauss et al. 2002), see `luminosityFunction`, `colourMagnitudeRelation`, `sizeRelation` and
 * `drawStructure`; the selection is GZ2's: r < 17, petroR90 > 3 arcsec, 0.004 < z < 0.25.
 *
 * @throws {RangeError} When seed or index is no integer, or the index is negative
 *
 * @example
 * ```ts
 * import { drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const galaxy = drawGalaxy({ seed: 1, index: 12 });
 * assert.ok(galaxy.magnitudes.r < 17 && galaxy.petroR90 > 3);
 * assert.deepEqual(galaxy, drawGalaxy({ seed: 1, index: 12 }));
 * ```
 */
export function drawGalaxy(identity: Identity): Galaxy {
  return drawSubject(identity)!.inField();
}

/** What makes a galaxy the one that it is. */
export type Identity = {
  /** Any safe integer. */
  seed: number;
  /** Number of the galaxy, from 0. */
  index: number;
};

/** What decides of the rare things about a galaxy; see {@linkcode StructureOmens}. */
export type Omens = StructureOmens & {
  /** Whether it is a merger. */
  companion: boolean;
  /** Whether there is a gravitational arc around it. */
  arc: boolean;
};

/** A galaxy without the stars and strangers in its frame. */
export type Subject = Omit<Galaxy, "stars" | "neighbours">;

/**
 * Draws a galaxy without its field, which most galaxies that a search looks at do not need.
 *
 * @param wanted Whether to go on, asked before anything costly is drawn. @default {always}
 * @returns The galaxy, and what draws its field; undefined when it is not wanted
 */
export function drawSubject(
  { seed, index }: Identity,
  wanted: (omens: Omens) => boolean = () => true,
): { subject: Subject; inField: () => Galaxy } | undefined {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`Cannot draw a galaxy: index must be an integer from 0, ${index} found`);
  }
  const random = new Prng(seed, [streams.galaxy, index]);
  const omens = {
    companion: random.uniform() < 0.045,
    arc: random.uniform() < 0.0005,
    ...drawStructureOmens(random),
  };
  if (!wanted(omens)) return undefined;
  const body = drawSelected(random, omens);
  const companion = omens.companion
    ? drawCompanion(random, { galaxy: body, kpcPerArcsec: body.kpcPerArcsec })
    : null;
  if (companion) body.disturbance = Math.max(body.disturbance, random.uniform(0.15, 0.9));
  if (random.uniform() < (companion ? 0.6 : 0.008)) {
    body.tails = drawTails(random, { petroR90: body.petroR90, companion });
    body.disturbance = Math.max(body.disturbance, 0.3);
  }
  const subject = {
    seed,
    index,
    ...place(random),
    ...body,
    companion,
    arc: omens.arc ? drawArc(random, body.petroR90) : null,
    artifact: drawArtifact(random),
  };
  return {
    subject,
    inField: () => ({
      ...subject,
      neighbours: drawNeighbours(random, subject),
      stars: drawStars(random, subject),
    }),
  };
}

type Body = Omit<Subject, "seed" | "index" | "ra" | "dec" | "companion" | "arc" | "artifact">;

/** Draws until a galaxy passes GZ2's selection: two of three do. Nothing in it hangs on an omen. */
function drawSelected(random: Prng, omens: Omens): Body {
  for (;;) {
    const { sequence, absoluteMagnitude, redshift } = drawLuminosity(random);
    const { mean, deviation } = colourMagnitudeRelation(sequence, absoluteMagnitude);
    const scale = kpcPerArcsec(redshift);
    const given = { sequence, absoluteMagnitude, kpcPerArcsec: scale, omens };
    const structure = drawStructure(random, given);
    const restUr = mean + deviation * random.normal() + reddening(structure);
    const magnitudes = apparentMagnitudes({ absoluteMagnitude, restUr, redshift });
    if (magnitudes.r >= FAINT_LIMIT) continue;
    const { petroR50, petroR90 } = blurred(apertureRadii(structure));
    if (petroR90 <= SMALLEST_R90) continue;
    return {
      ...structure,
      redshift,
      sequence,
      absoluteMagnitude,
      restUr,
      magnitudes,
      petroR50,
      petroR90,
      concentration: petroR90 / petroR50,
      kpcPerArcsec: scale,
    };
  }
}

function drawArc(random: Prng, petroR90: number): Galaxy["arc"] {
  return {
    radius: random.uniform(0.8, 1.4) * petroR90,
    angle: random.uniform(0, 360),
    extent: random.uniform(30, 140),
    magnitude: random.uniform(18.3, 20),
  };
}

/** Inclined discs are redder (Masters et al. 2010, MNRAS 404, 792); the mean is in the relation. */
function reddening({ class: galaxyClass, disc }: Structure): number {
  if (galaxyClass !== "spiral") return 0;
  return 0.4 * (-Math.log10(discAxisRatio(disc!)) - 0.27);
}

/** A place in the northern footprint of the SDSS Legacy survey, evenly on the sphere. */
function place(random: Prng): { ra: number; dec: number } {
  const sin = random.uniform(Math.sin(-3 * Math.PI / 180), Math.sin(65 * Math.PI / 180));
  return { ra: random.uniform(120, 245), dec: Math.asin(sin) * 180 / Math.PI };
}
