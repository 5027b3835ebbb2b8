/**
 * The skies that backbones learn from.
 *
 * @module
 */

import { join } from "node:path";
import {
  answersOf,
  type AnswerValues,
  expectedVotes,
  type GalaxySurvey,
  gz2Tree,
  type ImageItem,
  type ImageSet,
  loadImages,
  numberColumn,
  openSurvey,
  Prng,
  questionOf,
  readTable,
  voteFractions,
} from "../../data/mod.ts";
import { modelCard } from "../../models/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { populationOf, type SkyOptions, writeSky } from "../../sky/mod.ts";
import type { Backbone, BackboneSettings } from "./settings.ts";

/** Natural galaxies beside whose votes those of an enriched sky stand. */
const REFERENCE = 1000;

/** Volunteers of a galaxy where they are not counted (Willett et al. 2013, section 2.4). */
export const VOLUNTEERS = 42;

/** What the outputs of a backbone are: answers of Galaxy Zoo 2's decision tree. */
export function answersLearnt({ without }: Pick<BackboneSettings, "without">): string[] {
  const questions = gz2Tree.questions.map(({ id }) => id).filter((id) => !without.includes(id));
  return answersOf(gz2Tree, questions).map(({ id }) => id);
}

/**
 * The galaxies of all surveys with their vote fractions, and which are kept for validation.
 * Skies and decoded pictures are kept in `out`. Dispose of the set after use.
 */
export async function backboneGalaxies(
  name: Backbone,
  { size, out, settings, signal, onProgress }: {
    /** Side of the images, in pixels. */
    size: number;
    out: string;
    settings: BackboneSettings;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<{ set: ImageSet; train: Int32Array; validation: Int32Array }> {
  const { surveys, sky } = settings;
  const items: ImageItem[] = [];
  for (const [index, survey] of surveys.entries()) {
    const folder = join(out, "sky", survey);
    await drawSky(folder, {
      ...{ ...sky, survey, seed: sky.seed + index },
      signal,
      onProgress: (report) =>
        onProgress?.("what" in report ? { ...report, what: `Drawing ${survey}` } : report),
    });
    items.push(...itemsOf(folder, { survey, settings }));
  }
  const set = await loadImages(items, {
    ...{ size, cropFraction: modelCard(name).cropFraction },
    targetNames: answersLearnt(settings),
    cache: join(out, "images"),
    signal,
    onProgress,
  });
  const order = new Prng(settings.seed, [60]).permutation(items.length);
  const kept = Math.round(settings.validation * items.length);
  return { set, train: order.slice(kept).sort(), validation: order.slice(0, kept).sort() };
}

/** Draws a sky; one that is finished stays as it is. */
export async function drawSky(
  folder: string,
  { population, ...options }: Omit<SkyOptions, "population"> & {
    population: string;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<void> {
  await writeSky(folder, {
    ...options,
    ...{ population: populationOf(population), reference: REFERENCE, format: "png" },
  });
}

function itemsOf(
  folder: string,
  { survey, settings }: { survey: string; settings: BackboneSettings },
): ImageItem[] {
  const galaxies = openSurvey(folder).pictured();
  const fractions = fractionsOf(folder, galaxies, settings);
  const votes = expectedVotes(gz2Tree, fractions, VOLUNTEERS);
  const answers = answersLearnt(settings);
  return galaxies.paths.map((image, row) => ({
    id: `${survey}/${galaxies.ids[row]}`,
    image,
    targets: answers.map((answer) =>
      votes[questionOf(gz2Tree, answer).id][row] >= settings.minimumVotes
        ? fractions[answer][row]
        : NaN
    ),
  }));
}

/** The fractions that are learnt, of all answers. */
function fractionsOf(
  folder: string,
  galaxies: GalaxySurvey,
  { targets }: BackboneSettings,
): AnswerValues {
  if (targets === "expected") {
    const table = readTable(join(folder, "expected_votes.parquet"));
    return Object.fromEntries(
      answersOf(gz2Tree).map(({ id, stem }) => [id, numberColumn(table, `${stem}_expected`)]),
    );
  }
  const questions = gz2Tree.questions.map(({ id }) => id);
  return voteFractions(galaxies, { questions, fractions: targets }).values;
}
