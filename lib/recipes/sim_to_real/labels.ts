/**
 * Classes from vote fractions, the same way for simulated and real galaxies.
 *
 * @module
 */

import {
  answerColumn,
  answerValues,
  columnNames,
  gz2Tree,
  questionOf,
  type QuestionValues,
  type Table,
  votesReceived,
} from "../../data/mod.ts";

/** A way to sort galaxies into classes. */
export interface Labelling {
  name: string;
  classes: readonly string[];
  /** Positions in `classes`; -1 where the votes do not decide. */
  labels: (table: Table) => Int32Array;
}

/** Smooth or featured, where 6 of 10 weighted votes agree on it. */
export const smoothOrFeatured: Labelling = {
  name: "smooth or featured",
  classes: ["smooth", "featured"],
  labels(table) {
    const fractions = answerValues(gz2Tree, table, {
      quantity: "weighted_fraction",
      questions: ["t01"],
    });
    return Int32Array.from(
      fractions.a01,
      (smooth, row) => smooth >= 0.6 ? 0 : fractions.a02[row] >= 0.6 ? 1 : -1,
    );
  },
};

/** Answers whose debiased fractions compete, by class. */
const CLASS_ANSWERS = { spiral: "a08", elliptical: "a01", "edge-on": "a04", merger: "a24" };

/** Votes that a question needs for its fractions to count. */
const MINIMUM_VOTES = 5;

/**
 * The class of the highest debiased fraction, when that is 0.5 or more. Where the table has counts,
 * fractions of fewer than 5 votes do not take part.
 */
export const fourClasses: Labelling = {
  name: "four classes",
  classes: Object.keys(CLASS_ANSWERS),
  labels(table) {
    const fractions = answerValues(gz2Tree, table, { quantity: "debiased" });
    const votes = votesAt(table);
    const scores = Object.values(CLASS_ANSWERS).map((answer) =>
      fractions[answer].map((value, row) => {
        const enough = votes === undefined ||
          votes[questionOf(gz2Tree, answer).id][row] >= MINIMUM_VOTES;
        // A question that nobody was asked is null in some tables, 0 in others.
        return Number.isNaN(value) || !enough ? 0 : value;
      })
    );
    return Int32Array.from(scores[0], (_, row) => {
      const own = scores.map((score) => score[row]);
      const best = Math.max(...own);
      return best >= 0.5 ? own.indexOf(best) : -1;
    });
  },
};

/** Votes at each question, where the table has counts. */
function votesAt(table: Table): QuestionValues | undefined {
  if (!columnNames(table).includes(answerColumn(gz2Tree, "a01", "count"))) return undefined;
  return votesReceived(gz2Tree, answerValues(gz2Tree, table, { quantity: "count" }));
}
