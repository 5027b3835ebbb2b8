/** Classified galaxies for the tests, and where the real data may lie. */

import { type ClassifiedGalaxy, classify, drawGalaxy } from "galaxykit/sky";

/** The first galaxies of a seed with their votes. */
export function smallSky(count: number, seed = 4): ClassifiedGalaxy[] {
  return Array.from({ length: count }, (_, index) => {
    const galaxy = drawGalaxy({ seed, index });
    return { galaxy, votes: classify(galaxy) };
  });
}

/** The mean of some numbers. */
export function mean(values: Iterable<number>): number {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}
