/**
 * Scores in tables and bars: altogether, by question, by answer.
 *
 * @module
 */

import { type Scored, type ScoreRow, VOTE_SCORES, type VoteScore } from "../../metrics/mod.ts";
import { scoreBars } from "../../plot/mod.ts";
import { count, percent, within } from "../../text.ts";
import type { ReportItem } from "../report.ts";
import { answerName, type Judged, questionName } from "./judged.ts";

/** How each score is called. */
export const SCORE_TITLES: Readonly<Record<VoteScore, string>> = {
  pearson: "Pearson's r",
  spearman: "Spearman's ρ",
  squaredPearson: "r², squared Pearson",
  rSquared: "R², coefficient of determination",
  meanAbsoluteError: "mean absolute error",
  meanSquaredError: "mean squared error",
  rootMeanSquaredError: "root mean squared error",
  bias: "bias, mean of predicted − true",
  scatter: "scatter about the bias",
};

/** A score as text, with its interval where it has one. */
export function scoreText({ value, low, high }: Scored, digits = 4): string {
  if (Number.isNaN(value)) return "–";
  return low === undefined || high === undefined
    ? value.toFixed(digits)
    : within({ value, low, high }, digits);
}

/** A part by which a score is higher or lower, in per cent, with its interval where it has one. */
export function changeText({ value, low, high }: Scored): string {
  if (Number.isNaN(value)) return "–";
  return low === undefined || high === undefined
    ? percent(value)
    : `${percent(value)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
}

/** All scores of everything. */
export function scoresItem({ scores, asked, settings, galaxies }: Judged): ReportItem {
  const columns: [string, ScoreRow][] = [
    ["all values", scores.flattened],
    ["mean of answers", scores.averaged],
    ...(asked
      ? [
        ["all values, where asked", asked.scores.flattened],
        ["mean of answers, where asked", asked.scores.averaged],
      ] as [string, ScoreRow][]
      : []),
  ];
  return {
    name: "scores",
    heading: "Scores",
    result: {
      table: {
        columns: ["score", ...columns.map(([name]) => name)],
        rows: [
          ...VOTE_SCORES.map((score) => [
            SCORE_TITLES[score],
            ...columns.map(([, row]) => scoreText(row.scores[score])),
          ]),
          ["values, or answers", ...columns.map(([, row]) => count(row.count))],
        ],
      },
      values: Object.fromEntries(columns.map(([name, row]) => [name, valuesOf(row)])),
      notes: [
        ...(settings.resamples > 0
          ? [
            `In brackets 95 % intervals, percentiles of ${count(settings.resamples)} draws of ${
              count(galaxies)
            } galaxies, each with all its answers; Spearman's has none`,
          ]
          : []),
        "r² is no R²: it forgives an offset and a scale, and some papers print it under that name. Over all values both also count that the mean fractions of answers differ, which needs no image; the mean of answers does not",
        ...(asked
          ? [
            `Where asked: at least ${
              percent(settings.asked, 0)
            } of the volunteers reach the question, by the true fractions on the way to it. Elsewhere a fraction is of few votes or none, which many tables hold as 0`,
          ]
          : []),
      ],
    },
  };
}

/** The scores of each question. */
export function questionsItem({ scores, asked, questions }: Judged): ReportItem {
  const shown = ["pearson", "rSquared", "meanAbsoluteError"] as const;
  const of = (row: ScoreRow) => shown.map((score) => scoreText(row.scores[score], 3));
  return {
    name: "questions",
    heading: "Scores of each question, its answers flattened",
    result: {
      table: {
        columns: [
          ...["question", "r", "R²", "MAE"],
          ...(asked ? ["values where asked", "r there", "R² there", "MAE there"] : ["values"]),
        ],
        rows: questions.map(({ name, question }, at) => {
          const whole = scores.questions[at]!;
          const some = asked?.scores.questions[at];
          return [
            question.text === question.id ? name : `${name}: ${question.text}`,
            ...of(whole),
            ...(some ? [count(some.count), ...of(some)] : [count(whole.count)]),
          ];
        }),
      },
      values: Object.fromEntries(
        questions.map(({ name }, at) => [name, {
          all: valuesOf(scores.questions[at]!),
          ...(asked && { asked: valuesOf(asked.scores.questions[at]!) }),
        }]),
      ),
    },
  };
}

/** The scores of each answer, and bars of r and R² of all outputs. */
export function answersItem(judged: Judged): ReportItem {
  const { scores, read } = judged;
  const bars = (score: "pearson" | "rSquared") =>
    scores.answers.flatMap((row, at) =>
      Number.isNaN(row.scores[score].value) ? [] : [{
        name: answerName(judged, at),
        section: questionName(judged, at),
        ...row.scores[score],
      }]
    );
  const figure = (score: "pearson" | "rSquared", title: string) => {
    const rows = bars(score);
    return rows.length === 0 ? undefined : scoreBars(rows, {
      title: `${title} of ${rows.length === 1 ? "the output" : `all ${rows.length} outputs`}`,
      label: `${SCORE_TITLES[score]}${judged.settings.resamples > 0 ? ", 95 % intervals" : ""}`,
    });
  };
  const without = scores.answers.filter((row) => Number.isNaN(row.scores.rSquared.value));
  const drawn = {
    "answers-r": figure("pearson", "Correlation"),
    "answers-r2": figure("rSquared", "R²"),
  };
  return {
    name: "answers",
    heading: "Scores of each answer",
    result: {
      table: {
        columns: [
          "column",
          "values",
          "r",
          "ρ",
          "r²",
          "R²",
          "MAE",
          "MSE",
          "RMSE",
          "bias",
          "scatter",
        ],
        rows: scores.answers.map((row) => [
          row.name,
          count(row.count),
          ...VOTE_SCORES.map((score) =>
            score === "pearson" || score === "rSquared" || score === "meanAbsoluteError"
              ? scoreText(row.scores[score], 3)
              : scoreText({ value: row.scores[score].value }, score === "meanSquaredError" ? 4 : 3)
          ),
        ]),
      },
      figures: Object.fromEntries(
        Object.entries(drawn).flatMap(([name, own]) => own ? [[name, own]] : []),
      ),
      values: Object.fromEntries(
        read.columns.map((name, at) => [name, valuesOf(scores.answers[at]!)]),
      ),
      notes: without.length === 0 ? [] : [
        `Without a correlation, as their true fractions are all the same: ${
          without.map(({ name }) => name).join(", ")
        }`,
      ],
    },
  };
}

/** A row's numbers for programs; null where there is none. */
function valuesOf({ count, scores }: ScoreRow): Record<string, unknown> {
  return { count, ...scores };
}
