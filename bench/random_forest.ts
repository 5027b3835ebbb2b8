/**
 * A random forest that says how well two samples are told apart.
 *
 * @module
 */

import { Prng } from "../lib/prng.ts";

/** Smallest number of rows in a leaf. */
const LEAF = 3;

type Tree = { share: number } | { column: number; limit: number; below: Tree; above: Tree };

/**
 * For each row the share of class 1 by those trees that did not see the row (Breiman 2001, Machine
 * Learning 45, 5): a score that needs no test sample.
 *
 * @param rows Rows of numbers
 * @param labels 0 or 1 of each row
 */
export function outOfBagScores(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  { trees = 300, seed = 1 }: { trees?: number; seed?: number } = {},
): number[] {
  const random = new Prng(seed);
  const sums = rows.map(() => 0);
  const counts = rows.map(() => 0);
  for (let tree = 0; tree < trees; tree++) {
    const bag = rows.map(() => random.integer(rows.length));
    const grown = grow(bag, { rows, labels, random });
    const seen = new Set(bag);
    rows.forEach((row, at) => {
      if (seen.has(at)) return;
      sums[at] += shareOf(grown, row);
      counts[at]++;
    });
  }
  return sums.map((sum, at) => sum / counts[at]);
}

type Sample = {
  rows: readonly (readonly number[])[];
  labels: readonly number[];
  random: Prng;
};

/** Each split is the best of a third of the columns by Gini's impurity. */
function grow(bag: readonly number[], sample: Sample): Tree {
  const { rows, labels, random } = sample;
  const ones = bag.reduce((sum, at) => sum + labels[at], 0);
  if (bag.length < 2 * LEAF || ones === 0 || ones === bag.length) {
    return { share: ones / bag.length };
  }
  let best = { purity: ones * ones / bag.length, column: -1, limit: 0 };
  const columns = random.permutation(rows[0].length).slice(0, Math.ceil(rows[0].length / 3));
  for (const column of columns) {
    const sorted = [...bag].sort((a, b) => rows[a][column] - rows[b][column]);
    let below = 0;
    for (let count = 1; count < sorted.length; count++) {
      below += labels[sorted[count - 1]];
      const [from, to] = [rows[sorted[count - 1]][column], rows[sorted[count]][column]];
      if (from === to || count < LEAF || sorted.length - count < LEAF) continue;
      const purity = below ** 2 / count + (ones - below) ** 2 / (sorted.length - count);
      if (purity > best.purity + 1e-9) best = { purity, column, limit: (from + to) / 2 };
    }
  }
  if (best.column < 0) return { share: ones / bag.length };
  const isBelow = (at: number) => rows[at][best.column] < best.limit;
  return {
    column: best.column,
    limit: best.limit,
    below: grow(bag.filter(isBelow), sample),
    above: grow(bag.filter((at) => !isBelow(at)), sample),
  };
}

function shareOf(tree: Tree, row: readonly number[]): number {
  while ("column" in tree) tree = row[tree.column] < tree.limit ? tree.below : tree.above;
  return tree.share;
}
