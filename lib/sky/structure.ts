/**
 * Drawing what a galaxy looks like from its sequence, luminosity and inclination.
 *
 * @module
 */

import type { Prng } from "../prng.ts";
import type { Sequence } from "./colours.ts";
import type { Arms, Bar, Disc, DustLane, GalaxyClass, Ring, Structure } from "./galaxy.ts";
import { apertureRadii, discAxisRatio } from "./petrosian.ts";

/**
 * Half-light radius in kpc at an absolute magnitude: the log-normal of Shen et al. (2003, MNRAS 343,
 * 978), table 1, Sérsic half-light radii. Early types: their eq. 17, late types: eq. 18; the scatter
 * in ln R: eq. 19.
 *
 * @example
 * ```ts
 * import { sizeRelation } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sizeRelation("late", -20.91).median.toFixed(2), "3.47");
 * ```
 */
export function sizeRelation(
  type: "early" | "late",
  absoluteMagnitude: number,
): { median: number; deviation: number } {
  const luminosity = 10 ** (-0.4 * (absoluteMagnitude + 20.91));
  const log = type === "early"
    ? -0.4 * 0.65 * Math.min(absoluteMagnitude, -19) - 5.06 // fainter ones keep their size
    : -0.4 * 0.26 * absoluteMagnitude + (0.51 - 0.26) * Math.log10(1 + luminosity) - 1.71;
  return { median: 10 ** log, deviation: 0.27 + (0.45 - 0.27) / (1 + luminosity ** 2) };
}

/**
 * What decides of the rare things in a structure. It is drawn before all else, and depends on
 * nothing, so that a search for them can leave the rest undrawn.
 */
export type StructureOmens = {
  /** Whether it has a dust lane, if it is an early type. */
  earlyLane: boolean;
  /** What {@linkcode armCountOf} goes by, evenly in [0, 1). */
  arms: number;
};

/** Draws what decides of the rare things: one early type in 130 has a lane. */
export function drawStructureOmens(random: Prng): StructureOmens {
  return { earlyLane: random.uniform() < 1 / 130, arms: random.uniform() };
}

/**
 * The number of arms of a grand design: two in most, three or four in many, as Hart et al. (2016,
 * MNRAS 461, 3663) count them; one where a disc is lopsided, which a good part of all are (Rix and
 * Zaritsky 1995, ApJ 447, 82).
 */
export function armCountOf({ arms }: StructureOmens, { barred }: { barred: boolean }): number {
  if (arms < 0.68 || barred && arms < 0.8) return 2;
  if (arms < 0.8) return 3;
  if (arms < 0.88) return 4;
  if (arms < 0.96) return 1;
  return arms < 0.98 ? 5 : 6;
}

/** What a structure is drawn from. */
type Given = {
  sequence: Sequence;
  absoluteMagnitude: number;
  /** Kiloparsecs in an arcsec, to have sizes in arcsec. */
  kpcPerArcsec: number;
  omens: StructureOmens;
};

/**
 * Draws a structure.
 *
 * Shares of the classes follow the sequences and luminosities (red: mostly ellipticals and
 * lenticulars, the brighter the more ellipticals; blue: spirals, and irregulars when faint). The
 * rest are typical numbers with a wide scatter: bulge fractions and sizes by Graham and Worley (2008,
 * MNRAS 388, 1708), pitch angles by Kennicutt (1981, AJ 86, 1847), kinds of arms by Elmegreen et al.
 * (2011, ApJ 737, 32), bars in 3 of 10 discs by Masters et al. (2011, MNRAS 411, 2026), boxes and
 * peanuts in fewer than the 45 % of Lütticke et al. (2000, A&AS 145, 405), who looked closer than
 * volunteers do, dust lanes in one early type of 130 by Kaviraj et al. (2012, MNRAS 423, 49).
 */
export function drawStructure(random: Prng, given: Given): Structure {
  const galaxyClass = drawClass(random, given);
  const stage = drawStage(random, { ...given, galaxyClass });
  const inclination = Math.acos(random.uniform()) * 180 / Math.PI;
  const structure: Structure = galaxyClass === "elliptical"
    ? spheroid(random, given)
    : discGalaxy(random, { ...given, galaxyClass, stage, inclination });
  // Dust dims inclined spirals: one as bright as seen is brighter, hence larger, than it looks
  // (Masters et al. 2010, MNRAS 404, 792).
  const dimming = galaxyClass === "spiral" ? -0.8 * Math.log10(discAxisRatio(structure.disc!)) : 0;
  const absoluteMagnitude = given.absoluteMagnitude - dimming;
  scaleTo(structure, halfLightInArcsec(random, { ...given, absoluteMagnitude, galaxyClass }));
  if (galaxyClass !== "elliptical") addDiscFeatures(random, structure, { ...given, stage });
  if (galaxyClass !== "irregular") addEarlyFeatures(random, structure, given.omens);
  return structure;
}

