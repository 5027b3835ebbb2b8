/**
 * How well a network tells the vote fractions of many answers: each answer, each question, and all of
 * them, flattened and averaged, with intervals over galaxies.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { refuseUnknown } from "../options.ts";
import { mean } from "../statistics.ts";
import {
  drawnSums,
  endsOf,
  type Moments,
  momentsOf,
  type Pair,
  scoresOf,
  SUMMED_SCORES,
  type SummedScore,
  totalSums,
} from "./_moments.ts";
import { type Numbers, plain } from "./_numbers.ts";
import { checkLevel } from "./bootstrap.ts";
import { spearmanCorrelation } from "./regression.ts";

/** True and predicted fractions, a list an answer, and in each a number a galaxy. */
export type VotePair = {
  /** Names of the answers, such as those of a catalogue's columns. */
  columns: readonly string[];
  /** NaN where a galaxy was not asked, or its survey does not ask: it counts nowhere. */
  target: readonly Numbers[];
  prediction: readonly Numbers[];
};

/** The scores of predicted fractions by name: `pearson` is r, `squaredPearson` r², `rSquared` R². */
export type VoteScore = SummedScore | "spearman";

/** A score, with the ends of its interval where it has one. */
export type Scored = { value: number; low?: number; high?: number };

/** Scores of an answer, of a question, of everything. */
export type ScoreRow = {
  name: string;
  /** Values that were compared: galaxies times answers, where asked. */
  count: number;
  /** NaN where there is none: of one value, or of equal ones. Spearman's have no intervals. */
  scores: Record<VoteScore, Scored>;
};

/** What {@linkcode voteScores} gives. */
export type VoteScores = {
  /** In the order of the columns. */
  answers: ScoreRow[];
  /** In the order given. */
  questions: ScoreRow[];
  /** All values as one long list, as papers print it. */
  flattened: ScoreRow;
  /**
   * The mean over answers, each counting alike: flattened correlations also count that the mean
   * fractions of answers differ, which needs no image.
   */
  averaged: ScoreRow;
  galaxies: number;
  /** Of the intervals. */
  level: number;
};

/** Options of {@linkcode voteScores}. */
export type VoteScoreOptions = {
  /** Columns of each question. @default {none} */
  questions?: Readonly<Record<string, readonly string[]>>;
  /** Draws of the bootstrap; 0 leaves out the intervals. @default {1000} */
  resamples?: number;
  /** Any integer. @default {0} */
  seed?: number;
  /** Between 0 and 1. @default {0.95} */
  level?: number;
};

/** All scores, in the order in which tables show them. */
export const VOTE_SCORES: readonly VoteScore[] = SUMMED_SCORES.flatMap((name) =>
  name === "pearson" ? [name, "spearman" as const] : [name]
);

/**
 * Scores predicted vote fractions. Intervals are percentile bootstraps over galaxies: a galaxy is
 * drawn with all its answers, which are not independent of each other.
 *
 * @throws {TypeError} When lists are not as long as each other
 * @throws {RangeError} When there are no values, a prediction is missing where there is a target, a
 * question names another column, or an option is out of range
 *
 * @example
 * ```ts
 * import { voteScores } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const scores = voteScores({
 *   columns: ["smooth", "disk", "bar"],
 *   target: [[0.9, 0.2, 0.4], [0.1, 0.8, 0.6], [NaN, 0.5, 0.1]],
 *   prediction: [[0.8, 0.3, 0.4], [0.2, 0.7, 0.6], [0.3, 0.4, 0.2]],
 * }, { questions: { shape: ["smooth", "disk"] } });
 * assert.equal(scores.answers[2].count, 2);
 * assert.equal(scores.flattened.count, 8);
 * const { value, low, high } = scores.questions[0].scores.meanAbsoluteError;
 * assert.ok(low! <= value && value <= high!);
 * ```
 */
export function voteScores(votes: VotePair, options: VoteScoreOptions = {}): VoteScores {
  refuseUnknown(options, { questions: true, resamples: true, seed: true, level: true }, {
    what: "score votes",
  });
  const { questions = {}, seed = 0 } = options;
  const { resamples, level } = checkDraws(options);
  const pairs = checkVotes(votes);
  const moments = momentsOf(pairs);
  const groups = [
    ...votes.columns.map((name, at) => ({ name, answers: [at] })),
    ...Object.entries(questions).map(([name, columns]) => ({
      name,
      answers: positionsOf(columns, { of: votes.columns, what: `question "${name}"` }),
    })),
    { name: "all values", answers: [...votes.columns.keys()] },
  ];
  const total = totalSums(moments);
  const rows = groups.map(({ name, answers }): ScoreRow => {
    const { count, ...summed } = scoresOf(total, { answers, offset: moments.offset });
    const spearman = spearmanOf(answers.map((at) => pairs[at]!));
    return { name, count, scores: named((score) => ({ value: { ...summed, spearman }[score] })) };
  });
  const averaged = averageOf(rows.slice(0, pairs.length));
  if (resamples > 0) {
    const drawn = drawScores(moments, { groups, seed, resamples });
    [...rows, averaged].forEach((row, at) => addIntervals(row, drawn[at]!, level));
  }
  return {
    answers: rows.slice(0, pairs.length),
    questions: rows.slice(pairs.length, -1),
    flattened: rows.at(-1)!,
    ...{ averaged, level, galaxies: moments.galaxies },
  };
}

