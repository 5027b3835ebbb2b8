/**
 * Classes from vote fractions, the same way for simulated and real galaxies.
 *
 * @module
 */

import { answerValues, gz2Tree, type Table } from "../../data/mod.ts";

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

/** The class of the highest debiased fraction, when that is 0.5 or more. */
export const fourClasses: Labelling = {
  name: "four classes",
  classes: Object.keys(CLASS_ANSWERS),
  labels(table) {
    const fractions = answerValues(gz2Tree, table, { quantity: "debiased" });
    const scores = Object.values(CLASS_ANSWERS).map((answer) => fractions[answer]);
    return Int32Array.from(scores[0], (_, row) => {
      // A question that nobody was asked is null in some tables, 0 in others.
      const own = scores.map((score) => Number.isNaN(score[row]) ? 0 : score[row]);
      const best = Math.max(...own);
      return best >= 0.5 ? own.indexOf(best) : -1;
    });
  },
};