function drawClass(random: Prng, { sequence, absoluteMagnitude }: Given): GalaxyClass {
  const dice = random.uniform();
  if (sequence === "red") {
    const elliptical = clamp(0.45 - 0.12 * (absoluteMagnitude + 21.3), 0.2, 0.8);
    if (dice < elliptical) return "elliptical";
    return dice < elliptical + 0.62 * (1 - elliptical) ? "lenticular" : "spiral";
  }
  const irregular = clamp(0.06 + 0.12 * (absoluteMagnitude + 19.8), 0.015, 0.5);
  if (dice < irregular) return "irregular";
  return dice < irregular + 0.07 ? "lenticular" : "spiral";
}

/** Stage along the Hubble sequence: 0 for S0/a, 0.5 about Sbc, 1 for Sdm. */
function drawStage(
  random: Prng,
  { sequence, absoluteMagnitude, galaxyClass }: Given & { galaxyClass: GalaxyClass },
): number {
  if (galaxyClass === "irregular") return 1;
  if (galaxyClass === "lenticular") return 0;
  const mean = (sequence === "red" ? 0.22 : 0.52) + 0.07 * (absoluteMagnitude + 20.8);
  return clamp(mean + 0.17 * random.normal(), 0.02, 1);
}

function spheroid(random: Prng, { absoluteMagnitude }: Given): Structure {
  return {
    ...bare(random, "elliptical"),
    bulge: {
      fraction: 1,
      sersicIndex: clamp(3.3 - 0.55 * (absoluteMagnitude + 21) + 0.8 * random.normal(), 2, 6),
      halfLightRadius: 1,
      axisRatio: clamp(0.78 + 0.14 * random.normal(), 0.42, 1),
      boxiness: clamp(0.1 * random.normal(), 0, 0.3),
    },
    colourGradient: random.uniform(-0.1, 0),
  };
}

function discGalaxy(
  random: Prng,
  { galaxyClass, stage, inclination }: Given & {
    galaxyClass: GalaxyClass;
    stage: number;
    inclination: number;
  },
): Structure {
  const lenticular = galaxyClass === "lenticular";
  const irregular = galaxyClass === "irregular";
  const disc: Disc = {
    scaleLength: 1,
    inclination,
    thickness: clamp(
      (lenticular ? 0.23 : irregular ? 0.3 : 0.18 - 0.09 * stage) + 0.025 * random.normal(),
      0.06,
      0.4,
    ),
    truncation: random.uniform(4, 6.2),
  };
  const fraction = irregular
    ? 0
    : clamp((lenticular ? 0.42 : 0.36 * (1 - stage) ** 1.3) * logNormal(random, 0.35), 0.005, 0.7);
  const flattening = random.uniform(0.5, 0.9); // of the bulge, seen from the edge
  // A box is a bar seen from the edge: wide, and nowhere steep (Bureau et al. 2006, MNRAS 370, 753).
  const boxiness = random.uniform() < 0.2 ? random.uniform(0.3, 1) : 0;
  const cos = Math.cos(inclination * Math.PI / 180);
  return {
    ...bare(random, galaxyClass),
    bulge: {
      fraction,
      sersicIndex: clamp(
        (lenticular ? 2.8 : 2.9 - 1.9 * stage) * logNormal(random, 0.25),
        0.8,
        boxiness ? 1.2 : 4.5,
      ),
      halfLightRadius: (lenticular ? 0.5 : 0.42 - 0.2 * stage) * (boxiness ? 1.4 : 1) *
        logNormal(random, 0.3),
      axisRatio: Math.sqrt(cos * cos + flattening * flattening * (1 - cos * cos)),
      boxiness,
    },
    disc,
    colourGradient: lenticular
      ? random.uniform(-0.15, -0.02)
      : irregular
      ? 0
      : random.uniform(-0.45, -0.15),
  };
}

function bare(random: Prng, galaxyClass: GalaxyClass): Structure {
  return {
    class: galaxyClass,
    positionAngle: random.uniform(0, 180),
    bulge: { fraction: 0, sersicIndex: 1, halfLightRadius: 1, axisRatio: 1, boxiness: 0 },
    disc: null,
    ...featureless(),
    colourGradient: 0,
  };
}

