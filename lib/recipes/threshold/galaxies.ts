/**
 * The galaxies of a sweep: votes, images and, on the simulated sky, the truth.
 *
 * @module
 */

import { type FractionKind, openSurvey } from "../../data/mod.ts";
import { trueClasses } from "./truth.ts";
import { type FirstVotes, firstVotes } from "./votes.ts";

/** Galaxies row by row. */
export type Galaxies = FirstVotes & {
  ids: readonly string[];
  /** Paths of their images. */
  paths: readonly string[];
  /** True classes, on the simulated sky; see {@linkcode trueClasses}. */
  truth?: Int32Array;
  /** Where the votes come from. */
  source: string;
  /** Galaxies that were left out, since they have no image or no votes. */
  leftOut: number;
};

/**
 * The galaxies of a survey's folder that have votes and an image.
 *
 * @param data A folder, or the table in it: see `openSurvey()`
 * @throws {Error} When no table of votes is found, or galaxies have no image
 */
export function readGalaxies(data: string, { fractions, images, skipBad = false }: {
  fractions?: FractionKind;
  /** Folder of the images. @default {the table's} */
  images?: string;
  /** Leave out galaxies without an image. @default {false} */
  skipBad?: boolean;
}): Galaxies {
  const survey = openSurvey(data, { images });
  const pictured = survey.pictured({ missing: skipBad ? "drop" : "error" });
  const { smooth, featured } = firstVotes(pictured, fractions).shares;
  const kept = pictured.filter((row) =>
    Number.isFinite(smooth[row]) && Number.isFinite(featured[row])
  );
  const { ids, paths, table } = kept;
  if (ids.length === 0) {
    throw new RangeError(`Cannot sweep thresholds on "${table}": no galaxy has an image and votes`);
  }
  return {
    ...firstVotes(kept, fractions),
    ...{ ids, paths },
    truth: trueClasses(table, ids),
    source: `${table} (${kept.kind.name})`,
    leftOut: survey.ids.length - ids.length,
  };
}
