/**
 * How much worse a network is on another survey than on its own.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import {
  drawnSums,
  endsOf,
  momentsOf,
  scoresOf,
  SUMMED_SCORES,
  type SummedScore,
  totalSums,
} from "./_moments.ts";
import { checkDraws, checkVotes, type Scored, type VotePair } from "./vote_scores.ts";

/** A score on two surveys. */
export type Change = {
  /** On the survey that is compared with. */
  reference: number;
  other: number;
  /**
   * The part of the first by which the second is higher, `(other − reference) / |reference|`: negative
   * where a correlation falls, positive where an error grows.
   */
  change: Scored;
};

/** Scores of the same answers on two surveys. */
export type ChangeRow = {
  name: string;
  scores: Record<SummedScore, Change>;
};

/** What {@linkcode degradation} gives. */
export type Degradation = {
  /** Answers that both surveys have: what is compared. */
  columns: string[];
  /** Answers of one alone, which count nowhere. */
  only: { reference: string[]; other: string[] };
  /** All shared answers, flattened. */
  flattened: ChangeRow;
  answers: ChangeRow[];
  galaxies: { reference: number; other: number };
  /** Of the intervals. */
  level: number;
};

/**
 * Compares the scores on two surveys over the answers that both have. A score over all answers of the
 * one beside a score over the few shared ones is no comparison: answers differ in how hard they are.
 *
 * Intervals are percentile bootstraps over galaxies, drawn in each survey for itself. For galaxies
 * that are in both they are too wide.
 *
 * @throws {TypeError} When lists are not as long as each other
 * @throws {RangeError} When the surveys share no answer, a prediction is missing where there is a
 *   target, or an option is out of range
 *
 * @example
 * ```ts
 * import { degradation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const sdss = {
 *   columns: ["smooth", "ring"],
 *   target: [[0, 0.5, 1], [0, 0, 1]],
 *   prediction: [[0.1, 0.5, 0.9], [1, 0, 0]],
 * };
 * const ukidss = { columns: ["smooth"], target: [[0, 0.5, 1]], prediction: [[0.2, 0.5, 0.8]] };
 * const { columns, only, flattened } = degradation({ reference: sdss, other: ukidss });
 * assert.deepEqual([columns, only.reference], [["smooth"], ["ring"]]);
 * assert.equal(flattened.scores.meanAbsoluteError.change.value.toFixed(6), "1.000000"); // Doubled
 * ```
 */
export function degradation(
  surveys: { reference: VotePair; other: VotePair },
  options: {
    /** Draws of the bootstrap; 0 leaves out the intervals. @default {1000} */
    resamples?: number;
    /** Any integer. @default {0} */
    seed?: number;
    /** Between 0 and 1. @default {0.95} */
    level?: number;
  } = {},
): Degradation {
  refuseUnknown(options, { resamples: true, seed: true, level: true }, { what: "compare surveys" });
  const { seed = 0 } = options;
  const { resamples, level } = checkDraws(options);
  const { reference, other } = surveys;
  const columns = reference.columns.filter((name) => other.columns.includes(name));
  if (columns.length === 0) {
    const some = (names: readonly string[]) =>
      names.slice(0, 3).map((name) => `"${name}"`).join(", ");
    throw new RangeError(
      `Cannot compare surveys: they share no answer: one has ${
        some(reference.columns)
      } …, the other ${some(other.columns)} …; give the same answers the same names`,
    );
  }
  const moments = [reference, other].map((votes) => momentsOf(checkVotes(chosen(votes, columns))));
  const groups = [
    ...columns.map((name, at) => ({ name, answers: [at] })),
    { name: "all shared answers", answers: [...columns.keys()] },
  ];
  const scoresFrom = (sums: readonly Float64Array[]) =>
    groups.map(({ answers }) =>
      sums.map((own, side) => scoresOf(own, { answers, offset: moments[side]!.offset }))
    );
  const values = scoresFrom(moments.map(totalSums));
  const drawn = groups.map(() =>
    Object.fromEntries(SUMMED_SCORES.map((name) => [name, new Float64Array(resamples)]))
  );
  const draws = moments.map((own, sample) => drawnSums(own, { seed, resamples, sample }));
  for (let draw = 0; draw < resamples; draw++) {
    const sums = draws.map((own) => own.next().value as Float64Array);
    scoresFrom(sums).forEach(([a, b], group) => {
      for (const name of SUMMED_SCORES) drawn[group]![name]![draw] = changeOf(a![name], b![name]);
    });
  }
  const rows = groups.map(({ name }, group): ChangeRow => {
    const [a, b] = values[group]!;
    const scores = SUMMED_SCORES.map((score) => {
      const value = changeOf(a![score], b![score]);
      const ends = resamples > 0 && !Number.isNaN(value)
        ? endsOf(drawn[group]![score]!, level)
        : undefined;
      return [score, { reference: a![score], other: b![score], change: { value, ...ends } }];
    });
    return { name, scores: Object.fromEntries(scores) };
  });
  const without = (votes: VotePair) => votes.columns.filter((name) => !columns.includes(name));
  return {
    columns,
    only: { reference: without(reference), other: without(other) },
    flattened: rows.at(-1)!,
    answers: rows.slice(0, -1),
    galaxies: { reference: moments[0]!.galaxies, other: moments[1]!.galaxies },
    level,
  };
}

function changeOf(reference: number, other: number): number {
  return reference === 0 ? NaN : (other - reference) / Math.abs(reference);
}

/** Some columns of predicted votes, in their order. */
function chosen({ columns, target, prediction }: VotePair, wanted: readonly string[]): VotePair {
  const places = wanted.map((name) => columns.indexOf(name));
  return {
    columns: wanted,
    target: places.map((at) => target[at]!),
    prediction: places.map((at) => prediction[at]!),
  };
}
