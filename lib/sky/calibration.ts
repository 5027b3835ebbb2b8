/**
 * Simulated votes beside real ones, and the fit of the volunteers' criteria to them.
 *
 * @module
 */

import { answerColumns, answersOf, answerValues, gz2Tree, readCatalogue } from "../data/mod.ts";
import { kolmogorovSmirnov } from "../metrics/mod.ts";
import type { OnProgress } from "../progress.ts";
import { mean, median } from "../statistics.ts";
import { consistencyWeights, fractionsOf, offsets, tally } from "./consistency.ts";
import { isWellSampled } from "./clean_flags.ts";
import type { Criteria, Criterion } from "./criteria.ts";
import { oddsAt } from "./_habits.ts";
import { assemble, click, type Session, vote } from "./volunteers.ts";
import { drawGalaxy } from "./population.ts";

/** Votes for the 37 answers and their shares of the question, n x 37 each. */
export type VoteTable = {
  counts: Float64Array;
  fractions: Float64Array;
};

/** How alike one answer's distributions are. */
export type AnswerComparison = {
  question: string;
  answer: string;
  /** The answer's column, without the suffix. */
  stem: string;
  /** Mean fraction among the galaxies with 5 votes at the question. */
  mean: { real: number; simulated: number };
  /** Kolmogorov-Smirnov distance of the fractions of all galaxies; of one not asked it is 0. */
  all: number;
  /** The same of galaxies with 5 votes or more at the question. */
  asked: number;
};

/** How alike the numbers of votes at a question are. */
export type QuestionComparison = {
  question: string;
  /** Median number of votes. */
  median: { real: number; simulated: number };
  distance: number;
};

/** How many galaxies one answer is certain of. */
export type TailComparison = {
  question: string;
  answer: string;
  /** The answer's column, without the suffix. */
  stem: string;
  /** By {@linkcode tailRules}: galaxies with a fraction above 0.8, and their shares of all. */
  tails: { real: number; realShare: number; simulatedShare: number }[];
};

/**
 * Which galaxies count: all, whatever their number of votes; those with 10 votes at the question that
 * pass Willett's thresholds on the way to it, his rule for the coadded images; those with more than
 * 20, as papers want.
 */
export const tailRules = [
  { name: "all", votes: null },
  { name: "10 votes", votes: 10, minimum: 10 },
  { name: "over 20 votes", votes: 20, minimum: 21 },
] as const;

const ANSWERS = offsets.at(-1)!;
const QUESTIONS = gz2Tree.questions.length;
const ASKED = 5;
/** Fraction above which an answer is certain. */
const CERTAIN = 0.8;
/** Votes must come from what the picture shows, not from chance. */
const SCATTER_LIMIT = 0.4;
/** Log odds of "can't tell" over any number, of arms that nobody sees: at least these. */
const CANNOT_TELL = 2.5;

/** Votes as the coadded Stripe 82 images had: half as many as in the main sample. */
export const STRIPE82_CLASSIFICATIONS = { mean: 20.3, deviation: 3, minimum: 7, maximum: 39 };

/** The votes of simulated galaxies before the volunteers' criteria are known. */
export function assembleSky(
  { count, seed, onProgress }: { count: number; seed: number; onProgress?: OnProgress },
): Session[] {
  return Array.from({ length: count }, (_, index) => {
    const galaxy = drawGalaxy({ seed, index });
    const session = assemble(galaxy, { classifications: STRIPE82_CLASSIFICATIONS });
    onProgress?.({ what: "Looking at galaxies", done: index + 1, total: count, unit: "galaxies" });
    return session;
  });
}

/** What the volunteers of all sessions say: counts, and fractions weighted by their consistency. */
export function simulatedVotes(sessions: readonly Session[], criteria: Criteria): VoteTable {
  return ballot(sessions, criteria).table;
}

function ballot(sessions: readonly Session[], criteria: Criteria) {
  const votes = sessions.map((session) => vote(session, criteria));
  const weights = consistencyWeights(votes);
  const table = emptyTable(sessions.length);
  votes.forEach((given, row) => {
    table.counts.set(tally(given), row * ANSWERS);
    table.fractions.set(fractionsOf(tally(given, { weights })), row * ANSWERS);
  });
  return { votes, weights, table };
}

