/**
 * Galaxies with their labels: from votes to training and validation parts.
 *
 * @module
 */

import {
  type Catalogue,
  findSurvey,
  type LabelRule,
  picturedGalaxies,
  stratifiedSplit,
  type SurveyFolder,
  voteFractions,
  voteLabels,
} from "../../data/mod.ts";
import { CLASSES, type EfficientnetSettings } from "./settings.ts";

/** What became of a galaxy: one of the classes, or why it has none. */
export type Label = typeof CLASSES[number] | "ambiguous" | null;

/** Galaxies row by row. */
export type LabelledGalaxies = {
  ids: string[];
  /** Fractions of the first question: smooth, features or disc, star or artifact. */
  votes: { smooth: Float64Array; featured: Float64Array; artifact: Float64Array };
  /** null where the votes are missing. */
  labels: Label[];
  rule: LabelRule;
};

/** Labelled galaxies, their images and their parts. */
export type Sample = LabelledGalaxies & {
  /** What the table of votes is, and where it lies. */
  source: { kind: string; table: string };
  /** The folder. */
  folder: string;
  /** Path of each galaxy's image; null where there is none. */
  images: (string | null)[];
  /** Names of the images without extension: asset ids, where there are any. */
  names: (string | null)[];
  /** null where a galaxy has no label or no image. */
  parts: ("train" | "validation" | null)[];
};

/**
 * The galaxies of a folder: votes, labels, images, and the stratified split of those that have a
 * label and an image.
 *
 * @param data A folder of a survey, or the table in it: see {@linkcode findSurvey}
 * @throws {Error} When no table of votes is found, or galaxies have no image
 * @throws {RangeError} When a class has too few galaxies for both parts
 */
export function readSample(
  data: string,
  { threshold, fractions, validation, seed, images, skipMissing = false }:
    & Pick<EfficientnetSettings, "threshold" | "fractions" | "validation" | "seed">
    & {
      /** Whether images are wanted; the article's table 1 and figure 1 do without. */
      images: boolean;
      /** Leave out galaxies without an image. @default {false} */
      skipMissing?: boolean;
    },
): Sample {
  const survey = findSurvey(data);
  const labelled = labelledGalaxies(survey.catalogue, { threshold, fractions });
  const source = { kind: survey.catalogue.kind.name, table: survey.table };
  const { folder } = survey;
  const none = labelled.ids.map(() => null);
  if (!images) return { ...labelled, source, folder, images: none, names: none, parts: none };

  const { ids, labels } = labelled;
  const pictured = picturedGalaxies(survey, { missing: "drop" });
  checkImages(survey, { ...pictured, count: ids.length, skipMissing });
  const places = new Map(
    pictured.frame.getColumn(survey.catalogue.id!).toArray().map((id, row) => [String(id), row]),
  );
  const rows = ids.map((id) => places.get(id));
  const paths = rows.map((row) => row === undefined ? null : pictured.paths[row]);
  const names = rows.map((row) => row === undefined ? null : pictured.ids[row]);
  const parts = partsOf(labels.map((label, row) => paths[row] === null ? null : label), {
    ...{ threshold, validation, seed },
  });
  return { ...labelled, source, folder, images: paths, names, parts };
}

/** By the article's rule: what at least 60 % of the volunteers call smooth, or featured. */
function labelledGalaxies(
  catalogue: Catalogue,
  options: Pick<EfficientnetSettings, "threshold" | "fractions">,
): LabelledGalaxies {
  const { names, rule } = voteLabels(catalogue, options);
  const { kind: { tree }, frame, id } = catalogue;
  const questions = [tree!.questions[0].id];
  const { values } = voteFractions(catalogue, { questions, fractions: options.fractions });
  const [smooth, featured, artifact] = Object.values(values);
  return {
    ids: frame.getColumn(id ?? frame.columns[0]).toArray().map(String),
    votes: { smooth, featured, artifact },
    labels: names as Label[],
    rule,
  };
}

function checkImages(
  { folder, table, images }: SurveyFolder,
  { missing, count, skipMissing }: { missing: string[]; count: number; skipMissing: boolean },
): void {
  if (missing.length === count) {
    throw new Error(
      `Cannot use "${folder}": ` + (images.length === 0
        ? `it has the table "${table}" and no image`
        : `none of its ${images.length} images is of a galaxy of "${table}" (galaxies ${
          missing.slice(0, 2).join(", ")
        }, …; images "${images[0]}", …)`) +
        "; put the images, named by their galaxies, into the folder or one below",
    );
  }
  if (missing.length > 0 && !skipMissing) {
    throw new Error(
      `Cannot use "${folder}": ${missing.length} of ${count} galaxies have no image (${
        missing.slice(0, 5).join(", ")
      }${
        missing.length > 5 ? ", …" : ""
      }); add the images, or leave these galaxies out with --skip-missing`,
    );
  }
}

/** Draws ⌈n x share⌉ of n labelled galaxies for validation, of each class its share. */
export function partsOf(
  labels: readonly Label[],
  { threshold, validation, seed }: Pick<EfficientnetSettings, "threshold" | "validation" | "seed">,
): Sample["parts"] {
  const rows = [...labels.keys()].filter((row) => CLASSES.some((name) => name === labels[row]));
  for (const name of CLASSES) {
    const count = rows.filter((row) => labels[row] === name).length;
    if (count >= 2) continue;
    throw new RangeError(
      `Cannot train: ${
        count === 0 ? "no galaxy" : "one galaxy"
      } with an image is ${name} by a threshold of ${threshold}, at least 2 are wanted; lower the threshold, or give more galaxies`,
    );
  }
  const share = Math.ceil(rows.length * validation) / rows.length;
  const parts = stratifiedSplit({
    labels: rows.map((row) => CLASSES.findIndex((name) => name === labels[row])),
    classes: CLASSES,
    fractions: { train: 1 - share, validation: share },
    seed,
  });
  const result: Sample["parts"] = labels.map(() => null);
  for (const part of ["train", "validation"] as const) {
    for (const at of parts[part]) result[rows[at]] = part;
  }
  return result;
}
