/**
 * The report of the sim-to-real experiment.
 *
 * @module
 */

import { join } from "node:path";
import { decodeImage, openSurvey } from "../../data/mod.ts";
import { writeFileAtomic } from "../../files.ts";
import { mostProbable } from "../../metrics/mod.ts";
import { confusionMatrix, imageGrid } from "../../plot/mod.ts";
import { mean } from "../../statistics.ts";
import { textTable } from "../../text.ts";
import type { SimToRealRun } from "./run.ts";

/** What each run tests, in the order of the table. */
const TRAININGS = ["sky", "fineTuned", "scratch"] as const;

/** Balanced accuracies of all runs, and the confusion of what was trained on the sky alone. */
export function simToRealReport(runs: readonly SimToRealRun[]): string {
  const lines = ["Balanced accuracy on real galaxies", ""];
  for (const own of byLabelling(runs)) {
    const [{ labelling, classes, sky, fineTuned }] = own;
    const few = sky.indices.length - fineTuned.indices.length;
    const means = TRAININGS.map((name) => mean(own.map((run) => run[name].balancedAccuracy)));
    const scores = [
      ...own.map((run) => [
        `${run.seed}`,
        ...TRAININGS.map((name) => run[name].balancedAccuracy.toFixed(3)),
      ]),
      ["mean", ...means.map((value) => value.toFixed(3))],
    ];
    lines.push(
      `${labelling}: ${sky.indices.length} galaxies`,
      textTable(
        ["seed", "sky alone", `sky, then ${few} real`, `${few} real from scratch`],
        scores,
        {
          align: "right",
          indent: 2,
        },
      ),
      `  the sky is worth ${
        (100 * (means[1] - means[2])).toFixed(1)
      } points to a training on ${few} real galaxies`,
      "",
      `  sky alone, all seeds together; rows: true, columns: ${classes.join(", ")}`,
      textTable([], added(own).map((row, label) => [classes[label], ...row.map(String)]), {
        align: ["left", "right"],
        indent: 2,
      }),
      "",
    );
  }
  return lines.join("\n");
}

/**
 * Writes the report, and for each labelling the confusion matrix and a sheet of the real galaxies
 * on which the networks that know only the sky are surest and wrong.
 *
 * @returns The paths
 */
export async function writeSimToRealReport(
  runs: readonly SimToRealRun[],
  { out, data }: { out: string; data: string },
): Promise<string[]> {
  const paths = [join(out, "report.txt")];
  writeFileAtomic(paths[0], simToRealReport(runs));
  const { paths: pictures } = openSurvey(data).pictured();
  for (const own of byLabelling(runs)) {
    const [{ labelling, classes }] = own;
    const name = labelling.replaceAll(" ", "_");
    const matrix = join(out, `${name}-confusion.png`);
    await confusionMatrix({ matrix: added(own), classes }, {
      title: `Trained on the simulated sky, tested on real galaxies: ${labelling}`,
    }).save(matrix);
    const sheet = join(out, `${name}-confused.png`);
    const wrong = confused(own).slice(0, 48);
    paths.push(matrix);
    if (wrong.length === 0) continue;
    const tiles = await Promise.all(wrong.map(async ({ index, target, prediction, sure }) => ({
      pixels: await decodeImage(pictures[index], { size: 128, cropFraction: 2 / 3 }),
      width: 128,
      caption: `${classes[target]}, taken for\n${classes[prediction]} (${sure.toFixed(2)})`,
    })));
    await imageGrid(tiles, { columns: 8, title: `Surest mistakes: ${labelling}` }).save(sheet);
    paths.push(sheet);
  }
  return paths;
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

function byLabelling(runs: readonly SimToRealRun[]): SimToRealRun[][] {
  const names = new Set(runs.map(({ labelling }) => labelling));
  return [...names].map((name) => runs.filter(({ labelling }) => labelling === name));
}

/** The confusion matrices of all seeds, added. */
function added(runs: readonly SimToRealRun[]): number[][] {
  const [{ sky: { confusion } }] = runs;
  return confusion.map((row, t) =>
    row.map((_, p) => runs.reduce((sum, { sky }) => sum + sky.confusion[t][p], 0))
  );
}
