/**
 * Predictions on another survey beside those on the own one.
 *
 * @module
 */

import {
  degradation,
  mahalanobisDistances,
  neighbourDistances,
  outlierDetection,
  predictionEntropy,
} from "../../metrics/mod.ts";
import { distributions, type Figure, scoreBars } from "../../plot/mod.ts";
import { count, percent, within } from "../../text.ts";
import type { ReportItem } from "../report.ts";
import { answerName, type Judged } from "./judged.ts";
import type { JudgedPredictions } from "./read_predictions.ts";
import { changeText, SCORE_TITLES, scoreText } from "./scores.ts";

/** How the surveys are called in figures. */
const NAMES = ["own survey", "other survey"] as const;

/** How much worse the same answers are told. */
export function changeItem(judged: Judged, beside: JudgedPredictions): ReportItem {
  const { resamples, seed } = judged.settings;
  const { read } = judged;
  const { flattened, answers, columns, only, galaxies } = degradation(
    { reference: read, other: beside },
    { resamples, seed },
  );
  const shown = [
    "pearson",
    "squaredPearson",
    "rSquared",
    "meanAbsoluteError",
    "meanSquaredError",
  ] as const;
  const perAnswer = answers.map((row) => [
    row.name,
    ...[row.scores.pearson.reference, row.scores.pearson.other].map((value) =>
      scoreText({ value }, 3)
    ),
    changeText(row.scores.pearson.change),
  ]);
  const bars = answers.flatMap(({ name, scores: { pearson } }) =>
    Number.isNaN(pearson.reference) || Number.isNaN(pearson.other)
      ? []
      : NAMES.map((group, side) => ({
        name: answerName(judged, read.columns.indexOf(name)),
        ...{ group, value: side === 0 ? pearson.reference : pearson.other },
      }))
  );
  const left = [...only.reference, ...only.other].length;
  return {
    name: "surveys",
    heading: "The same answers on another survey",
    result: {
      table: {
        columns: ["score", ...NAMES, "change"],
        rows: [
          ...shown.map((score) => {
            const { reference, other, change } = flattened.scores[score];
            return [
              `${SCORE_TITLES[score]}, all shared answers`,
              ...[reference, other].map((value) => scoreText({ value })),
              changeText(change),
            ];
          }),
          ...perAnswer.map(([name, ...cells]) => [`r, ${name}`, ...cells]),
        ],
      },
      ...(bars.length > 0 && {
        figures: {
          surveys: scoreBars(bars, {
            title: "Correlation on both surveys",
            label: SCORE_TITLES.pearson,
          }),
        },
      }),
      values: { columns, only, flattened: flattened.scores },
      notes: [
        `${count(columns.length)} answers are in both, of ${count(galaxies.reference)} and ${
          count(galaxies.other)
        } galaxies${left === 0 ? "" : `; ${count(left)} columns of one alone count nowhere`}`,
      ],
    },
  };
}

/** How well galaxies of the other survey are told as strange, whatever their truth is. */
export function strangersItem(judged: Judged, beside: JudgedPredictions): ReportItem {
  const { read, settings } = judged;
  const shared = read.columns.filter((name) => beside.columns.includes(name));
  const [own, others] = [read, beside].map(({ features, columns, prediction, ids }) => {
    if (read.features && beside.features) return features!;
    const places = shared.map((name) => columns.indexOf(name));
    return ids.map((_, row) => Float64Array.from(places, (at) => prediction[at]![row]!));
  });
  // Every other galaxy is what is known, the rest what is like it
  const known = own!.filter((_, row) => row % 2 === 0);
  const inside = own!.filter((_, row) => row % 2 === 1);
  const k = Math.min(10, known.length);
  const questions = judged.questions.filter(({ places }) =>
    places.every((at) => shared.includes(read.columns[at]!))
  );
  const entropies = [read, beside].map(({ columns, prediction }) =>
    questions.length === 0 ? undefined : predictionEntropy(
      prediction.map((values) => Float64Array.from(values, (value) => Math.max(0, value))),
      {
        questions: questions.map(({ places }) =>
          places.map((at) => columns.indexOf(read.columns[at]!))
        ),
      },
    )
  );
  const scores: Record<string, [Float64Array, Float64Array]> = {
    [`distance to the ${k}th neighbour`]: [inside, others!].map((rows) =>
      neighbourDistances(rows, { known, k })
    ) as [Float64Array, Float64Array],
    "Mahalanobis distance": [inside, others!].map((rows) =>
      mahalanobisDistances(rows, { known })
    ) as [Float64Array, Float64Array],
    ...(entropies[0] && {
      "entropy of the fractions": [
        entropies[0].filter((_, row) => row % 2 === 1),
        entropies[1]!,
      ] as [Float64Array, Float64Array],
    }),
  };
  const found = Object.entries(scores).map(([name, [a, b]]) => ({
    name,
    ...outlierDetection({ inside: a, outside: b }, { seed: settings.seed }),
  }));
  const figures: Record<string, Figure> = Object.fromEntries(
    Object.entries(scores).map(([name, [a, b]], at) => [
      `strangers-${["neighbours", "mahalanobis", "entropy"][at]}`,
      distributions({
        score: [...a, ...b],
        survey: [...a].map((): string => NAMES[0]).concat([...b].map(() => NAMES[1])),
      }, { column: "score", by: "survey", label: name, title: `Strangeness by ${name}` }),
    ]),
  );
  return {
    name: "strangers",
    heading: "Whether galaxies of the other survey are told as strange",
    result: {
      table: {
        columns: [
          "score",
          "AUROC",
          "own ones taken for strange where 95 % of the others are found",
        ],
        rows: found.map(({ name, auroc, falsePositiveRate }) => [
          ...[name, within(auroc), percent(falsePositiveRate)],
        ]),
      },
      figures,
      values: Object.fromEntries(found.map(({ name, ...rest }) => [name, rest])),
      notes: [
        `Of ${
          read.features && beside.features
            ? "the features"
            : `the predictions of ${shared.length} shared columns`
        }; every other galaxy of the own survey is what is known, the rest are told from the other's. 0.5 is chance`,
      ],
    },
  };
}
