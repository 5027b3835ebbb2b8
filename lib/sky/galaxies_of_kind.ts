/**
 * Galaxies of a table, real ones say, of a kind that simulated ones can be asked for.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { answerColumn, answersOf, pathsTo, questionOf } from "../data/catalogues/tree.ts";
import { gz2Tree } from "../data/catalogues/trees.ts";
import { cleanRule } from "../data/samples/clean_rule.ts";
import { selectRows } from "../data/samples/selection.ts";
import { certainAnswers } from "../data/samples/well_sampled.ts";
import { numberColumn } from "../data/tables.ts";
import { kindNamed } from "./_kinds.ts";

/** Galaxies of a table. */
export type KindRows = {
  /** Their rows. */
  rows: number[];
  /** Whether they pass the rule of the kind; else they are those that come nearest. */
  pass: boolean;
};

/**
 * The galaxies of a table in the columns of Galaxy Zoo 2 that are of a kind by votes. The rule is
 * `cleanRule`; where a table has no numbers of votes, without that of 20. Where no galaxy passes,
 * those that come nearest: of which the most volunteers gave the answer that the fewest gave, of all
 * the answers wanted, counted among all volunteers and not only those who were asked.
 *
 * @param frame Weighted and debiased fractions
 * @param kind A name of a kind
 * @param options `most`: how many of those that come nearest
 * @returns None for a kind of which votes tell nothing
 * @throws {RangeError} When there is no such kind, or the table lacks a column
 *
 * @example
 * ```ts
 * import { readCatalogue } from "galaxykit/data";
 * import { galaxiesOfKind } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { frame } = readCatalogue("data/sky/catalogue.parquet");
 * const lanes = galaxiesOfKind(frame, "K", { most: 12 });
 * assert.ok(lanes.pass || lanes.rows.length <= 12);
 * assert.deepEqual(galaxiesOfKind(frame, "shells", { most: 12 }).rows, []); // nobody was asked
 * ```
 */
export function galaxiesOfKind(
  frame: DataFrame,
  kind: string,
  { most }: { most: number },
): KindRows {
  const all = answersOf(gz2Tree);
  const answers = kindNamed(kind).answers.map((place) => all[place].id);
  if (answers.length === 0) return { rows: [], pass: false };
  const cuts = answers.flatMap((answer) => {
    const questions = [questionOf(gz2Tree, answer).id];
    const rule = { ...cleanRule, ...(!hasCounts(frame) && { minimumVotes: 0 }), questions };
    return certainAnswers(gz2Tree, rule)[answer];
  });
  const byName = new Map(cuts.map((cut) => [cut.name, cut]));
  const { mask } = selectRows(withCounts(frame), [...byName.values()]);
  const kept = mask.toArray();
  const passing = [...kept.keys()].filter((row) => kept[row]);
  if (passing.length > 0) return { rows: passing, pass: true };
  const shares = answers.map((answer) => sharesOfAll(frame, answer));
  const least = (row: number) => Math.min(...shares.map((share) => share[row]));
  const order = [...Array(frame.height).keys()].filter((row) => least(row) > 0)
    .sort((a, b) => least(b) - least(a) || a - b);
  return { rows: order.slice(0, most), pass: false };
}

const COUNTS = answersOf(gz2Tree).map(({ id }) => answerColumn(gz2Tree, id, "count"));

function hasCounts({ columns }: DataFrame): boolean {
  return COUNTS.every((name) => columns.includes(name));
}

/** A table with numbers of votes: zeros where it has none. */
function withCounts(frame: DataFrame): DataFrame {
  return hasCounts(frame)
    ? frame
    : frame.withColumns(...COUNTS.map((name) => pl.lit(0).alias(name)));
}

/** Row by row, the share of all volunteers that came to an answer and gave it. */
function sharesOfAll(frame: DataFrame, answer: string): number[] {
  const fractions = (id: string) =>
    numberColumn(frame, answerColumn(gz2Tree, id, "weighted_fraction"))
      .map((value) => Number.isNaN(value) ? 0 : value);
  const paths = pathsTo(gz2Tree, questionOf(gz2Tree, answer).id)
    .map((path) => [...path, answer].map(fractions));
  return Array.from(
    { length: frame.height },
    (_, row) =>
      paths.reduce((sum, path) => sum + path.reduce((share, of) => share * of[row], 1), 0),
  );
}
