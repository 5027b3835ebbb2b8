/**
 * The Sérsic profile: I(r) = I_e exp(-b ((r / r_e)^(1/n) - 1)) (Sérsic 1968).
 *
 * @module
 */

/**
 * The number b_n that makes r_e hold half of the light: the root of Gamma(2n) = 2 gamma(2n, b), by
 * the expansion of Ciotti and Bertin (1999, A&A 352, 447), eq. 18, good to 1e-6 for n >= 0.7.
 *
 * @param index Sérsic index n, at least 0.5
 *
 * @example
 * ```ts
 * import { sersicB } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sersicB(1).toFixed(3), "1.678");
 * assert.equal(sersicB(4).toFixed(3), "7.669");
 * ```
 */
export function sersicB(index: number): number {
  if (!(index >= 0.5)) {
    throw new RangeError(
      `Cannot compute b_n: the Sérsic index must be at least 0.5, ${index} found`,
    );
  }
  return 2 * index - 1 / 3 + 4 / (405 * index) + 46 / (25515 * index ** 2) +
    131 / (1148175 * index ** 3) - 2194697 / (30690717750 * index ** 4);
}

/** Brightness of a profile at a radius, on straight lines between its entries; 0 where it has ended. */
export function brightnessAt({ table, outer }: ProfileTable, radius: number): number {
  if (radius >= outer) return 0;
  const at = Math.sqrt(radius / outer) * (ENTRIES - 1);
  const low = Math.min(ENTRIES - 2, at | 0);
  return table[low] + (at - low) * (table[low + 1] - table[low]);
}

/** Number of entries of a profile table. */
const ENTRIES = 1024;

/** A circular profile: entry k is the brightness at radius `outer` (k / (entries - 1))^2. */
export type ProfileTable = {
  /** Surface brightness, in total flux per square of the unit of radius; the total flux is 1. */
  table: Float32Array;
  /** Where the profile ends. The unit is the profile's own: half-light radii or scale lengths. */
  outer: number;
};

/**
 * A Sérsic profile of unit flux as a table over the square root of the radius, since it is steep at
 * the centre. The unit is the half-light radius. It ends at 8 half-light radii (5 for n up to 2), as
 * SDSS cuts its model profiles, fading over the outer fifth, and is scaled to keep unit flux. The
 * index is rounded to 0.05, which no picture shows, so that there are few tables.
 */
export function sersicTable(index: number): ProfileTable {
  const n = Math.round(index * 20) / 20;
  const b = sersicB(n);
  return cached(`sersic ${n}`, {
    outer: n > 2 ? 8 : 5,
    fadeFrom: 0.8,
    brightness: (r) => Math.exp(-b * (r ** (1 / n) - 1)),
  });
}

/**
 * An exponential disc of unit flux as a table; the unit is the scale length. It fades over the outer
 * three tenths and ends at `truncation`, rounded to 0.1 scale lengths.
 */
export function discTable(truncation: number): ProfileTable {
  const outer = Math.round(truncation * 10) / 10;
  return cached(`disc ${outer}`, { outer, fadeFrom: 0.7, brightness: (r) => Math.exp(-r) });
}

/** Tables made so far: constants that are worth keeping, not a state. */
const tables = new Map<string, ProfileTable>();

function cached(
  key: string,
  { outer, fadeFrom, brightness }: {
    outer: number;
    fadeFrom: number;
    brightness: (radius: number) => number;
  },
): ProfileTable {
  const known = tables.get(key);
  if (known) return known;
  const table = new Float64Array(ENTRIES);
  let flux = 0;
  let inner = 0;
  for (let k = 0; k < ENTRIES; k++) {
    const r = outer * (k / (ENTRIES - 1)) ** 2;
    table[k] = brightness(r) * fade((r / outer - fadeFrom) / (1 - fadeFrom));
    // The ring between two entries, at the mean of their brightness, with r dr exact.
    if (k > 0) flux += Math.PI * (r * r - inner * inner) * (table[k] + table[k - 1]) / 2;
    inner = r;
  }
  const profile = { table: Float32Array.from(table, (value) => value / flux), outer };
  tables.set(key, profile);
  return profile;
}

/** Smoothly from 1 at 0 to 0 at 1. */
function fade(t: number): number {
  if (t <= 0) return 1;
  return t >= 1 ? 0 : 1 - t * t * (3 - 2 * t);
}
