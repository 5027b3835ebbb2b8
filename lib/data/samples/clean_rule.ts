/**
 * The numbers by which Galaxy Zoo 2's clean samples are cut.
 *
 * @module
 */

/** From which fraction of the answers that lead to a question on, by the question's id. */
export type Thresholds = Readonly<Record<string, number>>;

/**
 * For Galaxy Zoo 2, the fraction of the answers before each question from which its galaxies get
 * enough votes there: 20 or, less strictly, 10. Willett et al. 2013 (MNRAS 435, 2835), table 3.
 */
export const willettThresholds: Readonly<Record<10 | 20, Thresholds>> = {
  20: {
    ...{ t02: 0.430, t03: 0.715, t04: 0.715, t05: 0.715, t07: 0.469, t08: 0.420, t09: 0.602 },
    ...{ t10: 0.619, t11: 0.619 },
  },
  10: {
    ...{ t02: 0.227, t03: 0.519, t04: 0.519, t05: 0.519, t07: 0.263, t08: 0.223, t09: 0.326 },
    ...{ t10: 0.402, t11: 0.402 },
  },
};

/**
 * When an answer is certain (Willett et al. 2013, section 4): the answers before it pass their
 * thresholds, its question has 20 votes, its debiased fraction is 0.8. The flags of Galaxy Zoo 2's
 * tables are set by it, and GalaxySD labels by it (there "above" 20 and 0.8 is written).
 */
export const cleanRule = {
  thresholds: willettThresholds[20],
  minimumVotes: 20,
  minimumDebiased: 0.8,
};
