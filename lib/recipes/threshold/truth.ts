/**
 * What simulated galaxies truly are, and what an endless crowd would say of them.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { answersOf, gz2Tree, numberColumn, readTable } from "../../data/mod.ts";
import type { Shares } from "./votes.ts";

/**
 * The true class of simulated galaxies, from `truth.parquet` beside the table of votes: 0, smooth,
 * for ellipticals and lenticulars; 1, featured, for spirals and irregulars; -1 for a star or an
 * artifact, which is neither.
 *
 * It is the class as drawn, whether or not anyone could see it: a spiral whose arms the distance
 * hides is featured, and the volunteers who call it smooth are wrong. A lenticular counts as smooth,
 * as it does in Galaxy Zoo, whose volunteers call a face-on disc without a pattern so.
 *
 * @returns One class for each id, or undefined where there is no truth
 * @throws {RangeError} When a galaxy is not in the table of truths
 */
export function trueClasses(table: string, ids: readonly string[]): Int32Array | undefined {
  const found = besides(table, { name: "truth.parquet", columns: ["class", "artifact"], ids });
  if (found === undefined) return undefined;
  const { frame, rows } = found;
  const kinds = frame.getColumn("class").toArray();
  const artifacts = frame.getColumn("artifact").toArray();
  return rows.map((row) =>
    artifacts[row] !== null ? -1 : ["elliptical", "lenticular"].includes(String(kinds[row])) ? 0 : 1
  );
}

/**
 * The shares that an endless crowd would give simulated galaxies at the first question, from
 * `expected_votes.parquet` beside the table of votes.
 *
 * @returns Undefined where there is no such table
 * @throws {RangeError} When a galaxy is not in it
 */
export function endlessShares(table: string, ids: readonly string[]): Shares | undefined {
  const columns = answersOf(gz2Tree).slice(0, 2).map(({ stem }) => `${stem}_expected`);
  const found = besides(table, { name: "expected_votes.parquet", columns, ids });
  if (found === undefined) return undefined;
  const [smooth, featured] = columns.map((name) => {
    const values = numberColumn(found.frame, name);
    return Float64Array.from(found.rows, (row) => values[row]);
  });
  return { smooth, featured };
}

/** A table beside that of the votes, and the row of each galaxy in it. */
function besides(
  table: string,
  { name, columns, ids }: { name: string; columns: readonly string[]; ids: readonly string[] },
) {
  const path = join(dirname(table), name);
  if (!existsSync(path)) return undefined;
  const frame = readTable(path, { columns: ["objid", ...columns], text: ["objid"] });
  const places = new Map(
    frame.getColumn("objid").toArray().map((id, row) => [String(id), row] as const),
  );
  const rows = Int32Array.from(ids, (id) => {
    const row = places.get(id);
    if (row !== undefined) return row;
    throw new RangeError(`Cannot tell the truth about galaxy ${id}: "${path}" has no such row`);
  });
  return { frame, rows };
}
