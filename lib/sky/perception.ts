/**
 * What stands out in a galaxy's picture: its true structure, as far as the seeing, the sky's noise
 * and the viewing angle let it through. A volunteer judges by this, not by the truth.
 *
 * @module
 */

import type { Galaxy, Structure } from "./galaxy.ts";
import { type SurveyName, surveyNamed } from "./survey.ts";

/** How plain each thing is, from 0 (hidden or absent) to about 1 (nobody misses it). */
export type Impression = {
  /** Minor over major axis as blurred by the seeing, in (0, 1]. */
  axisRatio: number;
  /** Share of the light in the spheroid, in [0, 1]. */
  bulge: number;
  /** A disc seen from the side. */
  edgeOn: number;
  /** A spheroid that bulges out of a disc seen from the side. */
  edgeOnBulge: number;
  /** A box or peanut. */
  boxy: number;
  /** A disc as such: light beyond the spheroid, without any pattern. */
  disc: number;
  arms: number;
  /** Angle in degrees between the arms and a circle; 20 where there are none. */
  pitch: number;
  /** Number of arms; 2 where there are none. */
  armCount: number;
  flocculent: number;
  bar: number;
  ring: number;
  lensOrArc: number;
  disturbed: number;
  irregular: number;
  merger: number;
  dustLane: number;
  /** Anything else that draws the eye: stars and strangers on top of the galaxy. */
  other: number;
  /** A star, trail or ghost in the galaxy's place. */
  artifact: number;
  /** The galaxy is little larger than a star would look. */
  starlike: number;
};

/**
 * What a galaxy's picture shows.
 *
 * A pattern of wavelength λ keeps exp(−2π²σ²/λ²) of its contrast under seeing of σ = FWHM / 2.355,
 * and noise takes half of the rest where the mean surface brightness, in mag/arcsec², is the
 * survey's depth. So the same galaxy looks
 * smoother the farther it is, which is what debiasing has to undo.
 *
 * @example
 * ```ts
 * import { impressionOf, drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const galaxy = drawGalaxy({ seed: 1, index: 0 });
 * assert.ok(impressionOf(galaxy, "decals").arms >= impressionOf(galaxy, "sdss").arms); // sharper
 * ```
 */
export function impressionOf(galaxy: Galaxy, survey: SurveyName = "sdss"): Impression {
  const { seeing: [, fwhm], depth: [, depth], bands: [, band] } = surveyNamed(survey);
  const { petroR50, magnitudes } = galaxy;
  const brightness = magnitudes[band] + 2.5 * Math.log10(2 * Math.PI * petroR50 ** 2);
  const clear = 1 / (1 + 10 ** (0.4 * (brightness - depth)));
  const eye: Eye = (wavelength) =>
    clear * Math.exp(-2 * (Math.PI * fwhm / 2.355 / wavelength) ** 2);
  const { bulge, disc } = galaxy;
  const inclination = (disc?.inclination ?? 0) * Math.PI / 180;
  const cosine = Math.cos(inclination);
  const discShare = disc === null ? 0 : 1 - bulge.fraction;
  const axisRatio = seenAxisRatio(galaxy, fwhm);
  const edgeOn = Math.sqrt(discShare) * ramp(0.48 - axisRatio, 0.25);
  const resolution = petroR50 / fwhm;
  const detail = 1 - Math.exp(-resolution / 2);
  const face = ramp(cosine - 0.12, 0.35);
  const disturbed = disturbance(galaxy, eye);
  const merger = mergerOf(galaxy, fwhm);
  return {
    axisRatio,
    bulge: bulge.fraction,
    edgeOn,
    edgeOnBulge: edgeOn * ramp(bulge.fraction, 0.3) * eye(3 * bulge.halfLightRadius),
    boxy: edgeOn * bulge.boxiness * eye(3 * bulge.halfLightRadius),
    disc: discShare * eye(4 * (disc?.scaleLength ?? 1)),
    ...armsOf(galaxy, { eye, face, discShare, resolution }),
    bar: detail ** 2 * barOf(galaxy, { eye, cosine }),
    ring: soft(
      galaxy.rings.map((ring) =>
        detail * face * (ring.strength / 0.12) * eye(Math.min(2 * ring.radius, 5 * ring.width))
      ),
    ),
    lensOrArc: soft([
      galaxy.lens === null ? 0 : 1.5 * galaxy.lens.strength * face * eye(galaxy.lens.radius),
      galaxy.arc === null ? 0 : eye(galaxy.arc.radius) * ramp(22.5 - galaxy.arc.magnitude, 2),
    ]),
    disturbed,
    irregular: irregularityOf(galaxy, eye),
    merger,
    dustLane: galaxy.dustLane === null
      ? 0
      : (1 - Math.exp(-galaxy.dustLane.opticalDepth)) * eye(5 * galaxy.dustLane.width),
    other: strangers(galaxy),
    artifact: galaxy.artifact === null ? 0 : 1,
    starlike: ramp(1.6 * fwhm - galaxy.petroR50, fwhm),
  };
}

