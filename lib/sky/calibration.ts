/**
 * Simulated votes beside real ones, and the fit of the volunteers' criteria to them.
 *
 * @module
 */

import { answerColumns, answersOf, answerValues, gz2Tree, readCatalogue } from "../data/mod.ts";
import { kolmogorovSmirnov } from "../metrics/mod.ts";
import type { OnProgress } from "../progress.ts";
import { mean, median } from "../statistics.ts";
import { fractionsOf, offsets, tally } from "./consistency.ts";
import type { Criteria } from "./criteria.ts";
import { assemble, type Session, vote } from "./volunteers.ts";
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

const ANSWERS = offsets.at(-1)!;
const ASKED = 5;
/** Votes must come from what the picture shows, not from chance. */
const SCATTER_LIMIT = 0.4;

/** Votes as the coadded Stripe 82 images had: half as many as in the main sample. */
export const STRIPE82_CLASSIFICATIONS = { mean: 20.3, deviation: 3, minimum: 7, maximum: 39 };

/** The votes of simulated galaxies before the volunteers' criteria are known. */
export function assembleSky(
  { count, seed }: { count: number; seed: number },
): Session[] {
  return Array.from(
    { length: count },
    (_, index) =>
      assemble(drawGalaxy({ seed, index }), { classifications: STRIPE82_CLASSIFICATIONS }),
  );
}

/** What the volunteers of all sessions say, unweighted. */
export function simulatedVotes(sessions: readonly Session[], criteria: Criteria): VoteTable {
  const table = emptyTable(sessions.length);
  sessions.forEach((session, row) => {
    const totals = tally(vote(session, criteria));
    table.counts.set(totals, row * ANSWERS);
    table.fractions.set(fractionsOf(totals), row * ANSWERS);
  });
  return table;
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

/**
 * Fits the criteria question by question, in the order of the tree, since a question's votes shape
 * those that follow: each number in turn is moved up or down as long as the distances shrink.
 *
 * @param sessions Simulated galaxies
 * @param options `real`: the votes to match; `start`: criteria to begin with; `rounds`: passes, the
 * steps halved after each. @default {rounds: 4}
 */
export function fitCriteria(
  sessions: readonly Session[],
  { real, start, rounds = 4, onProgress }: {
    real: VoteTable;
    start: Criteria;
    rounds?: number;
    onProgress?: OnProgress;
  },
): Criteria {
  const criteria = structuredClone(start) as Record<
    string,
    { slope: number; scatter: number; bias: number[] }
  >;
  for (let round = 0; round < rounds; round++) {
    gz2Tree.questions.forEach(({ id }) => {
      const own = criteria[id];
      let best = misfit();
      const step = 0.6 / 2 ** round;
      for (let k = 0; k < own.bias.length; k++) attempt(own.bias, k, [step, -step]);
      attempt(own, "slope", [own.slope * step / 2, -own.slope * step / 2]);
      attempt(own, "scatter", [step / 2, -step / 2]);

      function attempt<Key extends PropertyKey>(
        holder: Record<Key, number>,
        key: Key,
        moves: number[],
      ): void {
        for (const move of moves) {
          for (let moved = 0; moved < 4; moved++) {
            const before = holder[key];
            holder[key] = Math.round((before + move) * 1000) / 1000;
            const allowed = own.scatter >= 0 && own.scatter <= SCATTER_LIMIT &&
              own.slope >= 0.6 * start[id].slope && own.slope <= 1.7 * start[id].slope;
            const now = allowed ? misfit() : Infinity;
            if (now < best - 1e-5) {
              best = now;
              continue;
            }
            holder[key] = before;
            break;
          }
        }
      }

      function misfit(): number {
        const simulated = simulatedVotes(sessions, criteria);
        return compareVotes({ real, simulated, only: id }).answers
          .reduce((sum, { all, asked }) => sum + all + asked, 0);
      }
    });
    onProgress?.({ what: "Fitting", done: round + 1, total: rounds, unit: "rounds" });
  }
  return criteria;
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
