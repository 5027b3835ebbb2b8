/**
 * Catalogues joined to their image files.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import type { Catalogue } from "./read.ts";

/**
 * Adds the column `file_loc`, the path of each galaxy's image or null, and `asset_id` where it comes
 * from the mapping.
 *
 * @param id The catalogue's column of ids
 * @param options `files`: paths of images by their names without extension, which are asset ids or,
 * where a table has none, its own ids; `mapping`: the table of `gz2_filename_mapping`
 * @throws {RangeError} When the mapping has two images of a galaxy
 */
export function withImages(
  { frame: given, id }: { frame: DataFrame; id: string },
  { files, mapping }: { files: ReadonlyMap<string, string>; mapping?: Catalogue },
): DataFrame {
  const frame = mapping ? withAssets(given, id, mapping) : given;
  const key = frame.columns.includes("asset_id") ? "asset_id" : id;
  const names = frame.getColumn(key).toArray() as (string | null)[];
  const paths = names.map((name) => name === null ? null : files.get(name) ?? null);
  return frame.withColumns(pl.Series("file_loc", paths, pl.Utf8));
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
