/**
 * What other surveys would measure of a simulated galaxy: stellar mass, star formation, its halo and
 * surroundings. Each follows a published mean relation with its scatter.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import type { Galaxy } from "./galaxy.ts";

/** Measured quantities of one galaxy; masses and rates as decimal logarithms. */
export type Science = {
  /** Stellar mass in solar masses (Chabrier's initial mass function). */
  log_stellar_mass: number;
  /** Star-formation rate in solar masses a year. */
  log_sfr: number;
  /** Mass of the halo of its group or cluster in solar masses, or of its own. */
  log_halo_mass: number;
  /** Whether it goes around another galaxy of its group. */
  satellite: boolean;
  /** Galaxies brighter than M_r = −20 per square megaparsec, out to the fifth nearest. */
  log_density: number;
  /** By the halo's mass: field below 10^13, cluster from 10^14 (Kaviraj et al. 2012). */
  environment: "field" | "group" | "cluster";
};

/** The Sun's absolute magnitude in r (Willmer 2018, ApJS 236, 47). */
const SUN = 4.65;

/**
 * Measures a galaxy. The scatter comes from its seed and index.
 *
 * - Stellar mass: colour and luminosity, Bell et al. 2003 (ApJS 149, 289, table 7), less 0.15 for
 *   Chabrier's mass function; scatter 0.1.
 * - Star formation: the blue cloud on the main sequence of Renzini and Peng 2015 (ApJ 801, L29),
 *   scatter 0.3; the red sequence 10^−11.9 of its mass a year (Salim et al. 2007, ApJS 173, 267),
 *   scatter 0.4. Early types with dust lanes form stars, 10^−10.9 (Kaviraj et al. 2012, MNRAS 423,
 *   49); mergers 0.2 more (Ellison et al. 2008, AJ 135, 1877).
 * - Halo: the mean relation of Moster et al. 2013 (MNRAS 428, 3121) at z = 0 read backwards, scatter
 *   0.2. A part of the galaxies, more of the red and early ones (Dressler 1980, ApJ 236, 351), are
 *   satellites, of haloes with dN/dlog M ∝ M^−0.25: the mass function weighted by richness.
 * - Density: rises with the halo's mass as M^0.45, scatter 0.35, about Baldry et al. 2006 (MNRAS
 *   373, 469).
 *
 * @example
 * ```ts
 * import { measure, drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { log_stellar_mass, log_halo_mass } = measure(drawGalaxy({ seed: 1, index: 0 }));
 * assert.ok(log_halo_mass > log_stellar_mass);
 * ```
 */
export function measure(galaxy: Galaxy): Science {
  const random = new Prng(galaxy.seed, [streams.science, galaxy.index]);
  const massToLight = -0.223 + 0.299 * galaxy.restUr - 0.15;
  const log_stellar_mass = massToLight - 0.4 * (galaxy.absoluteMagnitude - SUN) +
    0.1 * random.normal();
  const log_sfr = starFormation(galaxy, log_stellar_mass) +
    (galaxy.sequence === "blue" ? 0.3 : 0.4) * random.normal();
  const early = galaxy.class === "elliptical" || galaxy.class === "lenticular";
  const satellite = random.uniform() <
    0.16 + (galaxy.sequence === "red" ? 0.15 : 0) + (early ? 0.08 : 0);
  const own = Math.min(15, haloOf(log_stellar_mass) + 0.2 * random.normal());
  // Hosts are more massive than the halo that the satellite fell in with.
  const host = own + 0.3 + fallingLaw(random.uniform(), { slope: 0.25, range: 14.9 - own });
  const log_halo_mass = Math.min(15.2, satellite ? host : own);
  return {
    log_stellar_mass,
    log_sfr,
    log_halo_mass,
    satellite,
    log_density: -0.6 + 0.45 * (log_halo_mass - 12) + 0.35 * random.normal(),
    environment: log_halo_mass < 13 ? "field" : log_halo_mass < 14 ? "group" : "cluster",
  };
}

/** A number in [0, range] of density ∝ 10^(−slope x), from a uniform one. */
function fallingLaw(uniform: number, { slope, range }: { slope: number; range: number }): number {
  if (range <= 0) return 0;
  return -Math.log10(1 - uniform * (1 - 10 ** (-slope * range))) / slope;
}

/** Mean log star-formation rate. */
function starFormation(galaxy: Galaxy, mass: number): number {
  const boost = galaxy.companion === null ? 0 : 0.2;
  if (galaxy.sequence === "blue") return 0.76 * mass - 7.64 + boost;
  return mass + boost + (galaxy.dustLane === null ? -11.9 : -10.9);
}

/** Mean log mass of the halo whose central galaxy has a stellar mass: Moster's relation inverted. */
function haloOf(stellarMass: number): number {
  let [low, high] = [10, 15.5];
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (centralOf(middle) < stellarMass) low = middle;
    else high = middle;
  }
  return low;
}

/** Moster et al. 2013, equation 2 and table 1. */
function centralOf(halo: number): number {
  const ratio = 10 ** (halo - 11.590);
  return halo + Math.log10(2 * 0.0351 / (ratio ** -1.376 + ratio ** 0.608));
}