/** What a galaxy has of structures beside bulge and disc where it has none. */
export function featureless() {
  return {
    arms: null,
    bar: null,
    rings: [],
    lens: null,
    dustLane: null,
    knots: { count: 0, strength: 0 },
    shells: null,
    tails: [],
    disturbance: 0,
  } satisfies Partial<Structure>;
}

function halfLightInArcsec(
  random: Prng,
  { absoluteMagnitude, kpcPerArcsec, galaxyClass }: Given & { galaxyClass: GalaxyClass },
): number {
  const early = galaxyClass === "elliptical" || galaxyClass === "lenticular";
  const { median, deviation } = sizeRelation(early ? "early" : "late", absoluteMagnitude);
  return median * Math.exp(deviation * random.normal()) / kpcPerArcsec;
}

/**
 * Scales a structure of unit disc or bulge so that half of its light, seen face-on, lies within
 * `halfLight`. Shen's circles on galaxies at any inclination are taken for those of face-on ones.
 */
function scaleTo(structure: Structure, halfLight: number): void {
  const { bulge, disc } = structure;
  if (!disc) {
    bulge.halfLightRadius = halfLight / Math.sqrt(bulge.axisRatio);
    return;
  }
  const faceOn = { ...disc, inclination: 0 };
  const round = { ...bulge, axisRatio: 1 };
  const scale = halfLight / apertureRadii({ bulge: round, disc: faceOn }).halfLight;
  disc.scaleLength *= scale;
  bulge.halfLightRadius *= scale;
}

function addDiscFeatures(
  random: Prng,
  structure: Structure,
  { stage, absoluteMagnitude, sequence, omens }: Given & { stage: number },
): void {
  const { disc, class: galaxyClass } = structure;
  const { scaleLength, inclination } = disc!;
  structure.disturbance = clamp(
    0.08 * Math.abs(random.normal()) + (random.uniform() < 0.05 ? 0.3 : 0),
    0,
    1,
  );
  structure.bar = drawBar(random, { scaleLength, lenticular: galaxyClass === "lenticular", stage });
  if (galaxyClass === "spiral") {
    structure.arms = drawArms(random, { stage, barred: structure.bar !== null, sequence, omens });
    if (structure.bar && structure.arms.count === 2) {
      startAtBar(structure.arms, structure.bar, scaleLength);
    }
    structure.knots = {
      count: Math.round(clamp(30 * stage * logNormal(random, 0.5), 0, 60)),
      strength: clamp(
        0.1 * stage * logNormal(random, 0.6) * (sequence === "blue" ? 1 : 0.3),
        0,
        0.35,
      ),
    };
  } else if (galaxyClass === "irregular") {
    structure.knots = { count: 4 + random.integer(20), strength: random.uniform(0.05, 0.2) };
    structure.disturbance = random.uniform(0.2, 0.9);
  }
  structure.rings = drawRings(random, { scaleLength, galaxyClass, bar: structure.bar });
  if (galaxyClass === "lenticular" && random.uniform() < 0.25) {
    structure.lens = {
      radius: random.uniform(1, 1.8) * scaleLength,
      strength: random.uniform(0.1, 0.25),
    };
  }
  if (galaxyClass === "spiral" && inclination > 65) {
    structure.dustLane = edgeOnLane(random, structure, { stage, absoluteMagnitude });
  }
}

function drawBar(
  random: Prng,
  { scaleLength, lenticular, stage }: { scaleLength: number; lenticular: boolean; stage: number },
): Bar | null {
  const dice = random.uniform();
  if (dice > (lenticular ? 0.28 : 0.45)) return null;
  const strong = dice < (lenticular ? 0.15 : 0.24);
  return {
    length: scaleLength * random.uniform(0.8, 1.4) * (1.1 - 0.35 * stage),
    axisRatio: random.uniform(0.22, 0.42),
    strength: strong ? random.uniform(0.09, 0.24) : random.uniform(0.02, 0.07),
    angle: random.uniform(0, 180),
  };
}

function drawArms(
  random: Prng,
  { stage, barred, sequence, omens }: {
    stage: number;
    barred: boolean;
    sequence: Sequence;
    omens: StructureOmens;
  },
): Arms {
  const flocculent = random.uniform() < (barred ? 0.2 : 0.35);
  const count = flocculent ? 3 + random.integer(4) : armCountOf(omens, { barred });
  const scatter = logNormal(random, 0.45);
  return {
    count,
    flocculent,
    pitch: clamp(11 + 15 * stage + 5 * random.normal(), 5, 38),
    strength: clamp(
      (flocculent ? 0.33 : 0.42) * (sequence === "red" ? 0.55 : 1) * (0.6 + 0.6 * stage) * scatter,
      0.05,
      1,
    ),
    handedness: random.uniform() < 0.5 ? 1 : -1,
    phase: random.uniform(0, 360),
  };
}

