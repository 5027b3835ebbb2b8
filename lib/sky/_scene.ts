/**
 * What else is in a galaxy's frame: stars, other galaxies, companions and accidents.
 *
 * @module
 */

import type { Prng } from "../prng.ts";
import { apparentMagnitudes, colourMagnitudeRelation } from "./colours.ts";
import type { Artifact, Companion, Galaxy, Magnitudes, Neighbour, Star, Tail } from "./galaxy.ts";
import { FRAME_IN_R90 } from "./galaxy.ts";
import { clamp, drawStructure, drawStructureOmens, logNormal } from "./structure.ts";

/** Arcsec between two nuclei that the seeing leaves apart. */
const TWO_SEEINGS = 2.6;

/** Side of the square that is filled with stars and galaxies: the frame and a little more. */
function fieldSide(petroR90: number): number {
  return FRAME_IN_R90 * petroR90 + 6;
}

/**
 * Stars to r = 23, as many per square arcmin as at the latitudes of the SDSS Legacy survey (Jurić et
 * al. 2008, ApJ 673, 864: about 1.2 to r = 20), with a field-to-field scatter; two colours, the
 * turn-off stars of the halo and thick disc and the M dwarfs. Bright ones, up to 2.5 arcmin away, are
 * listed for the glow that they send in.
 */
export function drawStars(random: Prng, { petroR90 }: { petroR90: number }): Star[] {
  const side = fieldSide(petroR90);
  const crowding = logNormal(random, 0.5);
  const stars: Star[] = [];
  for (let left = poisson(random, 1.9 * crowding * (side / 60) ** 2); left > 0; left--) {
    const r = 12 + Math.log10(1 + random.uniform() * (10 ** (0.17 * 11) - 1)) / 0.17;
    stars.push({ ...place(random, side), magnitudes: starMagnitudes(random, r) });
  }
  for (let left = poisson(random, 0.006 * crowding * 25); left > 0; left--) {
    const r = 7 + Math.log10(1 + random.uniform() * (10 ** (0.3 * 5) - 1)) / 0.3;
    stars.push({ ...place(random, 300), magnitudes: starMagnitudes(random, r) });
  }
  return stars;
}

/** A star's magnitudes: the stellar locus of Covey et al. (2007, AJ 134, 2398), in a few straight lines. */
function starMagnitudes(random: Prng, r: number): Magnitudes {
  const dwarf = random.uniform() < clamp(0.12 + 0.07 * (r - 14), 0.01, 0.62);
  if (dwarf) {
    const ri = clamp(0.55 + 0.55 * Math.abs(random.normal()), 0.55, 2);
    const gr = 1.38 + 0.06 * random.normal();
    return ladder(r, { ug: 2.5, gr, ri, iz: 0.55 * ri, zK: 1 });
  }
  const gr = clamp(0.42 + 0.2 * random.normal() + 0.2 * random.uniform(), 0.1, 1.1);
  return ladder(r, {
    ug: 0.8 + 1.2 * (gr - 0.2),
    gr,
    ri: 0.4 * gr - 0.03,
    iz: 0.2 * gr - 0.04,
    zK: 0.2,
  });
}

function ladder(
  r: number,
  { ug, gr, ri, iz, zK }: { ug: number; gr: number; ri: number; iz: number; zK: number },
): Magnitudes {
  const z = r - ri - iz;
  return {
    u: r + gr + ug,
    g: r + gr,
    r,
    i: r - ri,
    z,
    Y: z - 0.25 * zK,
    J: z - 0.5 * zK,
    H: z - 0.9 * zK,
    K: z - 0.8 * zK,
  };
}

/**
 * Galaxies behind and before: the counts of Yasuda et al. (2001, AJ 122, 1104), 0.85 per square
 * arcmin to r = 20 and 10^0.4 times as many a magnitude fainter, to r = 23; and around luminous red
 * galaxies their group.
 */
export function drawNeighbours(
  random: Prng,
  { petroR90, sequence, absoluteMagnitude, redshift, magnitudes }: Pick<
    Galaxy,
    "petroR90" | "sequence" | "absoluteMagnitude" | "redshift" | "magnitudes"
  >,
): Neighbour[] {
  const side = fieldSide(petroR90);
  const neighbours: Neighbour[] = [];
  const field = 0.85 * 10 ** (0.4 * 3) * (side / 60) ** 2 * logNormal(random, 0.3);
  for (let left = poisson(random, field); left > 0; left--) {
    const r = Math.max(14.5, 23 + Math.log10(random.uniform()) / 0.4);
    neighbours.push(drawNeighbour(random, { r, side }));
  }
  const group = sequence === "red" ? clamp(-0.9 * (absoluteMagnitude + 20.5), 0, 3) : 0.15;
  if (random.uniform() < 0.4) {
    for (let left = poisson(random, 2 * group); left > 0; left--) {
      const r = magnitudes.r + random.uniform(0.7, 5);
      const neighbour = drawNeighbour(random, { r, side });
      neighbour.magnitudes = apparentMagnitudes({
        absoluteMagnitude: absoluteMagnitude + r - magnitudes.r,
        restUr: colourMagnitudeRelation("red", -20).mean,
        redshift,
      });
      neighbours.push(neighbour);
    }
  }
  return neighbours;
}

