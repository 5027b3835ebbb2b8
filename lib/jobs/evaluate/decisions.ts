/**
 * What the tree makes of predicted fractions: the answer that most give, and who is asked.
 *
 * @module
 */

import { join } from "node:path";
import { PREDICTION_SUFFIXES, writeTable } from "../../data/mod.ts";
import {
  coverage,
  fractionIntervals,
  meanAbsoluteError,
  voteIntervals,
  voteLogProbability,
  wilsonInterval,
} from "../../metrics/mod.ts";
import { densityPanels, intervalCurves } from "../../plot/mod.ts";
import { mean } from "../../statistics.ts";
import { count, percent, percentWithin } from "../../text.ts";
import type { ReportItem } from "../report.ts";
import type { Judged, JudgedQuestion } from "./judged.ts";

/** Whether the answer with the highest predicted fraction is the one that most volunteers gave. */
export function classesItem({ read, questions, asked, settings }: Judged): ReportItem {
  const target = asked?.target ?? read.target;
  const values: Record<string, unknown> = {};
  const rows = questions.flatMap(({ name, question, places }) => {
    const known = [...read.ids.keys()].filter((row) =>
      places.every((at) => !Number.isNaN(target[at]![row])) &&
      places.some((at) => target[at]![row]! > 0)
    );
    if (known.length === 0) return [];
    const most = (columns: readonly Float64Array[], row: number) =>
      places.reduce((best, at) => columns[at]![row]! > columns[best]![row]! ? at : best);
    const right = known.filter((row) => most(target, row) === most(read.prediction, row)).length;
    const share = wilsonInterval({ successes: right, trials: known.length });
    // What calling all by the commonest answer would get
    const counts = places.map((at) => known.filter((row) => most(target, row) === at).length);
    const commonest = Math.max(...counts) / known.length;
    values[name] = { ...share, galaxies: known.length, commonest };
    return [[
      question.text === question.id ? name : `${name}: ${question.text}`,
      ...[count(known.length), percentWithin(share), percent(commonest)],
    ]];
  });
  return {
    name: "classes",
    heading: "The answer that most volunteers give",
    result: {
      table: { columns: ["question", "galaxies", "told rightly", "always the commonest"], rows },
      values,
      notes: [
        "Over the answers of one question and one kind of fraction: columns of different kinds are no alternatives",
        ...(asked ? [`Galaxies of which ${percent(settings.asked, 0)} or more are asked`] : []),
      ],
    },
  };
}

/** The share of volunteers who are asked each question, which is written for every galaxy. */
export function askedItem(judged: Judged, out: string): ReportItem {
  const { read, settings } = judged;
  const { target, prediction } = judged.reach!;
  const questions = judged.questions.filter(({ isFirst, question: { id } }) =>
    isFirst && id in prediction && id in target
  );
  const columns = questions.map(({ question }) => [
    question.stem + PREDICTION_SUFFIXES.asked,
    prediction[question.id]!,
  ]);
  writeTable(join(out, "asked.parquet"), { id_str: read.ids, ...Object.fromEntries(columns) });
  const values: Record<string, unknown> = {};
  const later = questions.filter(({ question }) => question.after.length > 0);
  const rows = later.map(({ name, question }) => {
    const [t, p] = [target[question.id]!, prediction[question.id]!];
    const known = [...t.keys()].filter((row) => Number.isFinite(t[row]) && Number.isFinite(p[row]));
    const [a, b] = [known.map((row) => t[row]!), known.map((row) => p[row]!)];
    const error = known.length === 0 ? NaN : meanAbsoluteError({ target: a, prediction: b });
    const agree = known.filter((_, i) =>
      (a[i]! >= settings.asked) === (b[i]! >= settings.asked)
    ).length;
    values[name] = { mean: mean(b), meanTrue: mean(a), meanAbsoluteError: error };
    return [
      question.text === question.id ? name : `${name}: ${question.text}`,
      ...[mean(a).toFixed(3), mean(b).toFixed(3), error.toFixed(3)],
      percent(known.length === 0 ? NaN : agree / known.length),
    ];
  });
  const panels = later.map(({ name, question }) => ({
    name,
    notes: question.text === question.id ? [] : [question.text],
    target: target[question.id]!,
    prediction: prediction[question.id]!,
  }));
  return {
    name: "asked",
    heading: "The share of volunteers who are asked each question",
    result: {
      table: {
        columns: [
          "question",
          "true mean",
          "predicted mean",
          "MAE",
          `same side of ${settings.asked}`,
        ],
        rows,
      },
      ...(panels.length > 0 && {
        figures: {
          asked: densityPanels(panels, {
            title: "Share of volunteers who are asked",
            labels: { target: "true share", prediction: "predicted share" },
          }),
        },
      }),
      values,
      notes: [
        "The product of the fractions on the way to the question, those of each question over their sum; asked.parquet has it for every galaxy. A predicted fraction of a question that few are asked means little: Walmsley et al. 2022 suggest 0.5 or more",
      ],
    },
  };
}