/** Turns a pair of arms so that they start at the ends of the bar. */
function startAtBar(arms: Arms, bar: Bar, scaleLength: number): void {
  const turn = Math.log(bar.length / scaleLength) / Math.tan(arms.pitch * Math.PI / 180);
  const phase = bar.angle - arms.handedness * turn * 180 / Math.PI;
  arms.phase = ((phase % 360) + 360) % 360;
}

function drawRings(
  random: Prng,
  { scaleLength, galaxyClass, bar }: {
    scaleLength: number;
    galaxyClass: GalaxyClass;
    bar: Bar | null;
  },
): Ring[] {
  const rings: Ring[] = [];
  if (galaxyClass === "irregular") return rings;
  if (random.uniform() < (bar ? 0.25 : 0.08)) {
    const radius = bar ? 1.05 * bar.length : random.uniform(0.8, 1.4) * scaleLength;
    rings.push({
      kind: "inner",
      radius,
      width: 0.16 * radius,
      strength: random.uniform(0.04, 0.18),
    });
  }
  if (random.uniform() < 0.06) {
    const radius = random.uniform(2.2, 3) * scaleLength;
    rings.push({
      kind: "outer",
      radius,
      width: 0.12 * radius,
      strength: random.uniform(0.05, 0.22),
    });
  }
  if (random.uniform() < 0.004) {
    const radius = random.uniform(1.8, 2.8) * scaleLength;
    rings.push({
      kind: "collisional",
      radius,
      width: 0.1 * radius,
      strength: random.uniform(0.25, 0.4),
    });
  }
  return rings;
}

/** The lane of a disc seen near its edge: strong in bright galaxies of middle stage. */
function edgeOnLane(
  random: Prng,
  { disc, positionAngle }: Structure,
  { stage, absoluteMagnitude }: { stage: number; absoluteMagnitude: number },
): DustLane | null {
  const { scaleLength, inclination, thickness } = disc!;
  const towardsEdge = clamp((inclination - 65) / 18, 0, 1);
  const depth = 2.2 * towardsEdge * clamp(1 - 1.5 * Math.abs(stage - 0.4), 0.1, 1) *
    clamp(-(absoluteMagnitude + 18) / 3, 0.05, 1.1) * logNormal(random, 0.5);
  if (depth < 0.08) return null;
  const height = thickness * scaleLength;
  const side = random.uniform() < 0.5 ? 1 : -1;
  return {
    opticalDepth: Math.min(3, depth),
    width: random.uniform(0.5, 0.9) * height,
    length: random.uniform(1.8, 2.8) * scaleLength,
    offset: side * scaleLength * 0.9 * Math.cos(inclination * Math.PI / 180),
    angle: positionAngle,
    orientation: "major",
  };
}

/** Shells and dust lanes of spheroids. */
function addEarlyFeatures(random: Prng, structure: Structure, { earlyLane }: StructureOmens): void {
  if (structure.class === "spiral") return;
  const { bulge, disc, positionAngle } = structure;
  const size = disc ? 1.678 * disc.scaleLength : bulge.halfLightRadius;
  if (earlyLane) {
    const dice = random.uniform();
    const orientation = dice < 0.5 ? "major" : dice < 0.75 ? "minor" : "skewed";
    structure.dustLane = {
      opticalDepth: random.uniform(1.2, 3),
      // Narrower ones the seeing fills up: nobody counted them.
      width: Math.max(0.4, random.uniform(0.1, 0.2) * size),
      length: random.uniform(0.7, 1.5) * size,
      offset: random.uniform(-0.2, 0.2) * size,
      angle: positionAngle +
        { major: 0, minor: 90, skewed: random.uniform(20, 70) }[orientation],
      orientation,
    };
  }
  if (random.uniform() < 0.015) {
    structure.shells = {
      count: 1 + random.integer(5),
      angle: positionAngle + random.uniform(-15, 15),
      radius: random.uniform(2, 3.5) * size,
      strength: random.uniform(0.04, 0.15),
    };
  }
}

/** A factor whose logarithm is normal with mean 0. */
export function logNormal(random: Prng, deviation: number): number {
  return Math.exp(deviation * random.normal());
}

/** The nearest number within the range. */
// deno-lint-ignore galaxykit/few-arguments -- as everywhere
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
