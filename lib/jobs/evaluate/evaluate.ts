/**
 * Judges predictions of vote fractions, whoever made them: tables, figures and one page.
 *
 * @module
 */

import { basename } from "node:path";
import { lockFolder } from "../../lock.ts";
import type { VoteScores } from "../../metrics/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import { type GivenOf, settingsOf } from "../../settings.ts";
import { count } from "../../text.ts";
import { type ReportItem, writeReport } from "../report.ts";
import { askedItem, classesItem, posteriorItem } from "./decisions.ts";
import { distributionsItem, residualsItem, truthItem } from "./fractions.ts";
import { judge, type Judged } from "./judged.ts";
import { readPredictions } from "./read_predictions.ts";
import { answersItem, questionsItem, scoresItem } from "./scores.ts";
import { EVALUATE } from "./settings.ts";
import { changeItem, strangersItem } from "./surveys.ts";

/** Options of {@linkcode evaluatePredictions}. */
export type EvaluateOptions = GivenOf<typeof EVALUATE> & {
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** What judging came to. */
export type Evaluated = {
  /** Path of the page. */
  page: string;
  /** What it says, without its figures. */
  text: string;
  scores: VoteScores;
};

/**
 * Judges predicted vote fractions: scores by answer, question and altogether, where everybody counts and
 * where the question was asked; figures of predicted against true fractions, of distributions, of errors;
 * the share of volunteers who would be asked each question; coverage of posteriors; beside predictions on
 * another survey the change on the same answers, and how well galaxies of that are told as strange.
 *
 * Writes `figures/*.png` (and `.svg`), `tables/*.csv`, `asked.parquet`, `report.json`, `report.txt` and
 * `report.html` into a folder, whose older report it takes the place of.
 *
 * @throws {Error} When files cannot be read, or have not what is wanted
 * @throws {RangeError} When a setting is out of range, or nothing can be judged
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { evaluatePredictions } from "galaxykit/jobs";
 * import { writeTable } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * const smooth_true = Array.from({ length: 50 }, (_, i) => i / 49);
 * writeTable(`${folder}/mine.csv`, {
 *   id: smooth_true.map((_, i) => `g${i}`),
 *   smooth_true,
 *   smooth_predicted: smooth_true.map((x, i) => x + 0.1 * Math.sin(i)),
 * });
 * const { scores } = await evaluatePredictions(`${folder}/report`, {
 *   predictions: `${folder}/mine.csv`,
 *   resamples: 100,
 * });
 * assert.ok(scores.flattened.scores.pearson.value > 0.95);
 * ```
 */
export async function evaluatePredictions(
  out: string,
  { signal, onProgress, ...given }: EvaluateOptions,
): Promise<Evaluated> {
  const settings = settingsOf(EVALUATE, given);
  const { predictions, catalogue, columns } = settings;
  const read = readPredictions(predictions, { catalogue, columns });
  const beside = settings.beside === undefined
    ? undefined
    : readPredictions(settings.beside, { catalogue: settings.besideCatalogue });
  using _lock = lockFolder(out, { what: "evaluate into", name: ".evaluation" });
  const report = counting(onProgress, { what: "Judging", unit: "parts" });
  const judged = judge(read, settings);
  const draws: (false | (() => ReportItem | undefined))[] = [
    () => scoresItem(judged),
    judged.questions.length > 0 && (() => questionsItem(judged)),
    () => answersItem(judged),
    () => truthItem(judged),
    () => distributionsItem(judged),
    judged.questions.length > 0 && (() => classesItem(judged)),
    judged.reach !== undefined && (() => askedItem(judged, out)),
    () => residualsItem(judged),
    read.concentrations !== undefined && (() => posteriorItem(judged)),
    beside !== undefined && (() => changeItem(judged, beside)),
    beside !== undefined && (() => strangersItem(judged, beside)),
  ];
  const parts = draws.filter((draw) => draw !== false);
  async function* items() {
    for (const [at, draw] of parts.entries()) {
      report({ done: at, total: parts.length });
      await Promise.resolve(); // An abort is heard between parts
      signal?.throwIfAborted();
      const item = draw();
      if (item !== undefined) yield item;
    }
    report({ done: parts.length, total: parts.length });
  }
  const { page, text } = await writeReport(out, {
    title: `Predictions of vote fractions: ${basename(predictions)}`,
    text: headOf(judged),
    items: items(),
  });
  return { page, text, scores: judged.scores };
}

function headOf({ read, galaxies }: Judged): string {
  return [
    `${count(galaxies)} galaxies, ${count(read.columns.length)} columns${
      read.votes ? ` of ${read.votes.tree.title}` : ", of no decision tree that is known"
    }`,
    ...read.notes,
  ].join("\n");
}
