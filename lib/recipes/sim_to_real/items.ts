/**
 * The items of the sim-to-real experiment: one for each labelling.
 *
 * @module
 */

import { decodeImage, openSurvey } from "../../data/mod.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { confusionMatrix, type ImageGrid, imageGrid } from "../../plot/mod.ts";
import { mean } from "../../statistics.ts";
import { percent, within } from "../../text.ts";
import type { Item } from "../recipe.ts";
import type { Labelling } from "./labels.ts";
import type { SimToRealOutcome, SimToRealRun } from "./run.ts";
import { balancedOver, gainOver, recalls } from "./scores.ts";

/** Mistakes on a sheet. */
const SHOWN = 48;

/** What the real galaxies are to the sky. */
const TUNED =
  "The look of the simulated sky was tuned on half of the kit's 1,000 real galaxies of Galaxy Zoo 2: on them these numbers are no test on images that were never seen; Kaggle's images are one (other_images)";

/** By name. */
export const SIM_TO_REAL_ITEMS = {
  smooth_or_featured: itemOf("smooth or featured"),
  walked_classes: itemOf("walked classes"),
  own_classes: itemOf("GZ2's own classes"),
  other_images: otherImages(),
};

/**
 * The scores of a labelling, the confusion matrix, and a sheet of the real galaxies on which the
 * networks that know only the sky are surest and wrong.
 */
function itemOf(name: Labelling["name"]): Item<SimToRealOutcome> {
  const file = name.replaceAll(" ", "_").replaceAll("'", "");
  return {
    title: `${name}: balanced accuracy on real galaxies`,
    isOwn: true,
    notes: [
      TUNED,
      "Intervals are 95 %, over galaxies (bootstrap by class, all seeds together). Confusion and mistakes are of what was trained on the sky alone, all seeds together",
    ],
    async draw({ runs: all, settings, data, words, otherClasses }) {
      const runs = all.filter(({ labelling }) => labelling === name);
      const [{ classes, sky, fineTuned }] = runs;
      const few = sky.indices.length - fineTuned.indices.length;
      const tests = {
        [`sky alone`]: runs.map((run) => run.sky),
        [`sky, then ${few} real`]: runs.map((run) => run.fineTuned),
        [`${few} real from scratch`]: runs.map((run) => run.scratch),
        ...(runs.every(({ beside }) => beside)
          ? { [`${settings.beside.model}, ${few} real`]: runs.map(({ beside }) => beside!) }
          : {}),
      };
      const [, after, scratch, published] = Object.values(tests);
      const sheet = await mistakes(runs, { data, title: `Surest mistakes: ${name}` });
      const told = recalls(tests["sky alone"], classes.length);
      return {
        table: {
          columns: ["seed", "simulated, held out", ...Object.keys(tests)],
          rows: [
            ...runs.map(({ seed, simulated }, at) => [
              `${seed}`,
              simulated.toFixed(3),
              ...Object.values(tests).map((own) => own[at].balancedAccuracy.toFixed(3)),
            ]),
            [
              "mean",
              mean(runs.map(({ simulated }) => simulated)).toFixed(3),
              ...Object.values(tests).map((own) => within(balancedOver(own))),
            ],
          ],
        },
        figures: {
          [`${file}-confusion`]: confusionMatrix({ matrix: added(runs), classes }, {
            title: `Trained on the simulated sky, tested on real galaxies: ${name}`,
            truth: "volunteers' class",
          }),
          ...(sheet ? { [`${file}-confused`]: sheet } : {}),
        },
        values: {
          ...Object.fromEntries(
            Object.entries(tests).map(([name, own]) => [name, balancedOver(own)]),
          ),
          recalls: Object.fromEntries(classes.map((name, label) => [name, told[label]])),
        },
        notes: [
          words.real[name],
          `${sky.indices.length} galaxies; sky alone tells ${
            classes.map((name, label) =>
              `${percent(told[label])} of ${
                sky.target.filter((own) => own === label).length
              } ${name}`
            ).join(", ")
          }`,
          `The sky is worth ${
            within(gainOver(after, scratch))
          } to a training on ${few} real galaxies`,
          ...(published
            ? [
              `${settings.beside.model} is better than the sky, then ${few} real, by ${
                within(gainOver(published, after))
              }`,
            ]
            : []),
          ...(name === "GZ2's own classes" ? otherClasses : []),
          ...added(runs).map((row, label) =>
            `volunteers' ${classes[label]}: ${
              row.map((count, at) => `${count} taken for ${classes[at]}`).join(", ")
            }`
          ),
        ],
      };
    },
  };
}

/** The same networks on other real galaxies. */
function otherImages(): Item<SimToRealOutcome> {
  return {
    title: "other real galaxies",
    isOwn: true,
    notes: [
      "Networks that know only the simulated sky, on images that neither they nor the look of the sky were fitted to. Balanced over the classes that the labels have",
    ],
    draw({ runs, words }) {
      const names = [...new Set(runs.flatMap(({ others }) => Object.keys(others)))];
      if (names.length === 0) {
        return { notes: ["None were named: tests takes folders with votes and images"] };
      }
      const rows = names.flatMap((name) =>
        [...new Set(runs.map(({ labelling }) => labelling))].flatMap((labelling) => {
          const own = runs.filter((run) => run.labelling === labelling && name in run.others);
          if (own.length === 0) return [];
          const [{ classes }] = own;
          const tests = own.map(({ others }) => others[name]);
          const told = recalls(tests, classes.length);
          const counts = classes.map((_, label) =>
            tests[0].target.filter((target) => target === label).length
          );
          return [[
            ...[name, labelling, `${tests[0].target.length}`, within(balancedOver(tests))],
            classes.flatMap((name, label) =>
              counts[label] > 0 ? [`${name} ${percent(told[label])} of ${counts[label]}`] : []
            ).join(", "),
          ]];
        })
      );
      return {
        table: {
          columns: ["galaxies", "labels", "number", "balanced accuracy", "told rightly"],
          rows,
        },
        notes: names.flatMap((name) =>
          Object.entries(words[name]).map(([labelling, rule]) => `${name}, ${labelling}: ${rule}`)
        ),
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
