/**
 * The items of the sim-to-real experiment: one for each labelling.
 *
 * @module
 */

import { decodeImage, describeRule, openSurvey } from "../../data/mod.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { confusionMatrix, type ImageGrid, imageGrid } from "../../plot/mod.ts";
import { mean } from "../../statistics.ts";
import type { Item } from "../recipe.ts";
import { fourClasses, type Labelling, smoothOrFeatured } from "./labels.ts";
import type { SimToRealOutcome, SimToRealRun } from "./run.ts";

/** What each run tests, in the order of the table. */
const TRAININGS = ["sky", "fineTuned", "scratch"] as const;

/** Mistakes on a sheet. */
const SHOWN = 48;

/** By name. */
export const SIM_TO_REAL_ITEMS = {
  smooth_or_featured: itemOf(smoothOrFeatured),
  four_classes: itemOf(fourClasses),
};

/**
 * The scores of a labelling, the confusion matrix, and a sheet of the real galaxies on which the
 * networks that know only the sky are surest and wrong.
 */
function itemOf({ name }: Labelling): Item<SimToRealOutcome> {
  const file = name.replaceAll(" ", "_");
  return {
    title: `${name}: balanced accuracy on real galaxies`,
    isOwn: true,
    notes: ["Confusion and mistakes are of what was trained on the sky alone, all seeds together"],
    async draw({ runs: all, data }) {
      const runs = all.filter(({ labelling }) => labelling === name);
      const [{ rule, classes, sky, fineTuned }] = runs;
      const few = sky.indices.length - fineTuned.indices.length;
      const means = TRAININGS.map((name) => mean(runs.map((run) => run[name].balancedAccuracy)));
      const row = (name: string, values: readonly number[]) => [
        name,
        ...values.map((value) => value.toFixed(3)),
      ];
      const sheet = await mistakes(runs, { data, title: `Surest mistakes: ${name}` });
      return {
        table: {
          columns: ["seed", "sky alone", `sky, then ${few} real`, `${few} real from scratch`],
          rows: [
            ...runs.map((run) =>
              row(`${run.seed}`, TRAININGS.map((name) => run[name].balancedAccuracy))
            ),
            row("mean", means),
          ],
        },
        figures: {
          [`${file}-confusion`]: confusionMatrix({ matrix: added(runs), classes }, {
            title: `Trained on the simulated sky, tested on real galaxies: ${name}`,
          }),
          ...(sheet ? { [`${file}-confused`]: sheet } : {}),
        },
        values: {
          runs: runs.map(({ seed, ...run }) => ({
            seed,
            ...Object.fromEntries(TRAININGS.map((name) => [name, run[name].balancedAccuracy])),
          })),
        },
        notes: [
          describeRule(rule),
          `${sky.indices.length} galaxies; the sky is worth ${
            (100 * (means[1] - means[2])).toFixed(1)
          } points to a training on ${few} real galaxies`,
          ...added(runs).map((row, label) =>
            `true ${classes[label]}: ${
              row.map((count, at) => `${count} taken for ${classes[at]}`).join(", ")
            }`
          ),
        ],
      };
    },
  };
}

async function mistakes(
  runs: readonly SimToRealRun[],
  { data, title }: { data: string; title: string },
): Promise<ImageGrid | undefined> {
  const [{ classes }] = runs;
  const wrong = confused(runs).slice(0, SHOWN);
  if (wrong.length === 0) return undefined;
  const { paths } = openSurvey(data).pictured();
  const tiles = await Promise.all(wrong.map(async ({ index, target, prediction, sure }) => ({
    pixels: await decodeImage(paths[index], { size: 128, cropFraction: 2 / 3 }),
    width: 128,
    caption: `${classes[target]}, taken for\n${classes[prediction]} (${sure.toFixed(2)})`,
  })));
  return imageGrid(tiles, { columns: 8, title });
}

/** Real galaxies that the mean of the seeds' probabilities gets wrong, the surest first. */
function confused(runs: readonly SimToRealRun[]) {
  const [{ classes, sky: { indices, target } }] = runs;
  const means = Array.from(
    indices,
    (_, row) =>
      Float32Array.from(
        classes,
        (_, label) => mean(runs.map(({ sky }) => sky.probabilities[row][label])),
      ),
  );
  const prediction = mostProbable(means);
  return Array.from(indices, (index, row) => ({
    index,
    target: target[row],
    prediction: prediction[row],
    sure: means[row][prediction[row]],
  })).filter(({ target, prediction }) => target !== prediction)
    .sort((a, b) => b.sure - a.sure);
}

/** The confusion matrices of all seeds, added. */
function added(runs: readonly SimToRealRun[]): number[][] {
  const [{ sky: { confusion } }] = runs;
  return confusion.map((row, t) =>
    row.map((_, p) => runs.reduce((sum, { sky }) => sum + sky.confusion[t][p], 0))
  );
}
