/**
 * Catalogues joined to their image files.
 *
 * @module
 */

import { join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import type { Catalogue } from "./read.ts";

/** How to find the image of a galaxy. */
export type AttachOptions = {
  /** Folder of the images, named by asset id or, where a table has none, by its own id. */
  readonly folder: string;
  /** The table of `gz2_filename_mapping`, for catalogues without asset ids. @default {none} */
  readonly mapping?: Catalogue;
  /** @default {".jpg"} */
  readonly extension?: string;
  /** Paths of the images by their names without extension. @default {those in the folder itself} */
  readonly files?: ReadonlyMap<string, string>;
  /**
   * What to do with galaxies that have no image: stop, leave them out, or keep them with null.
   *
   * @default {"error"}
   */
  readonly missing?: "error" | "drop" | "keep";
};

/**
 * Adds the column `file_loc`, the path of each galaxy's image, and `asset_id` where it comes from
 * the mapping. Files are looked up, so that a galaxy without an image is found before training is.
 *
 * @returns The table in its order, and the ids of the galaxies that have none
 * @throws {RangeError} When galaxies have no image and `missing` is "error", or one has two
 *
 * @example
 * ```ts
 * import { attachImages, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.writeTextFileSync(`${folder}/map.csv`, "objid,sample,asset_id\n587722981736120347,original,1\n");
 * Deno.writeTextFileSync(`${folder}/1.jpg`, "");
 * const votes = "objid,t06_odd_a14_yes_fraction\n587722981736120347,0.1\n587722981736120348,0.2\n";
 * Deno.writeTextFileSync(`${folder}/votes.csv`, votes);
 * const { frame, missing } = attachImages(readCatalogue(`${folder}/votes.csv`), {
 *   folder,
 *   mapping: readCatalogue(`${folder}/map.csv`),
 *   missing: "drop",
 * });
 * assert.equal(frame.getColumn("file_loc").toArray()[0], `${folder}/1.jpg`);
 * assert.deepEqual(missing, ["587722981736120348"]);
 * ```
 */
export function attachImages(
  catalogue: Catalogue,
  options: AttachOptions,
): { frame: DataFrame; missing: string[] } {
  const { folder, mapping, extension = ".jpg", missing = "error" } = options;
  const { id } = catalogue;
  if (id === undefined) {
    throw new RangeError(`Cannot attach images to ${catalogue.kind.name}: it has no column of ids`);
  }
  const frame = mapping ? withAssets(catalogue.frame, id, mapping) : catalogue.frame;
  const key = frame.columns.includes("asset_id") ? "asset_id" : id;
  const files = options.files ?? filesIn(folder, extension);
  const keys = frame.getColumn(key).toArray() as (string | null)[];
  const ids = frame.getColumn(id).toArray() as string[];
  const paths = keys.map((name) => name === null ? null : files.get(name) ?? null);
  const without = ids.filter((_, row) => paths[row] === null);
  if (without.length > 0 && missing === "error") {
    const some = without.slice(0, 3).join(", ") + (without.length > 3 ? ", …" : "");
    throw new RangeError(
      `Cannot attach images from "${folder}": ${without.length} of ${ids.length} galaxies have ` +
        `none (${id} ${some}); pass missing: "drop" to leave them out`,
    );
  }
  const located = frame.withColumns(pl.Series("file_loc", paths, pl.Utf8));
  return {
    frame: missing === "keep" ? located : located.filter(pl.col("file_loc").isNotNull()),
    missing: without,
  };
}

/** The files of a folder with the extension, by their names without it. */
function filesIn(folder: string, extension: string): Map<string, string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(extension));
  return new Map(names.map((name) => [name.slice(0, -extension.length), join(folder, name)]));
}

/** The table with the mapping's asset ids; of an object with several, that of the same sample. */
function withAssets(frame: DataFrame, id: string, mapping: Catalogue): DataFrame {
  const assets = new Map<string, { sample: string; asset: string }[]>();
  const rows = mapping.frame.select("objid", "sample", "asset_id").rows() as string[][];
  for (const [objid, sample, asset] of rows) {
    const known = assets.get(objid);
    if (known) known.push({ sample, asset });
    else assets.set(objid, [{ sample, asset }]);
  }
  const samples = frame.columns.includes("sample") ? frame.getColumn("sample").toArray() : [];
  const ids = frame.getColumn(id).toArray() as string[];
  const values = ids.map((objid, row) => {
    const known = assets.get(objid) ?? [];
    const same = known.length > 1 ? known.filter(({ sample }) => sample === samples[row]) : known;
    if (known.length > 0 && same.length !== 1) {
      throw new RangeError(
        `Cannot tell the image of ${id} ${objid}: the mapping has ${known.length} assets ` +
          `(${known.map(({ sample, asset }) => `${asset} of ${sample}`).join(", ")})`,
      );
    }
    return same[0]?.asset ?? null;
  });
  const without = frame.columns.filter((name) => name !== "asset_id");
  return frame.select(...without).withColumns(pl.Series("asset_id", values, pl.Utf8));
}
