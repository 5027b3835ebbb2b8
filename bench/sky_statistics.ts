/**
 * `deno run -A bench/sky_statistics.ts`: ten simple numbers about a cut-out, and how well they tell
 * simulated from real galaxies of the same kinds.
 *
 * The numbers are those that survey, exposure and stretch decide, whatever the galaxy: the sky's
 * level, noise, clipping and grain, and how bright and how large the galaxy is shown. A random
 * forest tells the samples apart, each galaxy judged by trees that did not see it; an AUC of 0.5 is
 * chance. The look of the sky was tuned on half of the real sample. The other half and Kaggle's
 * images are the test.
 *
 * @module
 */

import { bootstrapInterval, rocCurve } from "galaxykit/metrics";
import sharp from "sharp";
import { runCommand } from "../lib/cli.ts";
import { median } from "../lib/statistics.ts";
import { textTable } from "../lib/text.ts";
import { outOfBagScores } from "./random_forest.ts";
import { kaggleImages, type Pictures, realImages, simulatedImages, SIZE } from "./sky_pictures.ts";

/** What {@linkcode measure} gives, in its order. Levels are of 255. */
export const STATISTICS = [
  "sky, red",
  "sky, green",
  "sky, blue",
  "noise of the sky",
  "share of exact zeros",
  "grain",
  "middle, red",
  "middle, green",
  "middle, blue",
  "share of bright pixels",
] as const;

/** One pixel in this many is looked at: prime to the side, so that all columns are. */
const STRIDE = 13;

/** How far apart the pixels are whose noise is compared. */
const LAG = 2;

/**
 * Sky far from the galaxy: mean of each channel and standard deviation of their mean, without the
 * brightest three tenths, which are stars and other galaxies; share of the channels' values that are
 * exactly 0; correlation of pixels two apart. The galaxy: median of each channel 10 to 20 pixels from the
 * middle, and the share of the picture that is bright.
 */
export async function measure(image: Uint8Array): Promise<number[]> {
  const pixels = await sharp(image).raw().toBuffer();
  const light = (at: number) => pixels[3 * at] + pixels[3 * at + 1] + pixels[3 * at + 2];
  const sky: number[] = [];
  const middle: number[] = [];
  let bright = 0;
  for (let at = 0; at < SIZE * SIZE; at += STRIDE) {
    const r = Math.hypot(at % SIZE - SIZE / 2, Math.floor(at / SIZE) - SIZE / 2);
    if (light(at) > 120) bright++;
    if (r > 150) sky.push(at);
    else if (r >= 10 && r < 20) middle.push(at);
  }
  const channels = [0, 1, 2];
  const values = sky.flatMap((at) => channels.map((k) => pixels[3 * at + k]));
  const zeros = values.filter((value) => value === 0).length / values.length;
  sky.sort((a, b) => light(a) - light(b)).length = Math.round(0.7 * sky.length);
  const level = sky.reduce((sum, at) => sum + light(at), 0) / sky.length;
  const limit = light(sky.at(-1)!);
  const pairs = sky.filter((at) => at % SIZE < SIZE - LAG && light(at + LAG) <= limit);
  const variance = sky.reduce((sum, at) => sum + (light(at) - level) ** 2, 0) / sky.length;
  const covariance =
    pairs.reduce((sum, at) => sum + (light(at) - level) * (light(at + LAG) - level), 0) /
    pairs.length;
  return [
    ...channels.map((k) => sky.reduce((sum, at) => sum + pixels[3 * at + k], 0) / sky.length),
    Math.sqrt(variance) / 3,
    zeros,
    // A black sky has no grain.
    variance > 0 ? covariance / variance : 0,
    ...channels.map((k) => median(middle.map((at) => pixels[3 * at + k]))),
    bright * STRIDE / SIZE ** 2,
  ];
}

/** How well samples are told apart: by all numbers, with an interval, and by each. */
export function compare(
  simulated: number[][],
  real: number[][],
): { value: number; low: number; high: number; each: number[] } {
  const rows = [...simulated, ...real];
  const target = rows.map((_, at) => Number(at < simulated.length));
  const score = outOfBagScores(rows, target);
  const { value, low, high } = bootstrapInterval({ target, score }, {
    metric: (pair) => rocCurve(pair).area,
    strata: target,
  });
  const each = STATISTICS.map((_, column) =>
    rocCurve({ target, score: rows.map((row) => row[column]) }).area
  );
  return { value, low, high, each };
}

/** As many of each kind as both have. */
async function measurePairs(
  simulated: Pictures,
  real: Pictures,
): Promise<[number[][], number[][]]> {
  const sides: [number[][], number[][]] = [[], []];
  for (const [kind, files] of real) {
    const others = simulated.get(kind)!;
    const count = Math.min(files.length, others.length);
    for (const [side, images] of [others, files].entries()) {
      for (const image of images.slice(0, count)) sides[side].push(await measure(image));
    }
  }
  return sides;
}

if (import.meta.main) {
  await runCommand({
    name: "sky_statistics",
    summary: "Tell simulated from real galaxies by ten simple numbers.",
    options: {
      count: { type: "integer", default: 120, minimum: 10, description: "galaxies of each kind" },
      seed: { type: "integer", default: 1, description: "of the simulated galaxies" },
    },
  }, async ({ count, seed }) => {
    const simulated = await simulatedImages(count, seed);
    const samples: Record<string, Pictures> = {
      "tuning half": await realImages(count, { sample: "original", half: "tuning" }),
      "unseen half": await realImages(count, { sample: "original", half: "unseen" }),
      "Kaggle": await kaggleImages(count),
    };
    const columns: string[][] = [];
    for (const real of Object.values(samples)) {
      const [ours, theirs] = await measurePairs(simulated, real);
      const { value, low, high, each } = compare(ours, theirs);
      const digits = (value: number) => value.toPrecision(3);
      columns.push([
        `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`,
        ...each.map((area, at) => {
          const [a, b] = [ours, theirs].map((rows) => median(rows.map((row) => row[at])));
          return `${area.toFixed(2)} (${digits(a)}, ${digits(b)})`;
        }),
        `${ours.length}, ${theirs.length}`,
      ]);
    }
    console.log("AUC of simulated against real (medians of both)\n");
    console.log(textTable(
      ["", ...Object.keys(samples)],
      ["all ten (95 %)", ...STATISTICS, "galaxies"].map((name, at) => [
        name,
        ...columns.map((column) => column[at]),
      ]),
      { align: ["left", "right"] },
    ));
  });
}
