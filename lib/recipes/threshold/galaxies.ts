/**
 * The galaxies of a sweep: votes, images and, on the simulated sky, the truth.
 *
 * @module
 */

import { findSurvey, type FractionKind, listImages, picturedGalaxies } from "../../data/mod.ts";
import { trueClasses } from "./truth.ts";
import { type FirstVotes, firstVotes, type Shares } from "./votes.ts";

/** Galaxies row by row. */
export type Galaxies = FirstVotes & {
  ids: string[];
  /** Paths of their images. */
  paths: string[];
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
 * @param data A folder, or the table in it: see `findSurvey()`
 * @throws {Error} When no table of votes is found, or galaxies have no image
 */
export function readGalaxies(data: string, { fractions, images, skipMissing = false }: {
  fractions?: FractionKind;
  /** Folder of the images. @default {the table's} */
  images?: string;
  /** Leave out galaxies without an image. @default {false} */
  skipMissing?: boolean;
}): Galaxies {
  const found = findSurvey(data);
  const survey = images === undefined
    ? found
    : { ...found, folder: images, images: listImages(images).files.map(({ path }) => path) };
  const { catalogue, table } = survey;
  const { frame, paths, missing } = picturedGalaxies(survey, {
    missing: skipMissing ? "drop" : "error",
  });
  const votes = firstVotes({ ...catalogue, frame }, fractions);
  const { smooth, featured } = votes.shares;
  const rows = Array.from(smooth.keys())
    .filter((row) => Number.isFinite(smooth[row]) && Number.isFinite(featured[row]));
  if (rows.length === 0) {
    throw new RangeError(`Cannot sweep thresholds on "${table}": no galaxy has an image and votes`);
  }
  const take = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const takeShares = (shares: Shares) => ({
    smooth: take(shares.smooth),
    featured: take(shares.featured),
  });
  const names = frame.getColumn(catalogue.id ?? frame.columns[0]).toArray().map(String);
  const ids = rows.map((row) => names[row]);
  return {
    kind: votes.kind,
    shares: takeShares(votes.shares),
    kinds: Object.fromEntries(
      Object.entries(votes.kinds).map(([kind, shares]) => [kind, takeShares(shares)]),
    ),
    counts: votes.counts?.map(take),
    ids,
    paths: rows.map((row) => paths[row]),
    truth: trueClasses(table, ids),
    source: `${table} (${catalogue.kind.name})`,
    leftOut: missing.length + frame.height - rows.length,
  };
}
