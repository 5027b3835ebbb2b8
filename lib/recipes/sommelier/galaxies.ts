/**
 * The same galaxies through three telescopes, with the votes of each.
 *
 * @module
 */

import { join } from "node:path";
import {
  answerColumns,
  type GalaxySurvey,
  gz2Tree,
  type ImageItem,
  type ImageSet,
  loadImages,
  numberColumn,
  openSurvey,
  Prng,
} from "../../data/mod.ts";
import { modelCard } from "../../models/mod.ts";
import { populationOf, type SurveyName, writeSky } from "../../sky/mod.ts";
import type { SommelierSettings, Work } from "./settings.ts";

/** Two surveys that are learnt from, and the third, which is only looked at. */
export const SURVEYS = ["sdss", "decals", "ukidss"] as const satisfies readonly SurveyName[];

/** One of them. */
export type Survey = typeof SURVEYS[number];

/** The 74 outputs: of each answer the fraction, and the one with weighted volunteers. */
export const OUTPUTS: readonly string[] = (() => {
  const [plain, weighted] = [
    answerColumns(gz2Tree, "fraction"),
    answerColumns(gz2Tree, "weighted_fraction"),
  ];
  return plain.flatMap((name, at) => [name, weighted[at]!]);
})();

/** By what a galaxy counts in training. */
export const WEIGHT = "total_votes";

/** Galaxies of all surveys, one set. */
export type SurveyGalaxies = {
  /** Targets are {@linkcode OUTPUTS}, then {@linkcode WEIGHT}. */
  set: ImageSet;
  /** Galaxies of a survey; those of another stand as many rows further. */
  count: number;
  /** Which galaxies are whose, by their number: the same in all surveys. */
  parts: Record<"train" | "validation" | "test", Int32Array>;
  /** Votes of each galaxy in the survey that is learnt first. */
  votes: Float64Array;
};

/** The side of the images. */
export function sizeOf({ size, model }: Pick<SommelierSettings, "size" | "model">): number {
  return size ?? modelCard(model).size;
}

/** Rows of a set that galaxies of a survey are in. */
export function rowsOf(
  survey: Survey,
  { galaxies, count }: { galaxies: Int32Array; count: number },
): Int32Array {
  return galaxies.map((galaxy) => SURVEYS.indexOf(survey) * count + galaxy);
}

/** Draws the sky, where it is not there, and reads its images. Dispose of the set after use. */
export async function galaxiesOf(
  { out, settings, signal, onProgress }: Work,
): Promise<SurveyGalaxies> {
  const { sky: { population, ...sky }, crop, held, seed } = settings;
  const folder = join(out, "sky");
  await writeSky(folder, {
    ...{ ...sky, population: populationOf(population), survey: SURVEYS, format: "png" },
    ...{ signal, onProgress },
  });
  const surveys = SURVEYS.map((name) => openSurvey(join(folder, name)).pictured());
  const set = await loadImages(
    surveys.flatMap((survey, at) => itemsOf(survey, SURVEYS[at]!)),
    {
      ...{ size: sizeOf(settings), cropFraction: crop, targetNames: [...OUTPUTS, WEIGHT] },
      ...{ signal, onProgress },
    },
  );
  const count = surveys[0]!.ids.length;
  const order = new Prng(seed, [80]).permutation(count);
  const some = Math.max(1, Math.round(held * count));
  return {
    ...{ set, count },
    parts: {
      validation: order.slice(0, some).sort(),
      test: order.slice(some, 2 * some).sort(),
      train: order.slice(2 * some).sort(),
    },
    votes: numberColumn(surveys[0]!.frame, WEIGHT),
  };
}

/**
 * Galaxies of a survey with the fractions of their votes. Where nobody was asked, tables of Galaxy Zoo 2
 * have 0, and so does what is learnt.
 */
function itemsOf(survey: GalaxySurvey<string>, name: string): ImageItem[] {
  const columns = [...OUTPUTS, WEIGHT].map((column) => numberColumn(survey.frame, column));
  return survey.paths.map((image, row) => ({
    id: `${name}/${survey.ids[row]}`,
    image,
    targets: columns.map((values) => values[row]!),
  }));
}