/**
 * The votes of a real table in the columns of GZ2's Stripe 82: counts and weighted fractions.
 *
 * @throws {CatalogueError} When the table is another one, or damaged
 */
export function readVotes(path: string): VoteTable {
  const [count, fraction] = (["count", "weighted_fraction"] as const)
    .map((quantity) => answerColumns(gz2Tree, quantity));
  const { frame } = readCatalogue(path, {
    kind: "gz2_stripe82",
    columns: ["objid", ...count, ...fraction],
  });
  const table = emptyTable(frame.height);
  const counts = answerValues(gz2Tree, frame, { quantity: "count" });
  const fractions = answerValues(gz2Tree, frame, { quantity: "weighted_fraction" });
  answersOf(gz2Tree).forEach(({ id }, k) => {
    for (let row = 0; row < frame.height; row++) {
      table.counts[row * ANSWERS + k] = counts[id][row];
      table.fractions[row * ANSWERS + k] = fractions[id][row];
    }
  });
  return table;
}

/** A table of n galaxies without votes. */
export function emptyTable(galaxies: number): VoteTable {
  const cells = () => new Float64Array(galaxies * ANSWERS);
  return { counts: cells(), fractions: cells() };
}

/** Compares every answer's distribution of fractions and every question's of votes. */
export function compareVotes(
  { real, simulated, only }: {
    real: VoteTable;
    simulated: VoteTable;
    /** Compare this question alone. @default {all} */
    only?: string;
  },
): { answers: AnswerComparison[]; questions: QuestionComparison[] } {
  const answers: AnswerComparison[] = [];
  const questions: QuestionComparison[] = [];
  gz2Tree.questions.forEach((question, number) => {
    if (only !== undefined && question.id !== only) return;
    const [a, b] = [votesAt(real, number), votesAt(simulated, number)];
    questions.push({
      question: question.id,
      median: { real: median(a), simulated: median(b) },
      distance: kolmogorovSmirnov({ a, b }),
    });
    question.answers.forEach(({ id, stem }, k) => {
      const place = offsets[number] + k;
      const all = { a: fractionsAt(real, place), b: fractionsAt(simulated, place) };
      const asked = {
        a: all.a.filter((_, row) => a[row] >= ASKED),
        b: all.b.filter((_, row) => b[row] >= ASKED),
      };
      answers.push({
        question: question.id,
        answer: id,
        stem,
        mean: { real: mean(asked.a), simulated: mean(asked.b) },
        all: kolmogorovSmirnov(all),
        asked: asked.b.length === 0 ? 1 : kolmogorovSmirnov(asked),
      });
    });
  });
  return { answers, questions };
}

/** Compares how many galaxies each answer is certain of, by {@linkcode tailRules}. */
export function compareTails(
  { real, simulated }: { real: VoteTable; simulated: VoteTable },
): TailComparison[] {
  return gz2Tree.questions.flatMap(({ id: question, answers }, number) => {
    const tables = [real, simulated].map((table) => tailsAt(table, number));
    return answers.map(({ id, stem }, k) => ({
      question,
      answer: id,
      stem,
      tails: tailRules.map((_, rule) => ({
        real: tables[0][rule][k],
        realShare: tables[0][rule][k] * ANSWERS / real.counts.length,
        simulatedShare: tables[1][rule][k] * ANSWERS / simulated.counts.length,
      })),
    }));
  });
}

/** By rule, for each answer of a question, the number of galaxies it is certain of. */
function tailsAt(table: VoteTable, question: number): Float64Array[] {
  return tailRules.map((rule) =>
    countCertain(table, { question, rows: rowsOf(table, question, rule) })
  );
}

type TailRule = typeof tailRules[number];

/** The galaxies that count at a question. */
function rowsOf({ counts, fractions }: VoteTable, question: number, rule: TailRule): number[] {
  const rows = [...Array(counts.length / ANSWERS).keys()];
  if (rule.votes === null) return rows;
  return rows.filter((row) => {
    const own = (table: Float64Array) => table.subarray(row * ANSWERS, (row + 1) * ANSWERS);
    return isWellSampled({ votes: own(counts), fractions: own(fractions) }, { question, ...rule });
  });
}

