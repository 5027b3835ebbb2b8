/**
 * Drawing a galaxy's structure on a canvas.
 *
 * @module
 */

import type { Prng } from "../prng.ts";
import {
  addSpot,
  type Canvas,
  chord,
  fluxes,
  gaussGrids,
  pixelRange,
  sampling,
} from "./_canvas.ts";
import { DiscLight } from "./_disc_light.ts";
import type { Band, Bulge, DustLane, Magnitudes, Structure } from "./galaxy.ts";
import { discAxisRatio } from "./petrosian.ts";
import { brightnessAt, type ProfileTable, sersicTable } from "./sersic.ts";
import { expOf } from "./_tables.ts";
import { smoothStep } from "./_texture.ts";

const RADIANS = Math.PI / 180;

/** How much redder than the galaxy each kind of light is in g - r, from which all bands follow. */
const REDDENING: Record<Band, number> = {
  u: -2.2,
  g: -1,
  r: 0,
  i: 0.42,
  z: 0.7,
  Y: 0.8,
  J: 0.95,
  H: 1.15,
  K: 1.3,
};

/** Optical depth of dust in each band over that in r: the curve of Cardelli et al. (1989). */
const EXTINCTION: Record<Band, number> = {
  u: 1.86,
  g: 1.39,
  r: 1,
  i: 0.76,
  z: 0.56,
  Y: 0.45,
  J: 0.33,
  H: 0.21,
  K: 0.13,
};

/** Share of the stars that stand before the dust. */
const BEFORE_DUST = 0.2;

/** The fluxes in the canvas's bands of light of one kind, for a share 1 of the galaxy's light. */
type Spectrum = [number, number, number];

/**
 * Adds a galaxy: bulge, disc and all that is in it, tails and shells; not blurred.
 *
 * The magnitudes are those of the light before a dust lane takes its part.
 */
export function addStructure(
  canvas: Canvas,
  { structure, magnitudes, x, y, random, cusp = 10 }: {
    structure: Structure;
    magnitudes: Magnitudes;
    /** Where its centre is, in arcsec. */
    x: number;
    /** Where its centre is, in arcsec. */
    y: number;
    /** Decides on what is irregular: clumps, knots. */
    random: Prng;
    /** Samples along a side of the pixels at the centre; an even number. @default {10} */
    cusp?: 4 | 6 | 10;
  },
): void {
  const { bulge, disc, shells, tails, knots, dustLane } = structure;
  const shares = lightShares(structure);
  const spectra = kindsOfLight(canvas, { structure, magnitudes, shares });
  const discLight = disc ? new DiscLight(random, { structure, share: shares.disc }) : null;
  const bulgeLight = bulge.fraction > 0
    ? bulgeTable(bulge, { share: shares.bulge, inclination: disc?.inclination })
    : null;
  const { side, pixelScale, planes } = canvas;
  const [reachU, reachV] = extent(structure);
  const sin = Math.sin(structure.positionAngle * RADIANS);
  const cos = Math.cos(structure.positionAngle * RADIANS);
  const [top, bottom] = pixelRange(canvas, {
    centre: y,
    reach: Math.hypot(reachU * cos, reachV * sin),
  });
  const area = pixelScale * pixelScale;
  // By the disc alone: pictures with and without what is in it must not differ by their samples.
  const minor = disc ? disc.scaleLength * discAxisRatio(disc) / pixelScale : Infinity;
  const samples = sampling({
    cusp,
    far: gaussGrids[disc ? 2 : 1], // what a disc has in its plane is narrow near the centre
    rest: gaussGrids[minor < 1.2 ? 2 : minor < 2 ? 1 : 0],
  });
  const extinction = canvas.bands.map((band) => EXTINCTION[band]);
  const lane = dustLane ? laneDepth(dustLane, structure.positionAngle) : null;
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    const [left, right] = chord(canvas, { x, dy, along: reachU, across: reachV, sin, cos });
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      const { across, down, weights } = samples((dx * dx + dy * dy) / area);
      const at = row * side + column;
      for (let part = 0; part < weights.length; part++) {
        const weight = area * weights[part];
        const px = dx + across[part] * pixelScale;
        const py = dy + down[part] * pixelScale;
        const u = -px * sin - py * cos;
        const v = px * cos - py * sin;
        const old = bulgeLight ? bulgeBrightness(bulgeLight, u, v) : 0;
        let inner = 0, middle = 0, outer = 0, young = 0, depth = 0;
        if (discLight) {
          discLight.at(u, v);
          const outwards = Math.min(1, discLight.radius / 4);
          inner = discLight.inner;
          middle = discLight.disc * (1 - outwards);
          outer = discLight.disc * outwards;
          young = discLight.young;
          depth = discLight.armDust;
        }
        if (old + inner + middle + outer + young === 0) continue;
        if (lane) depth += lane(u, v);
        for (let k = 0; k < 3; k++) {
          let light = old * spectra.bulge[k] + inner * spectra.inner[k] +
            middle * spectra.disc[k] + outer * spectra.outer[k] + young * spectra.young[k];
          if (depth > 0.01) {
            light *= BEFORE_DUST + (1 - BEFORE_DUST) * expOf(-depth * extinction[k]);
          }
          planes[k][at] += weight * light;
        }
      }
    }
  }
  if (disc && knots.count > 0) {
    addKnots(canvas, { structure, spectrum: spectra.knots, x, y, random });
  }
  if (shells) addShells(canvas, { structure, spectrum: spectra.bulge, x, y });
  for (const tail of tails) {
    addTail(canvas, { tail, structure, spectrum: spectra.outer, x, y });
  }
}

