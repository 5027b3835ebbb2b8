/**
 * What simulated galaxies truly are.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTable } from "../../data/mod.ts";

/**
 * The true class of simulated galaxies, from `truth.parquet` beside the table of votes: 0, smooth,
 * for ellipticals and lenticulars; 1, featured, for spirals and irregulars; -1 for a star or an
 * artifact, which is neither. A label that differs is noise.
 *
 * It is the class as drawn, whether or not anyone could see it: a spiral whose arms the distance
 * hides is featured, and the volunteers who call it smooth are wrong. A lenticular counts as smooth,
 * as it does in Galaxy Zoo, whose volunteers call a face-on disc without a pattern so.
 *
 * @returns One class for each id, or undefined where there is no truth
 * @throws {RangeError} When a galaxy is not in the table of truths
 */
export function trueClasses(table: string, ids: readonly string[]): Int32Array | undefined {
  const path = join(dirname(table), "truth.parquet");
  if (!existsSync(path)) return undefined;
  const truth = readTable(path, { columns: ["objid", "class", "artifact"], text: ["objid"] });
  const kinds = truth.getColumn("class").toArray();
  const artifacts = truth.getColumn("artifact").toArray();
  const classes = new Map(
    truth.getColumn("objid").toArray().map((id, row) => {
      const smooth = kinds[row] === "elliptical" || kinds[row] === "lenticular";
      return [String(id), artifacts[row] !== null ? -1 : smooth ? 0 : 1];
    }),
  );
  return Int32Array.from(ids, (id) => {
    const found = classes.get(id);
    if (found !== undefined) return found;
    throw new RangeError(`Cannot tell the truth about galaxy ${id}: "${path}" has no such row`);
  });
}