function countCertain(
  { fractions }: VoteTable,
  { question, rows }: { question: number; rows: readonly number[] },
): Float64Array {
  const certain = new Float64Array(offsets[question + 1] - offsets[question]);
  for (const row of rows) {
    for (let k = 0; k < certain.length; k++) {
      if (fractions[row * ANSWERS + offsets[question] + k] > CERTAIN) certain[k]++;
    }
  }
  return certain;
}

/**
 * Fits the criteria question by question, in the order of the tree, since a question's votes shape
 * those that follow: each number in turn is moved up or down as long as the misfit shrinks, which is
 * the sum of the Kolmogorov-Smirnov distances of {@linkcode compareVotes} and of how far the tails of
 * {@linkcode compareTails} are off, by their logarithms.
 *
 * @param sessions Simulated galaxies
 * @param options `real`: the votes to match; `start`: criteria to begin with; `rounds`: passes, the
 * steps halved after each. @default {rounds: 5}
 */
export function fitCriteria(
  sessions: readonly Session[],
  { real, start, rounds = 5, onProgress }: {
    real: VoteTable;
    start: Criteria;
    rounds?: number;
    onProgress?: OnProgress;
  },
): Criteria {
  const criteria: Record<string, Criterion> = { ...start };
  const goals = gz2Tree.questions.map((_, question) => goalOf(real, question));
  for (let round = 0; round < rounds; round++) {
    const step = 0.8 / 1.7 ** round;
    gz2Tree.questions.forEach(({ id }, question) => {
      const goal = goals[question];
      criteria[id] = climb(criteria[id], {
        id,
        step,
        ...judgesOf(sessions, { criteria, question, goal }),
      });
    });
    onProgress?.({ what: "Fitting", done: round + 1, total: rounds, unit: "rounds" });
  }
  return criteria;
}

/** One number of a criterion, or a few that belong together, moved. */
type Move = (criterion: Criterion, by: number) => Criterion;