/** Draws of each group's scores; last those of the mean over answers. */
function drawScores(
  moments: Moments,
  { groups, seed, resamples }: {
    groups: readonly { answers: readonly number[] }[];
    seed: number;
    resamples: number;
  },
): Record<SummedScore, Float64Array>[] {
  const drawn = Array.from(
    { length: groups.length + 1 },
    () =>
      Object.fromEntries(
        SUMMED_SCORES.map((name) => [name, new Float64Array(resamples)]),
      ) as Record<
        SummedScore,
        Float64Array
      >,
  );
  let draw = 0;
  for (const sums of drawnSums(moments, { seed, resamples })) {
    const scores = groups.map(({ answers }) => scoresOf(sums, { answers, offset: moments.offset }));
    for (const name of SUMMED_SCORES) {
      scores.forEach((own, group) => drawn[group]![name][draw] = own[name]);
      const each = scores.slice(0, moments.answers).map((own) => own[name]);
      drawn.at(-1)![name][draw] = meanOfKnown(each);
    }
    draw++;
  }
  return drawn;
}

function addIntervals(
  { scores }: ScoreRow,
  drawn: Record<SummedScore, Float64Array>,
  level: number,
): void {
  for (const name of SUMMED_SCORES) {
    if (!Number.isNaN(scores[name].value)) Object.assign(scores[name], endsOf(drawn[name], level));
  }
}

function averageOf(answers: readonly ScoreRow[]): ScoreRow {
  return {
    name: "mean of answers",
    count: answers.filter(({ count }) => count > 0).length,
    scores: named((name) => ({
      value: meanOfKnown(answers.map(({ scores }) => scores[name].value)),
    })),
  };
}

function named(score: (name: VoteScore) => Scored): Record<VoteScore, Scored> {
  return Object.fromEntries(VOTE_SCORES.map((name) => [name, score(name)])) as Record<
    VoteScore,
    Scored
  >;
}

/** The mean of those that have a value; NaN where none has. */
function meanOfKnown(values: readonly number[]): number {
  return mean(values.filter((value) => !Number.isNaN(value)));
}

function spearmanOf(pairs: readonly Pair[]): number {
  const [target, prediction]: [number[], number[]] = [[], []];
  for (const pair of pairs) {
    for (let row = 0; row < pair.target.length; row++) {
      if (Number.isNaN(pair.target[row])) continue;
      target.push(pair.target[row]!);
      prediction.push(pair.prediction[row]!);
    }
  }
  return target.length < 2 ? NaN : spearmanCorrelation({ target, prediction });
}

/** Draws and level of a bootstrap, checked. */
export function checkDraws(
  { resamples = 1000, level = 0.95 }: { resamples?: number; level?: number },
): { resamples: number; level: number } {
  if (!Number.isInteger(resamples) || resamples < 0 || resamples === 1) {
    throw new RangeError(
      `Cannot bootstrap: resamples is ${resamples}, wanted a whole number from 2, or 0 for no intervals`,
    );
  }
  checkLevel(level);
  return { resamples, level };
}

/** The numbers of each answer in memory, checked. */
export function checkVotes({ columns, target, prediction }: VotePair): Pair[] {
  if (columns.length !== target.length || columns.length !== prediction.length) {
    throw new TypeError(
      `Cannot score votes: ${columns.length} columns have ${target.length} lists of targets and ${prediction.length} of predictions`,
    );
  }
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new RangeError(`Cannot score votes: column "${twice}" is there twice`);
  }
  const pairs = columns.map((_, at) => ({
    target: plain(target[at]!),
    prediction: plain(prediction[at]!),
  }));
  const galaxies = pairs[0]?.target.length ?? 0;
  let count = 0;
  pairs.forEach((pair, at) => {
    for (const side of ["target", "prediction"] as const) {
      if (pair[side].length === galaxies) continue;
      throw new TypeError(
        `Cannot score votes: ${galaxies} galaxies, and ${pair[side].length} ${side}s of "${
          columns[at]
        }"`,
      );
    }
    for (let row = 0; row < galaxies; row++) {
      if (Number.isNaN(pair.target[row])) continue;
      count++;
      for (const side of ["target", "prediction"] as const) {
        if (Number.isFinite(pair[side][row])) continue;
        throw new RangeError(
          `Cannot score votes: the ${side} of "${columns[at]}" of galaxy ${row} is ${
            pair[side][row]
          }, wanted a finite number; a target that is NaN leaves it out`,
        );
      }
    }
  });
  if (count === 0) throw new RangeError("Cannot score votes: no galaxy has a target");
  return pairs;
}

/** Places of columns among others. */
function positionsOf(
  wanted: readonly string[],
  { of, what }: { of: readonly string[]; what: string },
): number[] {
  if (wanted.length === 0) throw new RangeError(`Cannot score votes: ${what} names no column`);
  return wanted.map((name) => {
    const at = of.indexOf(name);
    if (at >= 0) return at;
    const near = nearestName(name, of);
    throw new RangeError(
      `Cannot score votes: ${what} names "${name}", which is no column${
        near === undefined ? "" : `; nearest is "${near}"`
      }`,
    );
  });
}
