/**
 * A folder with a table of votes and the pictures of its galaxies.
 *
 * @module
 */

import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import type { DataFrame } from "nodejs-polars";
import { attachImages, readCatalogue } from "../../data/mod.ts";

/** Votes and pictures of some galaxies, row by row. */
export interface SurveyFolder {
  frame: DataFrame;
  /** Paths of the pictures. */
  paths: string[];
  /** What the pictures are called. */
  ids: string[];
}

const TABLES = ["catalogue.parquet", "catalogue.csv", "catalog.parquet", "catalog.csv"];

/**
 * Reads the GZ2 table of a survey folder and finds its pictures: `images/{asset_id}.jpg` or `.png`,
 * `asset_id` being a column of the table or of a `gz2_filename_mapping.csv` beside it.
 *
 * @throws {Error} When there is no table, or a picture is missing
 */
export function readSurveyFolder(folder: string): SurveyFolder {
  const name = TABLES.find((table) => existsSync(join(folder, table)));
  if (name === undefined) {
    throw new Error(`Cannot read "${folder}": none of ${TABLES.join(", ")} is in it`);
  }
  // Small samples of the real tables have empty cells, and columns of their makers.
  const catalogue = readCatalogue(join(folder, name), { bad: "report", extra: "keep" });
  const images = join(folder, "images");
  if (!existsSync(images)) throw new Error(`Cannot read "${folder}": it has no folder "images"`);
  const mapping = join(folder, "gz2_filename_mapping.csv");
  const { frame } = attachImages(catalogue, {
    folder: images,
    mapping: existsSync(mapping) ? readCatalogue(mapping) : undefined,
    extension: extname(readdirSync(images).find((name) => /\.(jpe?g|png)$/.test(name)) ?? ".jpg"),
  });
  return {
    frame,
    paths: frame.getColumn("file_loc").toArray() as string[],
    ids: frame.getColumn("asset_id").toArray().map(String),
  };
}
