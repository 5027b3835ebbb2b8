/**
 * Votes of the first question, and labels made of them.
 *
 * @module
 */

import {
  type CatalogueRows,
  type FractionKind,
  fractionKinds,
  voteCounts,
  voteFractions,
  voteLabels,
} from "../../data/mod.ts";

/** Fractions of the first question, a value a galaxy; NaN where there is none. */
export type Shares = { smooth: Float64Array; featured: Float64Array };

/** The votes of a catalogue. */
export type FirstVotes = {
  /** The fractions that make labels. */
  shares: Shares;
  /** Which they are. */
  kind: string;
  /** Fractions of every kind that the table has, by name. */
  kinds: Record<string, Shares>;
  /** Numbers of votes for each of the three answers, where the table has them. */
  counts?: Float64Array[];
};

/**
 * The votes on "smooth or features?".
 *
 * @param fractions The kind of fractions. @default {the first of raw, published, weighted that the
 * table has}
 * @throws {RangeError} When the table asks no such question, or lacks the fractions
 * @throws {CatalogueError} When the fractions are not sound
 */
export function firstVotes(votes: CatalogueRows, fractions?: FractionKind): FirstVotes {
  const { rule } = voteLabels(votes, { fractions, threshold: 0.5 });
  const questions = [votes.kind.tree!.questions[0].id];
  // Kinds that make no labels are shown as they are
  const unchecked = { kind: votes.kind, frame: votes.frame };
  const kinds = Object.fromEntries(
    fractionKinds(votes).map((kind) => {
      const { values } = voteFractions(unchecked, { questions, fractions: kind });
      const [smooth, featured] = Object.values(values);
      return [kind, { smooth, featured }];
    }),
  );
  const counts = voteCounts(votes, questions);
  const kind = rule.fractions;
  return { shares: kinds[kind], kind, kinds, counts: counts && Object.values(counts) };
}

/** 0 where smooth, 1 where featured has the larger share and at least the threshold; else -1. */
export function labelsAt(
  { smooth, featured }: Shares,
  threshold: number,
  options: { strict?: boolean } = {},
): Int32Array {
  const classes = { smooth: "smooth", featured: "featured" };
  return voteLabels({ smooth, featured }, { classes, threshold, ...options }).labels;
}

/** As {@linkcode labelsAt} where more than half of the votes agree. */
export function majorityLabels(shares: Shares): Int32Array {
  return labelsAt(shares, 0.5, { strict: true });
}