/** Moves each number of a criterion up or down for as long as the misfit shrinks. */
function climb(
  start: Criterion,
  { id, step, pivot, misfit }: {
    id: string;
    step: number;
    /** Evidence about which the slope turns: a steeper one leaves the odds there. */
    pivot: readonly number[];
    misfit: (criterion: Criterion) => number;
  },
): Criterion {
  const moves: Move[] = [
    ...start.bias.map((_, k): Move => (own, by) => ({
      ...own,
      bias: own.bias.with(k, round(own.bias[k] + by)),
    })),
    (own, by) => {
      const slope = round(own.slope * (1 + by / 2));
      const bias = own.bias.map((value, k) => round(value - (slope - own.slope) * pivot[k]));
      return { ...own, slope, bias };
    },
    (own, by) => ({ ...own, scatter: round(own.scatter + by / 2) }),
  ];
  let best = { own: start, misfit: misfit(start) };
  for (const move of moves) {
    for (const by of [step, -step]) {
      for (let moved = 0; moved < 4; moved++) {
        const own = move(best.own, by);
        if (!allowed(id, own)) break;
        const now = misfit(own);
        if (now > best.misfit - 1e-5) break;
        best = { own, misfit: now };
      }
    }
  }
  return best.own;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function allowed(id: string, { scatter, slope, bias }: Criterion): boolean {
  const others = Math.max(...bias.slice(0, -1));
  return scatter >= 0 && scatter <= SCATTER_LIMIT && slope > 0 &&
    (id !== "t11" || bias.at(-1)! >= others + CANNOT_TELL);
}

/** What simulated votes at a question are to be like. */
type Goal = {
  /** For each answer, sorted: of all galaxies, and of those with 5 votes. */
  all: Float64Array[];
  asked: Float64Array[];
  /** By rule and answer: the share of all galaxies that it is certain of. */
  tails: Float64Array[];
  /** Whether the real galaxies are enough for that share to be held against. */
  judged: boolean[][];
};

/** Galaxies of the real table whose fractions are compared: enough, and soon done. */
const COMPARED = 4000;

function goalOf(real: VoteTable, question: number): Goal {
  const galaxies = real.counts.length / ANSWERS;
  const every = Math.max(1, Math.floor(galaxies / COMPARED));
  const votes = votesAt(real, question);
  const places = range(offsets[question], offsets[question + 1]);
  const some = (keep: (row: number) => boolean) =>
    places.map((place) =>
      fractionsAt(real, place).filter((_, row) => row % every === 0 && keep(row)).sort()
    );
  const certain = tailsAt(real, question);
  return {
    all: some(() => true),
    asked: some((row) => votes[row] >= ASKED),
    tails: certain.map((counts) => counts.map((count) => count / galaxies)),
    judged: certain.map((counts) => Array.from(counts, (count) => count >= ENOUGH)),
  };
}

/** Real galaxies from which on a tail is known well enough to be held against. */
export const ENOUGH = 30;
/** Share of galaxies below which a tail is a matter of chance. */
const FEW = 0.0003;
/** What a tail that is off by a factor e costs beside distances. */
const TAIL_WEIGHT = 0.3;
/** By so much a tail may be off for nothing: a factor 1.35. */
const CLOSE = 0.3;

/**
 * The misfit of one question's votes, its criterion given while those of the questions before stay,
 * and the mean evidence of the galaxies with 5 votes at it.
 */
function judgesOf(
  sessions: readonly Session[],
  { criteria, question, goal }: { criteria: Criteria; question: number; goal: Goal },
): { misfit: (own: Criterion) => number; pivot: number[] } {
  const { id } = gz2Tree.questions[question];
  const { votes, weights, table } = ballot(sessions, criteria);
  const asked = votes.map(({ answers, volunteers }) =>
    range(0, volunteers.length).filter((row) => answers[row * QUESTIONS + question] > 0)
  );
  const many = votesAt(table, question);
  const rules = tailRules.map((rule) => rowsOf(table, question, rule));
  const places = range(offsets[question], offsets[question + 1]);
  const shares = new Float64Array(places.length);
  const judged = sessions.filter((_, galaxy) => many[galaxy] >= ASKED);
  const pivot = places.map((_, k) => mean(judged.map(({ evidence }) => evidence[id][k])));
  function misfit(own: Criterion): number {
    sessions.forEach((session, galaxy) => {
      const odds = oddsAt(session, { id, criterion: own });
      shares.fill(0);
      let sum = 0;
      for (const row of asked[galaxy]) {
        const weight = weights.get(session.volunteers[row])!;
        shares[click(session, { odds, row, question })] += weight;
        sum += weight;
      }
      for (let k = 0; k < shares.length; k++) {
        table.fractions[galaxy * ANSWERS + places[0] + k] = sum > 0 ? shares[k] / sum : 0;
      }
    });
    let total = 0;
    places.forEach((place, k) => {
      const fractions = fractionsAt(table, place);
      total += kolmogorovSmirnov({ a: goal.all[k], b: fractions });
      const ofAsked = fractions.filter((_, row) => many[row] >= ASKED);
      total += ofAsked.length > 0 ? kolmogorovSmirnov({ a: goal.asked[k], b: ofAsked }) : 1;
    });
    rules.forEach((rows, rule) => {
      countCertain(table, { question, rows }).forEach((count, k) => {
        if (!goal.judged[rule][k]) return;
        const ratio = (count / sessions.length + FEW) / (goal.tails[rule][k] + FEW);
        total += TAIL_WEIGHT * Math.max(0, Math.abs(Math.log(ratio)) - CLOSE) ** 2;
      });
    });
    return total;
  }
  return { misfit, pivot };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k);
}

/** Votes at a question, a number a galaxy. */
function votesAt({ counts }: VoteTable, question: number): Float64Array {
  return Float64Array.from({ length: counts.length / ANSWERS }, (_, row) => {
    let sum = 0;
    for (let k = offsets[question]; k < offsets[question + 1]; k++) {
      sum += counts[row * ANSWERS + k];
    }
    return sum;
  });
}

function fractionsAt({ fractions }: VoteTable, place: number): Float64Array {
  return Float64Array.from(
    { length: fractions.length / ANSWERS },
    (_, row) => fractions[row * ANSWERS + place],
  );
}
