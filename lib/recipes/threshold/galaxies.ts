/**
 * The galaxies of a sweep: votes, images and, on the simulated sky, the truth.
 *
 * @module
 */

import { type FractionKind, openSurvey } from "../../data/mod.ts";
import { endlessShares, trueClasses } from "./truth.ts";
import { type FirstVotes, firstVotes, type Shares } from "./votes.ts";

/** Galaxies row by row. */
export type Galaxies = FirstVotes & {
  ids: readonly string[];
  /** Paths of their images; none where votes alone are wanted. */
  paths: readonly string[];
  /** True classes, on the simulated sky; see {@linkcode trueClasses}. */
  truth?: Int32Array;
  /** What endless crowds would say, on the simulated sky; see {@linkcode endlessShares}. */
  endless?: Shares;
  /** Where the votes come from. */
  source: string;
  /** Galaxies that were left out, since they have no image or no votes. */
  leftOut: number;
};

/**
 * The galaxies of a survey's folder that have votes and, unless votes alone are wanted, an image.
 *
 * @param data A folder, or the table in it: see `openSurvey()`
 * @throws {Error} When no table of votes is found, or galaxies have no image
 */
export function readGalaxies(
  data: string,
  { fractions, images, votesOnly = false, skipBad = false }: {
    fractions?: FractionKind;
    /** Folder of the images. @default {the table's} */
    images?: string;
    /** Take galaxies whether or not they have an image. @default {false} */
    votesOnly?: boolean;
    /** Leave out galaxies without an image. @default {false} */
    skipBad?: boolean;
  },
): Galaxies {
  const survey = openSurvey(data, { images });
  if (!votesOnly && survey.missing.length === survey.ids.length) {
    throw new RangeError(
      `Cannot sweep thresholds on "${survey.table}": none of its ${survey.ids.length} galaxies has an image to learn from; add the images, or take the votes alone (votesOnly)`,
    );
  }
  const found = votesOnly ? survey : survey.pictured({ missing: skipBad ? "drop" : "error" });
  const { smooth, featured } = firstVotes(found, fractions).shares;
  const kept = found.filter((row) =>
    Number.isFinite(smooth[row]) && Number.isFinite(featured[row])
  );
  const { ids, paths, table } = kept;
  if (ids.length === 0) {
    throw new RangeError(`Cannot sweep thresholds on "${table}": no galaxy has an image and votes`);
  }
  return {
    ...firstVotes(kept, fractions),
    ids,
    paths: votesOnly ? [] : paths as string[],
    truth: trueClasses(table, ids),
    endless: endlessShares(table, ids),
    source: `${table} (${kept.kind.name})`,
    leftOut: survey.ids.length - ids.length,
  };
}
