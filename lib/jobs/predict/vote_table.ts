/**
 * Predicted votes as columns, named as in the catalogues of DECaLS, DESI and Euclid.
 *
 * @module
 */

import {
  type DecisionTree,
  predictedReach,
  PREDICTION_SUFFIXES,
  type VoteColumn,
  voteColumns,
} from "../../data/mod.ts";
import type { Outputs } from "../../train/mod.ts";

/**
 * A column for each output; of Dirichlet concentrations fractions, too; and for each question whose way is
 * there the share of the volunteers who are asked.
 *
 * @param outputs What the network tells
 * @param rows What it told, a row a galaxy
 */
export function voteTable(
  outputs: Exclude<Outputs, { classes: unknown }>,
  rows: readonly ArrayLike<number>[],
): Record<string, Float32Array> {
  const { fractions: names, head, sizes = [] } = outputs;
  const values = names.map((_, at) => Float64Array.from(rows, (row) => row[at]!));
  const shares = head === "dirichlet" ? sharesOf(values, sizes) : values;
  const votes = voteColumns(names);
  const asked = votes === undefined ? {} : askedOf(votes.tree, {
    meanings: names.map((name) => votes.columns.get(name)),
    shares,
  });
  const { concentration, fraction } = PREDICTION_SUFFIXES;
  const told = head === "dirichlet"
    ? names.map((name, at) =>
      [name.slice(0, -concentration.length) + fraction, shares[at]!] as const
    )
    : [];
  const all = [
    ...names.map((name, at) => [name, values[at]!] as const),
    ...told,
    ...Object.entries(asked),
  ];
  return Object.fromEntries(all.map(([name, own]) => [name, Float32Array.from(own)]));
}

/** Each value over the sum of its question's. */
function sharesOf(values: readonly Float64Array[], sizes: readonly number[]): Float64Array[] {
  let first = 0;
  return sizes.flatMap((size) => {
    const own = values.slice(first, first += size);
    return own.map((column) =>
      column.map((value, row) => value / own.reduce((sum, other) => sum + other[row]!, 0))
    );
  });
}

/** The share of the volunteers who are asked, by column; of the first kind of fractions there is. */
function askedOf(tree: DecisionTree, { meanings, shares }: {
  meanings: readonly (VoteColumn | undefined)[];
  shares: readonly Float64Array[];
}): Record<string, Float64Array> {
  const quantity = meanings.find((meaning) => meaning && meaning.quantity !== "count")?.quantity;
  const byAnswer = new Map(
    meanings.flatMap((meaning, at) =>
      meaning?.quantity === quantity ? [[meaning!.answer.id, shares[at]!] as const] : []
    ),
  );
  const whole = tree.questions.filter(({ answers }) => answers.every(({ id }) => byAnswer.has(id)));
  if (whole.length === 0) return {};
  const given = whole.flatMap(({ answers }) =>
    answers.map(({ id }) => [id, byAnswer.get(id)!] as const)
  );
  const asked = predictedReach(tree, Object.fromEntries(given));
  return Object.fromEntries(
    whole.flatMap(({ id, stem }) => {
      const own = asked[id];
      return own === undefined ? [] : [[stem + PREDICTION_SUFFIXES.asked, own]];
    }),
  );
}
