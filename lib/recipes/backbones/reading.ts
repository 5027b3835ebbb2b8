/**
 * The reading test: how well the vote fractions of each question can be told from frozen features.
 *
 * @module
 */

import { basename } from "node:path";
import {
  answersOf,
  type AnswerValues,
  expectedVotes,
  type GalaxySurvey,
  gz2Tree,
  type ImageSet,
  kFold,
  openSurvey,
  type QuestionValues,
  voteCounts,
  voteFractions,
  votesReceived,
} from "../../data/mod.ts";
import { fractionCorrelation, fractionReliability } from "../../metrics/mod.ts";
import type { ImageModel } from "../../models/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { median } from "../../statistics.ts";
import { sigmoid, tf } from "../../tensorflow/mod.ts";
import { type Features, pooledFeatures, ridgePredictions, ridgeProbe } from "../../train/mod.ts";
import type { BackboneSettings } from "./settings.ts";
import { VOLUNTEERS } from "./sky.ts";

/** How well a network reads some galaxies. */
export type Reading = {
  /** Side of the images, in pixels. */
  size: number;
  /** By question, the correlation of a ridge probe's predictions with the fractions, see below. */
  probe: Record<string, number>;
  /** The same of the network's own outputs, where those are told. */
  outputs?: Record<string, number>;
  /** Norms of the features. */
  norm: { median: number; largest: number };
};

/** A question among some galaxies. */
export type Legible = {
  id: string;
  /** Such as "bar". */
  about: string;
  /** Galaxies that got enough votes at it. */
  galaxies: number;
  /** The correlation that an endless crowd has with this one: the root of its reliability. */
  ceiling: number;
};

/** Galaxies to read. */
export type Page = {
  /** "another sky", or the name of the folder of real ones. */
  on: string;
  survey: GalaxySurvey<string>;
  fractions: AnswerValues;
  /** Positions of the galaxies with enough votes at each question; few are none. */
  rows: Record<string, Int32Array>;
  questions: Legible[];
};

/** Galaxies with enough votes under which a question is not read. */
const LEAST = 60;

/**
 * The galaxies of a folder that can be read, question by question, and how well at best.
 *
 * @param options `on`: what they are called
 */
export function pageOf(
  folder: string,
  { on = basename(folder), settings: { reading } }: {
    on?: string;
    settings: Pick<BackboneSettings, "reading">;
  },
): Page {
  const survey = openSurvey(folder).pictured();
  const ids = gz2Tree.questions.map(({ id }) => id);
  const { values: fractions } = voteFractions(survey, { questions: ids, fractions: "weighted" });
  const counts = voteCounts(survey, ids);
  const votes: QuestionValues = counts === undefined
    ? expectedVotes(gz2Tree, fractions, VOLUNTEERS)
    : votesReceived(gz2Tree, counts);
  const rows: Page["rows"] = {};
  const questions: Legible[] = [];
  for (const { id, stem } of gz2Tree.questions) {
    const columns = answersOf(gz2Tree, [id]).map((answer) => fractions[answer.id]);
    const enough = Int32Array.from(survey.ids.keys()).filter((row) =>
      votes[id][row] >= reading.minimumVotes && columns.every((column) => column[row] >= 0)
    );
    if (enough.length < LEAST) continue;
    rows[id] = enough;
    questions.push({
      id,
      about: stem.replace(/^t\d+_/, "").replaceAll("_", " "),
      galaxies: enough.length,
      ceiling: Math.sqrt(fractionReliability({
        fractions: columns.map((column) => of(column, enough)),
        votes: of(votes[id], enough),
      })),
    });
  }
  return { on, survey, fractions, rows, questions };
}

/**
 * Reads galaxies with a network at one size: ridge regression from its frozen features, predicting
 * each galaxy in a cross-validation of five folds, and its own outputs. The correlation is that of
 * {@linkcode fractionCorrelation}, over the answers of a question.
 *
 * @param page The galaxies
 * @param options `cache`: a folder for decoded images
 */
export async function read(
  model: ImageModel,
  { rows, survey, fractions }: Page,
  { answers: told = [], size, cropFraction, cache, seed, signal, onProgress }: {
    /** What the network's outputs are. @default {nothing that could be compared} */
    answers?: readonly string[];
    size: number;
    cropFraction: number;
    cache: string;
    seed: number;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Reading> {
  using set: ImageSet = await survey.images({
    ...{ size, cropFraction, cache, targets: [], signal, onProgress },
  });
  const features = await pooledFeatures(model, { set }, { signal, onProgress });
  const probe: Reading["probe"] = {};
  const outputs: Reading["probe"] = {};
  const own = told.length > 0 ? outputsOf(model, features) : [];
  for (const [id, galaxies] of Object.entries(rows)) {
    signal?.throwIfAborted();
    const answers = answersOf(gz2Tree, [id]).map((answer) => answer.id);
    const target = answers.map((answer) => of(fractions[answer], galaxies));
    probe[id] = fractionCorrelation({
      target,
      prediction: probed(features, { galaxies, target, seed }),
    });
    if (!answers.every((answer) => told.includes(answer))) continue;
    const prediction = answers.map((answer) => of(own[told.indexOf(answer)], galaxies));
    outputs[id] = fractionCorrelation({ target, prediction });
  }
  const norms = normsOf(features);
  return {
    ...{ size, probe },
    ...(told.length > 0 && { outputs }),
    norm: { median: median(norms), largest: Math.max(...norms) },
  };
}

/** What probes that have not seen a galaxy predict of it, a list an answer. */
function probed(features: Features, { galaxies, target, seed }: {
  galaxies: Int32Array;
  target: Float64Array[];
  seed: number;
}): Float64Array[] {
  const prediction = target.map((column) => new Float64Array(column.length));
  for (const fold of kFold({ labels: new Int32Array(galaxies.length), seed })) {
    const probe = ridgeProbe(features, {
      rows: fold.train.map((i) => galaxies[i]),
      targets: target.map((column) => of(column, fold.train)),
    });
    const found = ridgePredictions(probe, features, {
      rows: fold.validation.map((i) => galaxies[i]),
    });
    found.forEach((column, answer) =>
      column.forEach((value, i) => prediction[answer][fold.validation[i]] = value)
    );
  }
  return prediction;
}

/** The fractions that the network itself gives, a list an answer. */
function outputsOf(model: ImageModel, { values, width }: Features): Float32Array[] {
  const count = values.length / width;
  const all = tf.tidy(() =>
    sigmoid(model.classify(tf.tensor2d(values, [count, width]))).dataSync()
  ) as Float32Array;
  const answers = all.length / count;
  return Array.from(
    { length: answers },
    (_, answer) => Float32Array.from({ length: count }, (_, i) => all[i * answers + answer]),
  );
}

function normsOf({ values, width }: Features): number[] {
  return Array.from(
    { length: values.length / width },
    (_, i) => Math.hypot(...values.subarray(i * width, (i + 1) * width)),
  );
}

function of(values: ArrayLike<number>, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]);
}
