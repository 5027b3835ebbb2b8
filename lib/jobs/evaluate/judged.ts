/**
 * What the parts of a report are made of: predictions, their scores, and who is asked what.
 *
 * @module
 */

import {
  type DecisionTree,
  predictedReach,
  type Quantity,
  type Question,
  type QuestionValues,
} from "../../data/mod.ts";
import { type VoteScores, voteScores } from "../../metrics/mod.ts";
import type { JudgedPredictions } from "./read_predictions.ts";
import type { EvaluateSettings } from "./settings.ts";

/** The columns of a question that hold one quantity. */
export type JudgedQuestion = {
  /** Of its own: "t01", or "t01 weighted" beside "t01". */
  name: string;
  question: Question;
  quantity: Quantity | "concentration";
  /** Places of its columns. */
  places: number[];
  /** Whether it is of the first quantity, which figures show. */
  isFirst: boolean;
};

/** Predictions that were judged. */
export type Judged = {
  read: JudgedPredictions;
  settings: EvaluateSettings;
  galaxies: number;
  /** Questions whose answers are all there; none where no tree is known. */
  questions: JudgedQuestion[];
  /** Everything that has a truth. */
  scores: VoteScores;
  /** Where the question is asked of enough volunteers; where a tree tells. */
  asked?: { scores: VoteScores; target: Float64Array[] };
  /** The probability that a volunteer is asked each question, by id, from fractions. */
  reach?: { target: QuestionValues; prediction: QuestionValues };
};

/** Scores predictions. */
export function judge(read: JudgedPredictions, settings: EvaluateSettings): Judged {
  const { columns, target, prediction, votes } = read;
  const questions = questionsOf(read);
  const options = {
    questions: Object.fromEntries(
      questions.map(({ name, places }) => [name, places.map((at) => columns[at]!)]),
    ),
    ...{ resamples: settings.resamples, seed: settings.seed },
  };
  const scores = voteScores({ columns, target, prediction }, options);
  const judged = { read, settings, questions, scores, galaxies: read.ids.length };
  if (votes === undefined || questions.length === 0) return judged;
  const who = {
    target: reachOf(votes.tree, { questions, values: target }),
    prediction: reachOf(votes.tree, { questions, values: prediction }),
  };
  // Of later questions alone nobody knows who is asked
  if (Object.keys(who.target).length === 0) return judged;
  const masked = columns.map((column, at) => {
    const meaning = votes.columns.get(column);
    const p = meaning && who.target[meaning.question.id];
    if (p === undefined) return target[at]!;
    return target[at]!.map((value, row) => p[row]! >= settings.asked ? value : NaN);
  });
  if (masked.every((values) => values.every((value) => Number.isNaN(value)))) return judged;
  return {
    ...{ ...judged, reach: who },
    asked: { target: masked, scores: voteScores({ columns, target: masked, prediction }, options) },
  };
}

/** Questions of which every answer is there, by quantity. */
function questionsOf({ columns, votes }: JudgedPredictions): JudgedQuestion[] {
  if (votes === undefined) return [];
  const quantities = [...new Set(columns.map((name) => votes.columns.get(name)?.quantity))]
    .filter((quantity) => quantity !== undefined && quantity !== "count");
  return quantities.flatMap((quantity, at) =>
    votes.tree.questions.flatMap((question) => {
      const places = question.answers.map(({ id }) =>
        columns.findIndex((name) => {
          const meaning = votes.columns.get(name);
          return meaning?.answer.id === id && meaning.quantity === quantity;
        })
      );
      if (places.includes(-1)) return [];
      const name = at === 0 ? question.id : `${question.id} ${nameOf(quantity!)}`;
      return [{ name, question, quantity: quantity!, places, isFirst: at === 0 }];
    })
  );
}

function nameOf(quantity: Quantity | "concentration"): string {
  return quantity.replace("_fraction", "");
}

/** The probability to be asked, from the fractions of the first quantity. */
function reachOf(
  tree: DecisionTree,
  { questions, values }: { questions: readonly JudgedQuestion[]; values: readonly Float64Array[] },
): QuestionValues {
  const first = questions.filter(({ isFirst }) => isFirst);
  return predictedReach(
    tree,
    Object.fromEntries(
      first.flatMap(({ question, places }) =>
        question.answers.map(({ id }, at) => [id, values[places[at]!]!] as const)
      ),
    ),
  );
}

/** What an answer is called in figures: its text, and the quantity where it is not the first one. */
export function answerName({ read, questions }: Judged, at: number): string {
  const column = read.columns[at]!;
  const meaning = read.votes?.columns.get(column);
  if (meaning === undefined) return column;
  const isFirst = questions.length === 0 || meaning.quantity === questions[0]!.quantity;
  return isFirst ? meaning.answer.text : `${meaning.answer.text}, ${nameOf(meaning.quantity)}`;
}

/** What a column's question is called: its id and text. */
export function questionName({ read }: Judged, at: number): string {
  const question = read.votes?.columns.get(read.columns[at]!)?.question;
  if (question === undefined) return "";
  return question.text === question.id ? question.text : `${question.id}: ${question.text}`;
}

/** The columns that figures show: those of the first quantity, or all where no tree is known. */
export function shownColumns({ read, questions }: Judged): number[] {
  const first = questions[0]?.quantity;
  return [...read.columns.keys()].filter((at) =>
    first === undefined || read.votes?.columns.get(read.columns[at]!)?.quantity === first
  );
}
