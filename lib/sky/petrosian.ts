/**
 * Radii of a bulge and disc as a survey measures them: in circular apertures.
 *
 * @module
 */

import type { Bulge, Disc } from "./galaxy.ts";
import { discTable, sersicTable } from "./sersic.ts";

/** FWHM of the seeing in r at which SDSS measured the radii, in arcsec (its median). */
const SEEING = 1.32;

/** Minor over major axis of an inclined disc of finite thickness (Hubble 1926). */
export function discAxisRatio({ inclination, thickness }: Disc): number {
  const cos = Math.cos(inclination * Math.PI / 180);
  return Math.sqrt(cos * cos + thickness * thickness * (1 - cos * cos));
}

/**
 * Radii of a bulge and disc, in the unit of their sizes and without blur.
 *
 * `halfLight` is the circle with half of all light. The Petrosian radii follow Strauss et al. (2002,
 * AJ 124, 1810): the Petrosian radius is where the brightness, between 0.8 and 1.25 times it, is a
 * fifth of the mean inside; the Petrosian flux is what lies within twice that radius, and R50 and R90
 * hold 50 and 90 % of it.
 *
 * @example
 * ```ts
 * import { apertureRadii } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const disc = { scaleLength: 1, inclination: 0, thickness: 0.2, truncation: 12 };
 * const bulge = { fraction: 0, sersicIndex: 1, halfLightRadius: 1, axisRatio: 1, boxiness: 0 };
 * const { halfLight, petroR90, petroR50 } = apertureRadii({ bulge, disc });
 * assert.ok(Math.abs(halfLight - 1.678) < 0.06); // of an exponential
 * assert.ok(Math.abs(petroR90 / petroR50 - 2.3) < 0.1); // Strauss et al. (2002)
 * ```
 */
export function apertureRadii(
  { bulge, disc }: { bulge: Bulge; disc: Disc | null },
): { halfLight: number; petroR50: number; petroR90: number } {
  const [brightness, scale] = meanBrightness({ bulge, disc });
  const radii = new Float64Array(RINGS);
  const flux = new Float64Array(RINGS); // within each radius
  let inner = 0;
  let within = 0;
  for (let k = 0; k < RINGS; k++) {
    const outer = scale * 0.01 * (OUTERMOST / 0.01) ** (k / (RINGS - 1));
    within += Math.PI * (outer * outer - inner * inner) * brightness((inner + outer) / 2);
    radii[k] = outer;
    flux[k] = within;
    inner = outer;
  }
  return { halfLight: at(flux, radii, within / 2), ...petrosianRadii(radii, flux) };
}

/**
 * The radii that hold 50 and 90 % of the Petrosian flux.
 *
 * @param radii Of circles, growing by a factor from a hundredth of the galaxy or less
 * @param flux Light within each
 */
export function petrosianRadii(
  radii: Float64Array,
  flux: Float64Array,
): { petroR50: number; petroR90: number } {
  const petroFlux = at(radii, flux, 2 * petrosianRadius(radii, flux));
  return {
    petroR50: at(flux, radii, petroFlux / 2),
    petroR90: at(flux, radii, 0.9 * petroFlux),
  };
}

const RINGS = 60;
const OUTERMOST = 9; // in the larger of half-light radius and scale length
const ANGLES = 12; // in a quarter, as both components share their axes
const COSINES = Float64Array.from({ length: ANGLES }, (_, k) => Math.cos(middle(k)) ** 2);
const SINES = Float64Array.from({ length: ANGLES }, (_, k) => Math.sin(middle(k)) ** 2);

function middle(k: number): number {
  return (k + 0.5) / ANGLES * Math.PI / 2;
}

/** The mean brightness on circles, and the larger half-light radius of the components. */
function meanBrightness(
  { bulge, disc }: { bulge: Bulge; disc: Disc | null },
): [(radius: number) => number, number] {
  const parts: Part[] = [];
  if (bulge.fraction > 0) {
    parts.push({
      ...sersicTable(bulge.sersicIndex),
      size: bulge.halfLightRadius,
      stretches: stretchesOf(bulge.axisRatio),
      ratio: bulge.axisRatio,
      flux: bulge.fraction,
    });
  }
  if (disc) {
    const ratio = discAxisRatio(disc);
    parts.push({
      ...discTable(disc.truncation),
      size: disc.scaleLength,
      stretches: stretchesOf(ratio),
      ratio,
      flux: 1 - bulge.fraction,
    });
  }
  function brightness(radius: number): number {
    let sum = 0;
    for (const { table, outer, size, stretches, ratio, flux } of parts) {
      const angles = stretches.length;
      const last = table.length - 1;
      let mean = 0;
      for (let k = 0; k < angles; k++) {
        const r = radius / size * stretches[k];
        if (r < outer) mean += table[Math.round(Math.sqrt(r / outer) * last)];
      }
      sum += mean * flux / (size * size * ratio * angles);
    }
    return sum;
  }
  return [brightness, Math.max(...parts.map(({ size }) => size))];
}

/** A component: its profile to an outer radius in its size, and what stretches its circles. */
type Part = {
  table: Float32Array;
  outer: number;
  size: number;
  stretches: Float64Array;
  ratio: number;
  flux: number;
};

/** Elliptical radius over radius on a circle's quarter; on a round component one is enough. */
function stretchesOf(ratio: number): Float64Array {
  if (ratio === 1) return ROUND;
  return COSINES.map((cosine, k) => Math.sqrt(cosine + SINES[k] / (ratio * ratio)));
}

const ROUND = Float64Array.of(1);

function petrosianRadius(radii: Float64Array, flux: Float64Array): number {
  const count = radii.length;
  for (let k = 0; k < count; k++) {
    const r = radii[k];
    const ring = (at(radii, flux, 1.25 * r) - at(radii, flux, 0.8 * r)) / (1.25 ** 2 - 0.8 ** 2);
    if (k > count / 3 && ring < 0.2 * flux[k]) return r;
  }
  return radii[count - 1];
}

/** The value of `y` where the growing `x` reaches `wanted`, on straight lines between the points. */
function at(x: Float64Array, y: Float64Array, wanted: number): number {
  let low = 0;
  let high = x.length - 1;
  if (wanted <= x[0]) return y[0] * wanted / x[0];
  if (wanted >= x[high]) return y[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= wanted) low = middle;
    else high = middle;
  }
  return y[low] + (wanted - x[low]) / (x[high] - x[low]) * (y[high] - y[low]);
}

/**
 * R50 and R90 in arcsec as measured through SDSS's seeing: the true radius and that of a star added
 * in quadrature, which is exact for Gaussians and within 5 % for galaxies.
 */
export function blurred(
  { petroR50, petroR90 }: { petroR50: number; petroR90: number },
): { petroR50: number; petroR90: number } {
  const sigma = SEEING / 2.355;
  return {
    petroR50: Math.hypot(petroR50, 1.177 * sigma),
    petroR90: Math.hypot(petroR90, 2.146 * sigma),
  };
}