/**
 * Share of the light in bulge and disc: the disc has what all others leave, or the bulge of an
 * elliptical.
 */
function lightShares({ bulge, bar, rings, lens, knots, shells, tails, disc }: Structure) {
  const rest = (bar?.strength ?? 0) + (lens?.strength ?? 0) +
    (disc ? knots.strength : 0) + (shells?.strength ?? 0) +
    [...rings, ...tails].reduce((sum, { strength }) => sum + strength, 0);
  const extra = Math.min(rest, 0.6);
  return {
    bulge: disc ? Math.min(bulge.fraction, 0.95 - extra) : 1 - extra,
    disc: disc ? Math.max(0.05, 1 - bulge.fraction - extra) : 0,
  };
}

function kindsOfLight(
  canvas: Canvas,
  { structure, magnitudes, shares }: {
    structure: Structure;
    magnitudes: Magnitudes;
    shares: { bulge: number; disc: number };
  },
): Record<"bulge" | "inner" | "disc" | "outer" | "young" | "knots", Spectrum> {
  const { colourGradient, disc, arms } = structure;
  const total = fluxes(canvas, magnitudes);
  const armShare = arms ? 0.7 * arms.strength : 0;
  const offsets = {
    bulge: 0,
    inner: 0.25 * colourGradient,
    disc: 0.7 * colourGradient,
    outer: 1.3 * colourGradient,
    young: 1.2 * colourGradient - 0.2,
    knots: colourGradient - 0.4,
  };
  // Where the light is, roughly, so that the sum has the galaxy's colours.
  const weights = disc
    ? {
      bulge: shares.bulge,
      inner: structure.bar?.strength ?? 0,
      disc: 0.6 * shares.disc * (1 - armShare),
      outer: 0.4 * shares.disc * (1 - armShare),
      young: shares.disc * armShare,
      knots: structure.knots.strength,
    }
    : { bulge: 1, inner: 0, disc: 0, outer: 0, young: 0, knots: 0 };
  const spectra = {} as ReturnType<typeof kindsOfLight>;
  const kinds = Object.keys(offsets) as (keyof typeof offsets)[];
  for (const kind of kinds) spectra[kind] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const slope = REDDENING[canvas.bands[k]];
    let sum = 0;
    let weight = 0;
    for (const kind of kinds) {
      spectra[kind][k] = 10 ** (0.4 * slope * offsets[kind]);
      sum += weights[kind] * spectra[kind][k];
      weight += weights[kind];
    }
    for (const kind of kinds) spectra[kind][k] *= total[k] * weight / sum;
  }
  return spectra;
}

type BulgeLight = {
  profile: ProfileTable;
  size: number;
  axisRatio: number;
  /** How far out an ellipse is boxy; null for a plain one. */
  box: Float64Array | null;
  /** How much wider a peanut is at its lobes than in its middle. */
  lobes: number;
  norm: number;
};

/** Where the lobes of a peanut are, and how wide, in half-light radii. */
const LOBE = { at: 1, width: 0.5 };
/** Share of a bulge's light that lobes of 1 add to it: by numbers, for a Sérsic index about 1. */
const LOBE_LIGHT = 0.6;

