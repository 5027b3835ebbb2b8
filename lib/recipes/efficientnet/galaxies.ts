/**
 * Galaxies with their labels: from votes to training and validation parts.
 *
 * @module
 */

import {
  type LabelRule,
  openSurvey,
  stratifiedSplit,
  voteFractions,
  voteLabels,
} from "../../data/mod.ts";
import { trueClasses } from "../threshold/truth.ts";
import { CLASSES, type EfficientnetSettings } from "./settings.ts";

/** The volunteers' class of a galaxy, or why it has none. */
export type Label = typeof CLASSES[number] | "ambiguous" | null;

/** What a simulated galaxy was drawn as, by its structure, whether or not anyone can see it. */
export type TrueClass = typeof CLASSES[number] | "artifact";

/** Labelled galaxies row by row, their images and their parts. */
export type Sample = {
  ids: readonly string[];
  /** Fractions of the first question: smooth, features or disc, star or artifact. */
  votes: { smooth: Float64Array; featured: Float64Array; artifact: Float64Array };
  /** null where the votes are missing. */
  labels: Label[];
  /** By structure, where the sky is a simulated one. */
  truth?: TrueClass[];
  rule: LabelRule;
  /** What the table of votes is, and where it lies. */
  source: { kind: string; table: string };
  /** The folder. */
  folder: string;
  /** Path of each galaxy's image; null where there is none. */
  images: readonly (string | null)[];
  /** null where a galaxy has no label or no image. */
  parts: ("train" | "validation" | null)[];
};

/**
 * The galaxies of a folder: votes, labels, images, and the stratified split of those that have a
 * label and an image.
 *
 * @param data A folder of a survey, or the table in it: see {@linkcode openSurvey}
 * @throws {Error} When no table of votes is found, or galaxies have no image
 * @throws {RangeError} When a class has too few galaxies for both parts
 */
export function readSample(
  data: string,
  { threshold, fractions, validation, seed, images, skipBad = false }:
    & Pick<EfficientnetSettings, "threshold" | "fractions" | "validation" | "seed">
    & {
      /** Whether images are wanted; the article's table 1 and figure 1 do without. */
      images: boolean;
      /** Leave out galaxies without an image. @default {false} */
      skipBad?: boolean;
    },
): Sample {
  const survey = openSurvey(data);
  const { folder, table, kind, ids } = survey;
  const { names, rule } = voteLabels(survey, { threshold, fractions });
  const labels = names as Label[];
  const { values } = voteFractions(survey, { questions: [kind.tree!.questions[0].id], fractions });
  const [smooth, featured, artifact] = Object.values(values);
  const votes = { smooth, featured, artifact };
  const drawn = trueClasses(table, ids);
  const sample = {
    ...{ ids, votes, labels, rule, folder, source: { kind: kind.name, table } },
    ...(drawn && {
      truth: Array.from(drawn, (place): TrueClass => place < 0 ? "artifact" : CLASSES[place]),
    }),
  };
  const none = ids.map(() => null);
  if (!images) return { ...sample, images: none, parts: none };

  survey.pictured({ missing: skipBad ? "drop" : "error" });
  const usable = labels.map((label, row) => survey.paths[row] === null ? null : label);
  const parts = partsOf(usable, { threshold, validation, seed });
  return { ...sample, images: survey.paths, parts };
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
