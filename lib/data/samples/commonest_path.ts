/**
 * The way through a decision tree that most volunteers take.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import type { Answer } from "../catalogues/tree.ts";
import { type CatalogueRows, type FractionKind, voteFractions } from "./vote_labels.ts";

/**
 * Walks the decision tree for each galaxy as most of its volunteers do: of each question that the way
 * comes to, the answer of the highest fraction is taken (of equal ones the first); a question that
 * nobody was asked has none.
 *
 * With debiased fractions this is how `gz2_class` of Galaxy Zoo 2's tables came about (Willett et al.
 * 2013, MNRAS 435, 2835, appendix A): their first letters follow from it.
 *
 * @param options `fractions`: which ones. Default: the first of raw, published, weighted that the table
 * has
 * @returns For each row the ids of the answers, in the order of the tree's questions
 * @throws {RangeError} When the table has no decision tree, or lacks the fractions
 * @throws {CatalogueError} When the fractions are not sound
 *
 * @example
 * ```ts
 * import { commonestPaths, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const paths = commonestPaths(readCatalogue("data/sky/catalogue.parquet"));
 * assert.ok(paths.every(([first]) => ["a01", "a02", "a03"].includes(first)));
 * // A smooth galaxy is asked about its roundness next, and whether anything is odd
 * const smooth = paths.find(([first]) => first === "a01")!;
 * assert.ok(["a14", "a15"].includes(smooth[1]) && smooth.some((id) => ["a16", "a17", "a18"].includes(id)));
 * ```
 */
export function commonestPaths(
  votes: CatalogueRows,
  options: {
    /** Which ones. @default {the first of raw, published, weighted that the table has} */
    fractions?: FractionKind;
  } = {},
): string[][] {
  refuseUnknown(options, { fractions: true }, { what: "walk a decision tree" });
  const { kind: { name, tree }, frame } = votes;
  if (tree === null) {
    throw new RangeError(`Cannot walk a decision tree: the table (${name}) has no votes`);
  }
  const { questions } = tree;
  const { values } = voteFractions(votes, { ...options, questions: questions.map(({ id }) => id) });
  return Array.from({ length: frame.height }, (_, row) => {
    const path: string[] = [];
    const fraction = ({ id }: Answer) => values[id][row] || 0; // None of a question not asked
    for (const { answers, after } of questions) {
      if (after.length > 0 && !after.some((answer) => path.includes(answer))) continue;
      const best = answers.reduce((best, own) => fraction(own) > fraction(best) ? own : best);
      if (fraction(best) > 0) path.push(best.id);
    }
    return path;
  });
}
