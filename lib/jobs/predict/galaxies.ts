/**
 * What is to be predicted: a folder of images, or the rows of a table with their images.
 *
 * @module
 */

import { type BadFile, listImages, openSurvey } from "../../data/mod.ts";

/** Where galaxies come from: `images`, `data`, or both. */
export type GalaxySource = {
  /** A folder of images, with or without subfolders. */
  images?: string;
  /**
   * A table (Parquet or CSV) of galaxies, or a folder with a table of votes. The images of a Galaxy
   * Zoo catalogue are called by its asset ids, those of any other table are in its column `file_loc`
   * or are called by its ids. They lie in `images`, or beside the table.
   */
  data?: string;
  /** The table of `gz2_filename_mapping`, for catalogues without asset ids. @default {none} */
  mapping?: string;
};

/** Galaxies to predict, in order. */
export type Galaxies = {
  /** What the column of ids is called. */
  idName: string;
  /** As text, each different. */
  ids: readonly string[];
  /** Of the images. */
  paths: readonly string[];
  /** Ids of rows that have no image. */
  missing: string[];
  /** Files that are no images. */
  bad: BadFile[];
};

/**
 * Finds the galaxies and their images.
 *
 * @throws {Error} When there are none, a table has no column of ids or images, or, unless bad ones are
 * skipped, when files are no images or rows have none
 */
export function findGalaxies(
  { images, data, mapping, skipBad = false }: GalaxySource & {
    /** Leave out what has no image. @default {false} */
    skipBad?: boolean;
  },
): Galaxies {
  if (data === undefined) {
    if (images === undefined) {
      throw new RangeError("Cannot predict: name a folder of images, or a table of galaxies");
    }
    const { files, bad: noImages } = listImages(images, {
      bad: skipBad ? "skip" : "error",
    });
    return {
      idName: "id",
      ids: files.map(({ id }) => id),
      paths: files.map(({ path }) => path),
      missing: [],
      bad: noImages,
    };
  }
  const survey = openSurvey(data, { images, mapping });
  const { ids, paths } = survey.pictured({ missing: skipBad ? "drop" : "error" });
  return { idName: survey.id, ids, paths, missing: survey.missing, bad: [] };
}
