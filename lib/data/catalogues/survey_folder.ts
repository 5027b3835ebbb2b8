/**
 * Folders that hold a table of votes and the pictures of its galaxies, under whatever names.
 *
 * @module
 */

import { dirname } from "node:path";
import type { DataFrame } from "nodejs-polars";
import { isFile } from "../../files.ts";
import { listFiles, sortOut } from "../images/image_folder.ts";
import { attachImages } from "./images.ts";
import type { CatalogueKind } from "./kinds.ts";
import { type Catalogue, readCatalogue, scanCatalogue } from "./read.ts";

/** A table of votes, and the images that lie around it. */
export interface SurveyFolder {
  /** The folder. */
  readonly folder: string;
  /** Path of the table of votes. */
  readonly table: string;
  /** Its rows; what is wrong with them is in `problems`. */
  readonly catalogue: Catalogue;
  /** Which image belongs to which object, where a table of the folder says so. */
  readonly mapping: Catalogue | undefined;
  /** Paths of all images below the folder. */
  readonly images: readonly string[];
}

/** Galaxies with their images, row by row. */
export interface PicturedGalaxies {
  /** The table of votes, without the galaxies that have no image. */
  readonly frame: DataFrame;
  /** Paths of the images. */
  readonly paths: string[];
  /** What the images are called: asset or object ids. */
  readonly ids: string[];
  /** Ids of the galaxies without an image. */
  readonly missing: string[];
}

/**
 * Finds a survey in a folder by what its files are: the table is one whose columns are those of a
 * Galaxy Zoo catalogue, CSV (also gzip, with or without a header) or Parquet; images are found by
 * their first bytes, in any subfolder.
 *
 * @param path A folder, or the table in it where there are several
 * @throws {Error} When there is no such folder, or no table of votes in it, or more than one
 *
 * @example
 * ```ts
 * import { findSurvey, picturedGalaxies } from "galaxykit/data";
 * import { writeSky } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/sky`;
 * await writeSky(folder, { count: 3, seed: 1, size: 32 });
 * const survey = findSurvey(folder);
 * assert.equal(survey.catalogue.kind.name, "gz2_stripe82");
 * assert.deepEqual(picturedGalaxies(survey).ids, ["0", "1", "2"]);
 * ```
 */
export function findSurvey(path: string): SurveyFolder {
  const named = isFile(path) ? path : undefined;
  const folder = named === undefined ? path : dirname(path);
  const files = listFiles(folder);
  const [tables, others] = [files.filter(isTable), files.filter((file) => !isTable(file))];
  const reasons: string[] = [];
  const known = tables.flatMap((file) => {
    try {
      return [{ path: file.path, kind: kindOf(file.path) }];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      reasons.push(error.message);
      return [];
    }
  });
  const votes = known.filter(({ kind }) => kind.tree !== null).map(({ path }) => path);
  for (const { path, kind } of known.filter(({ kind }) => kind.tree === null)) {
    reasons.push(`"${path}" is ${kind.name}`);
  }
  const table = named ?? votes[0];
  if (table === undefined) {
    throw new Error(
      `Cannot find votes in "${folder}": none of its ${files.length} files is a table of Galaxy Zoo` +
        (reasons.length > 0 ? ` (${reasons.slice(0, 3).join("; ")})` : ""),
    );
  }
  if (named === undefined && votes.length > 1) {
    throw new Error(
      `Cannot tell which table of "${folder}" has the votes: ${
        votes.map((name) => `"${name}"`).join(" and ")
      } could be it; give the path of one instead of the folder`,
    );
  }
  const mapping = known.find(({ kind }) => kind.name === "gz2_filename_mapping");
  return {
    folder,
    table,
    // Small samples of the public tables have empty cells, and columns of their makers.
    catalogue: readCatalogue(table, { bad: "report", extra: "keep" }),
    mapping: mapping && readCatalogue(mapping.path),
    images: sortOut(others).images.map(({ path }) => path),
  };
}

/**
 * Joins the galaxies of a survey to their images, whose names are asset ids or, where the table and
 * a mapping beside it have none, the galaxies' own.
 *
 * @param options.missing What to do with galaxies that have no image: stop, or leave them out.
 *   @default {"error"}
 * @throws {RangeError} When galaxies have no image and `missing` is "error", or one has two
 */
export function picturedGalaxies(
  { folder, catalogue, mapping, images }: SurveyFolder,
  options: { missing?: "error" | "drop" } = {},
): PicturedGalaxies {
  const files = new Map<string, string>();
  const twice = new Map<string, string>();
  for (const path of images) {
    const name = nameOf(path);
    (files.has(name) ? twice : files).set(name, path);
  }
  const { frame, missing } = attachImages(catalogue, { folder, mapping, files, ...options });
  const paths = frame.getColumn("file_loc").toArray() as string[];
  const ids = paths.map(nameOf);
  const doubtful = ids.find((name) => twice.has(name));
  if (doubtful !== undefined) {
    throw new RangeError(
      `Cannot tell the image of ${doubtful}: "${files.get(doubtful)}" and "${
        twice.get(doubtful)
      }" have its name; keep one`,
    );
  }
  return { frame, paths, ids, missing };
}

function isTable({ id }: { id: string }): boolean {
  return /\.(csv|csv\.gz|parquet)$/i.test(id);
}

/** What a table is, by its columns. */
function kindOf(path: string): CatalogueKind {
  // Gzip is read as a whole or not at all.
  return /\.gz$/i.test(path)
    ? readCatalogue(path, { bad: "report", extra: "keep" }).kind
    : scanCatalogue(path, { extra: "keep" }).kind;
}

/** The name of a file without folder and extension. */
function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
}