/**
 * @param inclination A box is a bar seen from the edge (Combes and Sanders 1981, A&A 96, 164): from
 *   above it is none. An elliptical, without a disc, is as boxy as it is
 */
function bulgeTable(
  { sersicIndex, halfLightRadius, axisRatio, boxiness }: Bulge,
  { share, inclination }: { share: number; inclination: number | undefined },
): BulgeLight {
  const seen = boxiness * (inclination === undefined ? 1 : smoothStep(inclination, 55, 80));
  const exponent = 2 + 1.5 * seen;
  const lobes = inclination === undefined ? 0 : seen;
  return {
    profile: sersicTable(sersicIndex),
    size: halfLightRadius,
    axisRatio,
    box: seen === 0 ? null : boxTable(exponent),
    lobes,
    norm: share /
      (halfLightRadius * halfLightRadius * axisRatio * boxArea(exponent) *
        (1 + LOBE_LIGHT * lobes)),
  };
}

const BOX_ENTRIES = 65;

/** (1 + w^c)^(1/c) for w from 0 to 1: the radius of a superellipse over its larger coordinate. */
function boxTable(exponent: number): Float64Array {
  return Float64Array.from(
    { length: BOX_ENTRIES },
    (_, k) => (1 + (k / (BOX_ENTRIES - 1)) ** exponent) ** (1 / exponent),
  );
}

/** Area of a superellipse |x|^c + |y|^c < 1 over that of the circle, to 0.2 % for c in [2, 3.5]. */
function boxArea(exponent: number): number {
  const t = exponent - 2;
  return 1 + 0.1142 * t - 0.0275 * t * t;
}

function bulgeBrightness(
  { profile, size, axisRatio, box, lobes, norm }: BulgeLight,
  u: number,
  v: number,
): number {
  let minor = v / axisRatio;
  let r: number;
  if (box) {
    if (lobes > 0) {
      const t = (Math.abs(u) / size - LOBE.at) / LOBE.width;
      minor /= 1 + lobes * expOf(-0.5 * t * t);
    }
    const [a, b] = [Math.abs(u), Math.abs(minor)];
    const larger = Math.max(a, b);
    const at = larger === 0 ? 0 : Math.min(a, b) / larger * (BOX_ENTRIES - 1);
    const low = Math.min(BOX_ENTRIES - 2, at | 0);
    r = larger * (box[low] + (at - low) * (box[low + 1] - box[low]));
  } else r = Math.sqrt(u * u + minor * minor);
  return norm * brightnessAt(profile, r / size);
}

/** How far a structure reaches along and across its major axis, in arcsec. */
function extent({ bulge, disc, shells, rings, disturbance }: Structure): [number, number] {
  let along = 0;
  let across = 0;
  if (bulge.fraction > 0) {
    along = sersicTable(bulge.sersicIndex).outer * bulge.halfLightRadius;
    across = Math.min(along, along * bulge.axisRatio * (1 + bulge.boxiness));
  }
  if (disc) {
    const rim = Math.max(
      disc.truncation * disc.scaleLength,
      ...rings.map(({ radius, width }) => 1.4 * radius + 4 * width),
    ) * (1 + 0.5 * disturbance);
    along = Math.max(along, rim);
    across = Math.max(
      across,
      Math.min(rim, rim * discAxisRatio(disc) + 6 * disc.thickness * disc.scaleLength) *
        (1 + 0.5 * disturbance),
    );
  }
  if (shells) along = across = Math.max(along, across, shells.radius);
  return [along, across];
}

/** Optical depth in r of a dust lane at a point, given along and across the galaxy's major axis. */
function laneDepth(
  { opticalDepth, width, length, offset, angle }: DustLane,
  positionAngle: number,
): (u: number, v: number) => number {
  const turn = (angle - positionAngle) * RADIANS;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  return (u, v) => {
    const along = (u * cos - v * sin) / length;
    const across = (u * sin + v * cos - offset * (1 - 0.5 * along * along)) / width;
    const t = across * across;
    if (t > 18 || along > 1.6 || along < -1.6) return 0;
    return opticalDepth * Math.exp(-0.5 * t) * (1 - smoothStep(Math.abs(along), 0.6, 1.6));
  };
}