/** The share of a pattern's contrast that is left, by its wavelength in arcsec. */
type Eye = (wavelength: number) => number;

/** The galaxy's axis ratio, rounded by the seeing. */
function seenAxisRatio(galaxy: Galaxy, fwhm: number): number {
  const { bulge, disc, petroR50 } = galaxy;
  const cosine = Math.cos((disc?.inclination ?? 0) * Math.PI / 180);
  const thin = disc === null
    ? bulge.axisRatio
    : Math.sqrt(disc.thickness ** 2 + (1 - disc.thickness ** 2) * cosine ** 2);
  // The outline is the disc's, unless the bulge outshines it.
  const weight = disc === null ? 1 : ramp(bulge.fraction - 0.4, 0.5);
  const ratio = weight * bulge.axisRatio + (1 - weight) * thin;
  const [major, blur] = [petroR50, fwhm / 2.355];
  return Math.sqrt(((ratio * major) ** 2 + blur ** 2) / (major ** 2 + blur ** 2));
}

function armsOf(
  { arms, disc }: Structure,
  { eye, face, discShare, resolution }: {
    eye: Eye;
    face: number;
    discShare: number;
    resolution: number;
  },
) {
  if (arms === null || disc === null) {
    return { arms: 0, pitch: 20, armCount: 2, flocculent: 0 };
  }
  const pitch = arms.pitch * Math.PI / 180;
  const gap = 2 * Math.PI * 1.7 * disc.scaleLength * Math.sin(pitch) / Math.max(2, arms.count);
  const contrast = arms.strength * Math.sqrt(discShare) * face * eye(gap);
  return {
    // A weak pattern shows where it spans many resolution elements.
    arms: 1 - Math.exp(-2 * contrast * resolution * (arms.flocculent ? 0.75 : 1)),
    pitch: arms.pitch,
    armCount: arms.count,
    flocculent: arms.flocculent ? 1 : 0,
  };
}

function barOf({ bar }: Structure, { eye, cosine }: { eye: Eye; cosine: number }): number {
  if (bar === null) return 0;
  const angle = bar.angle * Math.PI / 180;
  const seen = Math.hypot(Math.cos(angle), Math.sin(angle) * cosine);
  return Math.min(1.5, bar.strength / 0.15) * ramp(cosine - 0.2, 0.4) * eye(2 * bar.length * seen);
}

function disturbance(galaxy: Structure, eye: Eye): number {
  return soft([
    galaxy.disturbance,
    ...galaxy.tails.map((tail) => tail.strength / 0.12 * eye(4 * tail.width)),
    galaxy.shells === null ? 0 : galaxy.shells.strength / 0.15 * eye(galaxy.shells.radius / 2),
  ]);
}

function irregularityOf(galaxy: Structure, eye: Eye): number {
  const knots = galaxy.knots.strength / 0.4 * eye(3);
  return galaxy.class === "irregular" ? soft([0.4, knots, galaxy.disturbance]) : 0.3 * knots;
}

/** A second galaxy close by: a true companion, or a stranger that passes for one. */
function mergerOf(galaxy: Galaxy, fwhm: number): number {
  const { companion, neighbours, magnitudes, petroR90 } = galaxy;
  const others = [
    ...(companion === null ? [] : [{ ...companion, own: 1 }]),
    ...neighbours.map((neighbour) => ({ ...neighbour, own: 0.7 })),
  ];
  return soft(others.map(({ x, y, magnitudes: { r }, own }) => {
    const distance = Math.hypot(x, y);
    const apart = ramp(distance - 0.5 * fwhm, fwhm);
    const near = Math.exp(-((distance / (1.5 * petroR90)) ** 2));
    return own * apart * near * ramp(3.5 - (r - magnitudes.r), 3);
  }));
}

/** Stars on top of the galaxy, or so bright that they outshine it. */
function strangers({ stars, neighbours, magnitudes, petroR90 }: Galaxy): number {
  const seen = [
    ...stars.map((star) => ({ ...star, part: 0.8 })),
    ...neighbours.map((neighbour) => ({ ...neighbour, part: 0.4 })),
  ];
  return soft(seen.map(({ x, y, magnitudes: { r }, part }) => {
    const reach = petroR90 * (1 + Math.max(0, magnitudes.r - r));
    return part * Math.exp(-((Math.hypot(x, y) / (1.3 * reach)) ** 2)) *
      ramp(4 - (r - magnitudes.r), 3);
  }));
}

/** 0 below 0, 1 above `width`, a line between. */
function ramp(value: number, width: number): number {
  return Math.min(1, Math.max(0, value / width));
}

/** At least one of several things is seen: 1 − Π(1 − v). */
function soft(values: readonly number[]): number {
  return 1 - values.reduce((rest, value) => rest * (1 - Math.min(1, Math.max(0, value))), 1);
}