/** Levels of intervals. */
const LEVELS = [0.5, 0.8, 0.95];

/** Whether posteriors are as wide as they should be: against fractions, or, where counted, votes. */
export function posteriorItem(judged: Judged): ReportItem {
  const { read, questions } = judged;
  const counted = questions.filter(({ places }) => places.every((at) => read.counts?.[at]));
  const usable = counted.length > 0 ? counted : questions;
  const held = usable.map((question) => ({ question, ...covered(judged, question) }));
  const rows = held.filter(({ shares }) => shares.length > 0).map(({ question, shares, fit }) => [
    question.name,
    count(shares[0]!.trials),
    ...shares.map(({ interval }) => percentWithin(interval)),
    fit === undefined ? "–" : fit.toFixed(3),
  ]);
  const points = held.flatMap(({ question, shares }) =>
    shares.map(({ level, interval }) => ({ x: level, ...interval, group: question.name }))
  );
  const ideal = LEVELS.map((level) => ({ x: level, value: level, group: "as promised" }));
  return {
    name: "posterior",
    heading: "Coverage of posterior intervals",
    result: {
      table: {
        columns: [
          ...["question", "galaxies"],
          ...LEVELS.map((level) => `in ${percent(level, 0)}`),
          "−ln p of a galaxy's votes",
        ],
        rows,
      },
      ...(points.length > 0 && {
        figures: {
          coverage: intervalCurves([...ideal, ...points.slice(0, 7 * LEVELS.length)], {
            title: "Coverage of posterior intervals",
            x: "probability that the interval promises",
            y: "share of galaxies in it",
            ticks: LEVELS,
          }),
        },
      }),
      values: Object.fromEntries(
        held.map(({ question, shares, fit }) => [question.name, { shares, fit }]),
      ),
      notes: [
        counted.length > 0
          ? "Intervals of the number of votes (beta-binomial), which hold at least what they promise: votes are whole numbers"
          : "Intervals of the fraction itself (beta), for a truth of endless votes; against fractions of few votes they hold less than they promise",
        "Of each question its first answer: the others are not independent of it",
      ],
    },
  };
}

/** How many galaxies lie in the intervals of a question's first answer. */
function covered({ read, asked }: Judged, { places }: JudgedQuestion) {
  const target = asked?.target ?? read.target;
  const rows = [...read.ids.keys()].filter((row) =>
    places.every((at) => Number.isFinite(target[at]![row]))
  );
  const alphas = rows.map((row) => places.map((at) => read.concentrations![at]![row]!));
  const counts = places.every((at) => read.counts?.[at])
    ? rows.map((row) => places.map((at) => read.counts![at]![row]!))
    : undefined;
  if (rows.length === 0) return { shares: [], fit: undefined };
  const shares = LEVELS.map((level) => {
    const intervals = alphas.map((own, i) =>
      counts === undefined ? fractionIntervals(own, { level })[0]! : voteIntervals(own, {
        votes: counts[i]!.reduce((sum, votes) => sum + votes, 0),
        level,
      })[0]!
    );
    const interval = coverage({
      target: counts === undefined
        ? rows.map((row) => target[places[0]!]![row]!)
        : counts.map(([first]) => first!),
      low: intervals.map(({ low }) => low),
      high: intervals.map(({ high }) => high),
    });
    return { level, trials: rows.length, interval };
  });
  const fit = counts &&
    mean(
      alphas.map((concentrations, i) =>
        -voteLogProbability({ concentrations, counts: counts[i]! })
      ),
    );
  return { shares, fit };
}
