/**
 * What is to be predicted: a folder of images, or the rows of a table with their images.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import {
  attachImages,
  type BadFile,
  columnNames,
  columnValues,
  findSurvey,
  listImages,
  picturedGalaxies,
  readCatalogue,
  readTable,
  UnknownKindError,
} from "../../data/mod.ts";
import { isFile } from "../../files.ts";

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
  ids: string[];
  /** Of the images. */
  paths: string[];
  /** Ids of rows that have no image. */
  missing: string[];
  /** Files that are no images. */
  bad: BadFile[];
};

/** Columns that tell rows apart, in tables of no known kind. */
const ID_COLUMNS = ["id_str", "id", "objid", "dr7objid", "iauname", "GalaxyID", "asset_id"];

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
  const found = isFile(data) ? fromTable(data, { images, mapping }) : fromSurvey(data);
  const { idName, ids, paths } = found;
  const rows = ids.keys().filter((row) => paths[row] !== null && isFile(paths[row])).toArray();
  const there = new Set(rows);
  const missing = ids.filter((_, row) => !there.has(row));
  if (missing.length > 0 && (!skipBad || rows.length === 0)) {
    throw new RangeError(
      `Cannot predict the galaxies of "${data}": ${missing.length} of ${ids.length} have no image (${idName} ${
        missing.slice(0, 3).join(", ")
      }${
        missing.length > 3 ? ", …" : ""
      }); name the folder of their images (images), or leave them out (skipBad: true)`,
    );
  }
  return {
    idName,
    ids: rows.map((row) => ids[row]!),
    paths: rows.map((row) => paths[row]!),
    missing,
    bad: [],
  };
}

type Located = { idName: string; ids: string[]; paths: (string | null)[] };

function fromSurvey(folder: string): Located {
  const survey = findSurvey(folder);
  const { frame, paths, missing } = picturedGalaxies(survey, { missing: "drop" });
  const idName = survey.catalogue.id!;
  const ids = textOf(columnValues(frame, idName));
  return {
    idName,
    ids: [...ids, ...missing],
    paths: [...paths, ...missing.map(() => null)],
  };
}

function fromTable(
  path: string,
  { images, mapping }: { images?: string; mapping?: string },
): Located {
  const around = images ?? dirname(path);
  const catalogue = knownCatalogue(path);
  const names = catalogue?.frame.columns ?? columnNames(readTable(path));
  const idName = catalogue?.id ?? ID_COLUMNS.find((name) => names.includes(name));
  if (idName === undefined) {
    throw new RangeError(
      `Cannot predict the galaxies of "${path}": it has no column of ids, one of ${
        ID_COLUMNS.join(", ")
      } is wanted`,
    );
  }
  if (names.includes("file_loc")) {
    const frame = readTable(path, { columns: [idName, "file_loc"], text: [idName] });
    const locations = columnValues(frame, "file_loc") as (string | null)[];
    return {
      idName,
      ids: textOf(columnValues(frame, idName)),
      paths: locations.map((file) => file === null || isAbsolute(file) ? file : join(around, file)),
    };
  }
  const files = new Map(
    listImages(around, { bad: "skip" }).files.map(({ path }) => [nameOf(path), path]),
  );
  if (catalogue !== undefined) {
    const { frame } = attachImages(catalogue, {
      folder: around,
      files,
      mapping: mapping === undefined ? undefined : readCatalogue(mapping),
      missing: "drop",
    });
    const locations = columnValues(frame, "file_loc") as string[];
    const located = new Map(
      textOf(columnValues(frame, idName)).map((id, row) => [id, locations[row]!]),
    );
    const ids = textOf(columnValues(catalogue.frame, idName));
    return { idName, ids, paths: ids.map((id) => located.get(id) ?? null) };
  }
  const frame = readTable(path, { columns: [idName], text: [idName] });
  const ids = textOf(columnValues(frame, idName));
  return { idName, ids, paths: ids.map((id) => files.get(id) ?? null) };
}

/** A catalogue of a known kind with ids; other tables are none. */
function knownCatalogue(path: string) {
  try {
    // Small samples of the public tables have empty cells, and columns of their makers
    const catalogue = readCatalogue(path, { bad: "report", extra: "keep" });
    return catalogue.id === undefined ? undefined : catalogue;
  } catch (error) {
    if (error instanceof UnknownKindError) return undefined;
    throw error;
  }
}

function textOf(values: ArrayLike<unknown>): string[] {
  return Array.from(values, String);
}

/** The name of a file without folder and extension. */
function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
}
