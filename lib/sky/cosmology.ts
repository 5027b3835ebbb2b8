/**
 * Distances in a flat universe with H0 = 70 km/s/Mpc and Omega_m = 0.3, for redshifts up to 0.3.
 *
 * @module
 */

const HUBBLE_DISTANCE = 299792.458 / 70; // Mpc
const MATTER = 0.3;
const MAX_REDSHIFT = 0.3;
const STEP = 0.001;

/** Comoving distance in Mpc at each multiple of STEP, by Simpson's rule. */
const distances = tabulate();

function tabulate(): Float64Array {
  const table = new Float64Array(Math.round(MAX_REDSHIFT / STEP) + 1);
  for (let k = 1; k < table.length; k++) {
    const z = k * STEP;
    const mean = (inverseRate(z - STEP) + 4 * inverseRate(z - STEP / 2) + inverseRate(z)) / 6;
    table[k] = table[k - 1] + HUBBLE_DISTANCE * STEP * mean;
  }
  return table;
}

function inverseRate(z: number): number {
  return 1 / Math.sqrt(MATTER * (1 + z) * (1 + z) * (1 + z) + 1 - MATTER);
}

/**
 * Comoving distance in Mpc.
 *
 * @param redshift In [0, 0.3]
 * @throws {RangeError} When the redshift is outside
 *
 * @example
 * ```ts
 * import { comovingDistance } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal(comovingDistance(0.1).toFixed(1), "418.5");
 * ```
 */
export function comovingDistance(redshift: number): number {
  if (!(redshift >= 0 && redshift <= MAX_REDSHIFT)) {
    throw new RangeError(
      `Cannot compute a distance: redshift must be in [0, ${MAX_REDSHIFT}], ${redshift} found`,
    );
  }
  const k = Math.min(distances.length - 2, Math.floor(redshift / STEP));
  return distances[k] + (redshift / STEP - k) * (distances[k + 1] - distances[k]);
}

/** Redshift at a comoving distance in Mpc, the inverse of {@linkcode comovingDistance}. */
export function redshiftAt(distance: number): number {
  if (!(distance >= 0 && distance <= distances.at(-1)!)) {
    throw new RangeError(
      `Cannot compute a redshift: distance must be in [0, ${
        distances.at(-1)!.toFixed(1)
      }] Mpc, ${distance} found`,
    );
  }
  let low = 0;
  let high = distances.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (distances[middle] <= distance) low = middle;
    else high = middle;
  }
  return STEP * (low + (distance - distances[low]) / (distances[high] - distances[low]));
}

/** Apparent minus absolute magnitude, without K-correction: 5 log10 of the luminosity distance. */
export function distanceModulus(redshift: number): number {
  return 5 * Math.log10(comovingDistance(redshift) * (1 + redshift)) + 25;
}

/** Kiloparsecs that an arcsec spans at a redshift (angular diameter distance). */
export function kpcPerArcsec(redshift: number): number {
  return comovingDistance(redshift) / (1 + redshift) * 1000 * Math.PI / (180 * 3600);
}