function drawNeighbour(random: Prng, { r, side }: { r: number; side: number }): Neighbour {
  const red = random.uniform() < 0.4;
  const gr = red ? 1.1 + 0.25 * random.normal() : 0.6 + 0.22 * random.normal();
  return {
    ...place(random, side),
    magnitudes: ladder(r, { ug: 1.3, gr, ri: 0.42 * gr, iz: 0.3 * gr, zK: 0.7 }),
    sersicIndex: clamp((red ? 3.2 : 1.1) * logNormal(random, 0.25), 0.7, 5),
    halfLightRadius: 1.25 * 10 ** (-0.13 * (r - 20)) * logNormal(random, 0.35),
    axisRatio: red ? random.uniform(0.45, 1) : random.uniform(0.18, 1),
    positionAngle: random.uniform(0, 180),
  };
}

/**
 * The other galaxy of a merger: up to 1.7 mag fainter or 0.2 brighter, far enough from the middle to
 * be seen as another, nearly always within the frame, at the same redshift. It has a nucleus at
 * least, fed by the gas that tides send in (Mihos and Hernquist 1996, ApJ 464, 641).
 */
export function drawCompanion(
  random: Prng,
  { galaxy, kpcPerArcsec }: {
    galaxy: Pick<Galaxy, "absoluteMagnitude" | "redshift" | "sequence" | "petroR90">;
    kpcPerArcsec: number;
  },
): Companion {
  const absoluteMagnitude = galaxy.absoluteMagnitude + random.uniform(-0.2, 1.7);
  const alike = random.uniform() < 0.7;
  const other = galaxy.sequence === "red" ? "blue" as const : "red" as const;
  const sequence = alike ? galaxy.sequence : other;
  const { mean, deviation } = colourMagnitudeRelation(sequence, absoluteMagnitude);
  const distance = Math.max(TWO_SEEINGS, galaxy.petroR90 * random.uniform(0.4, 1.6));
  const angle = random.uniform(0, 2 * Math.PI);
  const omens = drawStructureOmens(random);
  const structure = drawStructure(random, { sequence, absoluteMagnitude, kpcPerArcsec, omens });
  structure.disturbance = Math.max(structure.disturbance, random.uniform(0.1, 0.8));
  const { bulge, disc } = structure;
  if (disc && bulge.fraction < 0.2) {
    bulge.fraction = 0.2;
    bulge.halfLightRadius = Math.min(bulge.halfLightRadius, 0.4 * disc.scaleLength);
  }
  return {
    x: distance * Math.cos(angle),
    y: distance * Math.sin(angle),
    magnitudes: apparentMagnitudes({
      absoluteMagnitude,
      restUr: mean + deviation * random.normal(),
      redshift: galaxy.redshift,
    }),
    structure,
  };
}

/**
 * One or two tidal tails, from opposite ends of the galaxy and bent the same way round it (Toomre and
 * Toomre 1972, ApJ 178, 623); the first leaves on the side away from the companion.
 */
export function drawTails(
  random: Prng,
  { petroR90, companion }: { petroR90: number; companion: Companion | null },
): Tail[] {
  const away = companion
    ? Math.atan2(companion.x, companion.y) * 180 / Math.PI // opposite to it, as a position angle
    : random.uniform(0, 360);
  const count = 1 + random.integer(2);
  const angle = away + random.uniform(-40, 40);
  const sense = random.uniform() < 0.5 ? 1 : -1;
  return Array.from({ length: count }, (_, number) => ({
    angle: angle + number * (180 + random.uniform(-20, 20)),
    length: petroR90 * random.uniform(1, 2.6),
    width: petroR90 * random.uniform(0.08, 0.16),
    bend: sense * random.uniform(50, 140),
    strength: random.uniform(0.03, 0.14),
  }));
}

/** An accident, in 3 frames of 1,000. */
export function drawArtifact(random: Prng): Artifact | null {
  if (random.uniform() > 0.003) return null;
  const dice = random.uniform();
  const angle = random.uniform(0, 180);
  if (dice < 0.5) return { kind: "star", angle, magnitude: random.uniform(9.5, 13.5) };
  if (dice < 0.8) return { kind: "trail", angle, magnitude: random.uniform(20.5, 22.5) };
  return { kind: "ghost", angle, magnitude: random.uniform(16.5, 18.5) };
}

function place(random: Prng, side: number): { x: number; y: number } {
  return { x: random.uniform(-side / 2, side / 2), y: random.uniform(-side / 2, side / 2) };
}

/** A count from the Poisson distribution, by Knuth's product of uniforms in steps of 30. */
function poisson(random: Prng, mean: number): number {
  let count = 0;
  for (let rest = mean; rest > 0; rest -= 30) {
    const limit = Math.exp(-Math.min(30, rest));
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  }
  return count;
}
