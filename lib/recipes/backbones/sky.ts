/**
 * The skies that backbones learn from.
 *
 * @module
 */

import { join } from "node:path";
import {
  answersOf,
  answerValues,
  gz2Tree,
  type ImageItem,
  type ImageSet,
  loadImages,
  openSurvey,
  Prng,
  questionOf,
  voteFractions,
  votesReceived,
} from "../../data/mod.ts";
import { modelCard } from "../../models/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { writeSky } from "../../sky/mod.ts";
import type { Backbone, BackboneSettings } from "./settings.ts";

/** What the outputs of a backbone are: the 37 answers of Galaxy Zoo 2's decision tree. */
export const ANSWERS: readonly string[] = answersOf(gz2Tree).map(({ id }) => id);

/**
 * The galaxies of all surveys with their vote fractions, and which are kept for validation.
 * Skies and decoded pictures are kept in `out`. Dispose of the set after use.
 */
export async function backboneGalaxies(
  name: Backbone,
  { out, settings, signal, onProgress }: {
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
    await writeSky(folder, {
      ...{ ...sky, survey, seed: sky.seed + index, format: "png" as const },
      signal,
      onProgress: (report) =>
        onProgress?.("what" in report ? { ...report, what: `Drawing ${survey}` } : report),
    });
    items.push(...itemsOf(folder, { survey, settings }));
  }
  const set = await loadImages(items, {
    ...pictures(name),
    targetNames: ANSWERS,
    cache: join(out, "images"),
    signal,
    onProgress,
  });
  const order = new Prng(settings.seed, [60]).permutation(items.length);
  const kept = Math.round(settings.validation * items.length);
  return { set, train: order.slice(kept).sort(), validation: order.slice(0, kept).sort() };
}

/** How pictures become what a backbone sees. */
export function pictures(name: Backbone): { size: number; cropFraction: number } {
  const { size, cropFraction } = modelCard(name);
  return { size, cropFraction };
}

function itemsOf(
  folder: string,
  { survey, settings: { minimumVotes, fractions: kind } }: {
    survey: string;
    settings: BackboneSettings;
  },
): ImageItem[] {
  const galaxies = openSurvey(folder).pictured();
  const { frame, paths, ids } = galaxies;
  const questions = gz2Tree.questions.map(({ id }) => id);
  const { values: fractions } = voteFractions(galaxies, { questions, fractions: kind });
  const votes = votesReceived(gz2Tree, answerValues(gz2Tree, frame, { quantity: "count" }));
  return paths.map((image, row) => ({
    id: `${survey}/${ids[row]}`,
    image,
    targets: ANSWERS.map((answer) =>
      votes[questionOf(gz2Tree, answer).id][row] >= minimumVotes ? fractions[answer][row] : NaN
    ),
  }));
}