/** Star-forming knots: along the arms where there are arms, a few bright and many faint. */
function addKnots(
  canvas: Canvas,
  { structure, spectrum, x, y, random }: {
    structure: Structure;
    spectrum: Spectrum;
    x: number;
    y: number;
    random: Prng;
  },
): void {
  const { disc, arms, bar, knots, positionAngle } = structure;
  const { scaleLength, truncation, inclination } = disc!;
  const ratio = discAxisRatio(disc!);
  const sin = Math.sin(positionAngle * RADIANS);
  const cos = Math.cos(positionAngle * RADIANS);
  const weights = Array.from({ length: knots.count }, () => Math.min(12, random.uniform() ** -0.7));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const start = bar ? bar.length / scaleLength : 0.5;
  for (const weight of weights) {
    const r = Math.min(
      start + 0.8 * Math.sqrt(-2 * Math.log(random.uniform() + 1e-9)) * 1.1,
      0.85 * truncation,
    );
    let angle = random.uniform(0, 2 * Math.PI);
    if (arms) {
      const arm = random.integer(arms.count);
      angle = arms.handedness * Math.log(r) / Math.tan(arms.pitch * RADIANS) +
        arms.phase * RADIANS + (2 * Math.PI * arm + 0.5 * random.normal()) / arms.count;
    }
    const u = r * scaleLength * Math.cos(angle);
    const v = r * scaleLength * Math.sin(angle) * (inclination > 85 ? ratio / 2 : ratio);
    const share = knots.strength * weight / total;
    addSpot(canvas, {
      x: x - u * sin + v * cos,
      y: y - u * cos - v * sin,
      sigma: scaleLength * random.uniform(0.06, 0.16),
      flux: [share * spectrum[0], share * spectrum[1], share * spectrum[2]],
    });
  }
}

/** Shells: arcs with a sharp outer edge, on alternating sides. */
function addShells(
  canvas: Canvas,
  { structure, spectrum, x, y }: {
    structure: Structure;
    spectrum: Spectrum;
    x: number;
    y: number;
  },
): void {
  const { count, angle, radius, strength } = structure.shells!;
  const { side, pixelScale, planes } = canvas;
  const [left, right] = pixelRange(canvas, { centre: x, reach: radius });
  const [top, bottom] = pixelRange(canvas, { centre: y, reach: radius });
  const sin = Math.sin(angle * RADIANS);
  const cos = Math.cos(angle * RADIANS);
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      const r = Math.sqrt(dx * dx + dy * dy);
      if (r === 0 || r > radius) continue;
      const towards = (-dx * sin - dy * cos) / r; // cosine of the angle from the axis
      let light = 0;
      for (let shell = 0; shell < count; shell++) {
        const edge = radius * (1 - 0.17 * shell);
        const facing = shell % 2 === 0 ? towards : -towards;
        if (r > edge || facing < 0.2) continue;
        // Area about 0.12 edge^2 times the width of the angle.
        light += Math.exp((r - edge) / (0.1 * edge)) * smoothStep(facing, 0.2, 0.8) /
          (0.19 * edge * edge);
      }
      light *= strength / count * pixelScale * pixelScale;
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += light * spectrum[k];
    }
  }
}

/**
 * A tail: spots along a spiral that leaves the disc's rim nearly along it, as tides draw it out, wider
 * and fainter towards its end.
 */
function addTail(
  canvas: Canvas,
  { tail, structure, spectrum, x, y }: {
    tail: Structure["tails"][number];
    structure: Structure;
    spectrum: Spectrum;
    x: number;
    y: number;
  },
): void {
  const { bulge, disc } = structure;
  const spots = 32;
  const from = disc ? 1.2 * disc.scaleLength : 0.8 * bulge.halfLightRadius;
  for (let spot = 0; spot < spots; spot++) {
    const t = (spot + 0.5) / spots;
    const r = from + tail.length * t ** 1.3;
    const angle = (tail.angle + tail.bend * t ** 0.8) * RADIANS;
    const share = tail.strength * 2 * (1 - t) / spots;
    addSpot(canvas, {
      x: x - r * Math.sin(angle),
      y: y - r * Math.cos(angle),
      sigma: tail.width * (0.7 + 0.7 * t),
      flux: [share * spectrum[0], share * spectrum[1], share * spectrum[2]],
    });
  }
}
