/**
 * The tables of a simulated sky: votes in the columns of Galaxy Zoo 2, and the truth beside them.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { gz2Tree } from "../data/catalogues/trees.ts";
import { answersOf } from "../data/catalogues/tree.ts";
import type { Galaxy } from "./galaxy.ts";
import { measure } from "./science.ts";
import type { Classification } from "./volunteers.ts";
import { reducing, type VoteReference, voteReference } from "./vote_reference.ts";

/** A galaxy and what volunteers said of it. */
export type ClassifiedGalaxy = {
  galaxy: Galaxy;
  votes: Classification;
};

/** Numbers in the tables' `sample` column. */
export const SIMULATED_SAMPLE = "simulated";

const ANSWERS = answersOf(gz2Tree);

/**
 * The number of a simulated galaxy: 18 digits, as in SDSS, so that no program reads it as a double
 * unharmed: 9, six of the seed, eleven of the index.
 *
 * @example
 * ```ts
 * import { objectId } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal(objectId({ seed: 7, index: 12 }), 900000700000000012n);
 * ```
 */
export function objectId({ seed, index }: { seed: number; index: number }): bigint {
  const million = 1_000_000n;
  const six = ((BigInt(seed) % million) + million) % million;
  return 900_000_000_000_000_000n + six * 100_000_000_000n + BigInt(index);
}

/**
 * The catalogue of classified galaxies, in the 228 columns of the GZ2 Stripe 82 table (Willett et
 * al. 2013, table 5): votes for each answer (`_count`), weighted by the volunteers' consistency
 * (`_weight`), both as shares of the question (`_fraction`, `_weighted_fraction`), corrected for
 * distance (`_debiased`), and whether the galaxy is in the answer's clean sample (`_flag`).
 *
 * Counts are each galaxy's own; weights and debiased fractions depend on the galaxies of a reference,
 * all alike. For those of a natural sky that is the table itself; a choice among them is reduced by
 * a natural sky, so that its rows are those of the natural sky's table.
 *
 * @throws {RangeError} When there are no galaxies
 * @throws {TypeError} When there are not as many weights as galaxies
 *
 * @example
 * ```ts
 * import { classify, drawGalaxy, skyCatalogue } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const sky = [0, 1, 2].map((index) => {
 *   const galaxy = drawGalaxy({ seed: 1, index });
 *   return { galaxy, votes: classify(galaxy) };
 * });
 * assert.deepEqual(skyCatalogue(sky).shape, { height: 3, width: 228 });
 * ```
 */
export function skyCatalogue(
  sky: readonly ClassifiedGalaxy[],
  { reference, weights }: {
    /** What the votes are reduced by. @default {the galaxies themselves} */
    reference?: VoteReference;
    /**
     * How many galaxies of a natural sky each stands for: the last column, `population_weight`.
     *
     * @default {no such column}
     */
    weights?: Float64Array;
  } = {},
): DataFrame {
  checkSome(sky);
  checkWeights(weights, sky);
  const width = ANSWERS.length;
  const { count, weight, fraction, weighted, debiased, flag } = reducing(
    reference ?? voteReference(sky),
  )(sky);
  const column = (table: Float64Array, place: number) =>
    Float64Array.from({ length: sky.length }, (_, row) => table[row * width + place]);
  const whole = (table: Float64Array, place: number) => Int32Array.from(column(table, place));
  return pl.DataFrame({
    objid: BigInt64Array.from(sky, ({ galaxy }) => objectId(galaxy)),
    sample: sky.map(() => SIMULATED_SAMPLE),
    ra: Float64Array.from(sky, ({ galaxy }) => galaxy.ra),
    dec: Float64Array.from(sky, ({ galaxy }) => galaxy.dec),
    total_votes: Int32Array.from(
      sky,
      (_, row) => count.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b),
    ),
    total_classifications: Int32Array.from(sky, ({ votes }) => votes.volunteers.length),
    ...Object.fromEntries(ANSWERS.flatMap(({ stem }, place) => [
      [`${stem}_count`, whole(count, place)],
      [`${stem}_weight`, column(weight, place)],
      [`${stem}_fraction`, column(fraction, place)],
      [`${stem}_weighted_fraction`, column(weighted, place)],
      [`${stem}_debiased`, column(debiased, place)],
      [`${stem}_flag`, whole(flag, place)],
    ])),
    ...(weights && { population_weight: weights }),
  });
}

