/**
 * The galaxies of a sky that was written, as they were drawn.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Galaxy } from "./galaxy.ts";
import { drawGalaxy } from "./population.ts";
import { objectId } from "./sky_catalogue.ts";
import type { SurveyName } from "./survey.ts";

/** What is true of a folder's galaxies. */
export type Truth = {
  /** Whose pictures they look like. */
  survey: SurveyName;
  /**
   * A galaxy by its object id.
   *
   * @throws {RangeError} When it is none of this sky
   */
  galaxy: (id: string) => Galaxy;
};

/**
 * Opens the truth of a folder that {@linkcode writeSky} wrote; undefined for other folders. Galaxies
 * of a seed are drawn again, those of one's own are read.
 *
 * @example
 * ```ts
 * import { openTruth } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { galaxy, survey } = openTruth("data/sky")!;
 * assert.equal(survey, "sdss");
 * assert.equal(galaxy("900000100000000007").index, 7);
 * ```
 */
export function openTruth(folder: string): Truth | undefined {
  const path = join(folder, "sky.json");
  if (!existsSync(path)) return undefined;
  const { seed, survey, population } = JSON.parse(Deno.readTextFileSync(path));
  if (population === "own") {
    const galaxies: Galaxy[] = JSON.parse(Deno.readTextFileSync(join(folder, "galaxies.json")));
    const byId = new Map(galaxies.map((galaxy) => [`${objectId(galaxy)}`, galaxy]));
    return {
      survey,
      galaxy(id) {
        const found = byId.get(id);
        if (found) return found;
        throw new RangeError(`Cannot tell the truth about galaxy ${id}: "${folder}" has it not`);
      },
    };
  }
  return { survey, galaxy: (id) => drawGalaxy({ seed, index: indexOf(id, { seed, folder }) }) };
}

/** The index in an object id of the seed. */
function indexOf(id: string, { seed, folder }: { seed: number; folder: string }): number {
  const index = /^9\d{17}$/.test(id) ? Number(id.slice(7)) : NaN;
  if (`${objectId({ seed, index: index || 0 })}` === id) return index;
  throw new RangeError(`Cannot tell the truth about galaxy ${id}: "${folder}" has it not`);
}