/**
 * The truth about galaxies, a row each: identity, structure as drawn (null where there is none),
 * photometry, and what {@linkcode measure} says.
 *
 * @param options `weights`: how many galaxies of a natural sky each stands for. @default {1}
 * @throws {RangeError} When there are no galaxies
 * @throws {TypeError} When there are not as many weights as galaxies
 */
export function truthTable(
  galaxies: readonly Galaxy[],
  { weights = new Float64Array(galaxies.length).fill(1) }: { weights?: Float64Array } = {},
): DataFrame {
  checkSome(galaxies);
  checkWeights(weights, galaxies);
  const number = (of: (galaxy: Galaxy) => number | null | undefined) =>
    galaxies.map((galaxy) => of(galaxy) ?? null);
  const science = galaxies.map(measure);
  return pl.DataFrame({
    objid: BigInt64Array.from(galaxies, objectId),
    index: Int32Array.from(galaxies, ({ index }) => index),
    class: galaxies.map((galaxy) => galaxy.class),
    merger: galaxies.map((galaxy) => galaxy.companion !== null),
    artifact: galaxies.map((galaxy) => galaxy.artifact?.kind ?? null),
    ra: number((g) => g.ra),
    dec: number((g) => g.dec),
    redshift: number((g) => g.redshift),
    absolute_magnitude: number((g) => g.absoluteMagnitude),
    u_r_rest: number((g) => g.restUr),
    sequence: galaxies.map(({ sequence }) => sequence),
    ...Object.fromEntries(
      (["u", "g", "r", "i", "z", "Y", "J", "H", "K"] as const)
        .map((band) => [`mag_${band}`, number((g) => g.magnitudes[band])]),
    ),
    petro_r50: number((g) => g.petroR50),
    petro_r90: number((g) => g.petroR90),
    kpc_per_arcsec: number((g) => g.kpcPerArcsec),
    position_angle: number((g) => g.positionAngle),
    bulge_fraction: number((g) => g.bulge.fraction),
    bulge_sersic_index: number((g) => g.bulge.sersicIndex),
    bulge_axis_ratio: number((g) => g.bulge.axisRatio),
    bulge_boxiness: number((g) => g.bulge.boxiness),
    inclination: number((g) => g.disc?.inclination),
    disc_scale_length: number((g) => g.disc?.scaleLength),
    arm_count: number((g) => g.arms?.count),
    arm_pitch: number((g) => g.arms?.pitch),
    arm_strength: number((g) => g.arms?.strength),
    flocculent: galaxies.map((galaxy) => galaxy.arms?.flocculent ?? null),
    bar_strength: number((g) => g.bar?.strength),
    bar_length: number((g) => g.bar?.length),
    ring_strength: number((g) => g.rings.length ? sum(g.rings.map((r) => r.strength)) : null),
    lens_strength: number((g) => g.lens?.strength),
    dust_optical_depth: number((g) => g.dustLane?.opticalDepth),
    knot_count: number((g) => g.knots.count),
    disturbance: number((g) => g.disturbance),
    tails: number((g) => g.tails.length),
    shells: number((g) => g.shells?.count),
    companion_magnitude: number((g) => g.companion?.magnitudes.r),
    companion_distance: number((g) => g.companion && Math.hypot(g.companion.x, g.companion.y)),
    log_stellar_mass: science.map((row) => row.log_stellar_mass),
    log_sfr: science.map((row) => row.log_sfr),
    log_halo_mass: science.map((row) => row.log_halo_mass),
    satellite: science.map((row) => row.satellite),
    log_density: science.map((row) => row.log_density),
    environment: science.map((row) => row.environment),
    population_weight: weights,
  });
}

/**
 * What endless crowds would say of classified galaxies: `objid`, and for each answer `_expected`.
 *
 * @throws {RangeError} When there are no galaxies
 */
export function expectedTable(sky: readonly ClassifiedGalaxy[]): DataFrame {
  checkSome(sky);
  return pl.DataFrame({
    objid: BigInt64Array.from(sky, ({ galaxy }) => objectId(galaxy)),
    ...Object.fromEntries(
      ANSWERS.map(({ stem }, place) => [
        `${stem}_expected`,
        Float64Array.from(sky, ({ votes }) => votes.expected[place]),
      ]),
    ),
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function checkWeights(weights: Float64Array | undefined, rows: readonly unknown[]): void {
  if (weights === undefined || weights.length === rows.length) return;
  throw new TypeError(
    `Cannot make a table of the sky: ${rows.length} galaxies want as many weights, ` +
      `${weights.length} found`,
  );
}

function checkSome(rows: readonly unknown[]): void {
  if (rows.length === 0) throw new RangeError("Cannot make a table of the sky: no galaxies given");
}
