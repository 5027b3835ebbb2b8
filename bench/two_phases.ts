/**
 * What the second phase of fine-tuning is worth on galaxies of a survey, of any classes that a column
 * names: the phases of `deno task reproduce efficientnet`, beside the head alone.
 *
 * ```sh
 * deno run -A bench/two_phases.ts choose DATA --labels derived_label --out DIR
 * deno run -A bench/two_phases.ts measure DATA --labels derived_label --out DIR
 * ```
 *
 * 40 % of each class are kept for measuring. `choose` tries learning rates on the rest alone, of which
 * it holds out 30 %; `measure` trains five times in both ways, each time on other 80 % of the rest,
 * and gives the interval of the difference over trainings and galaxies. What is finished is kept in
 * DIR; the same command goes on.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { encodeLabels, type ImageSet, openSurvey, stratifiedSplit } from "../lib/data/mod.ts";
import { writeFileAtomic } from "../lib/files.ts";
import { crossedInterval, mostProbable } from "../lib/metrics/mod.ts";
import { loadPretrained, modelCard } from "../lib/models/mod.ts";
import { reporter } from "../lib/plot/reporter.ts";
import { drawGalaxies, phasesOf } from "../lib/recipes/efficientnet/ways.ts";
import { mean } from "../lib/statistics.ts";
import { key } from "../lib/tensorflow/mod.ts";
import { count, percentWithin } from "../lib/text.ts";
import { FeatureStore, finetune, predictProbabilities } from "../lib/train/mod.ts";

const SEEDS = [0, 1, 2, 3, 4];

/** Rates of the head and of the last blocks that are tried. */
const HEAD_RATES = [3e-4, 1e-3, 3e-3], LAST_RATES = [3e-5, 1e-4, 3e-4];

await runCommand({
  name: "bench",
  summary: "What the second phase of fine-tuning is worth on a survey's galaxies.",
  options: {
    labels: { type: "string", required: true, description: "the column that names the classes" },
    out: { type: "string", required: true, description: "folder of what is finished" },
    model: { type: "string", default: "tf_efficientnet_lite0", description: "the network" },
    size: { type: "integer", default: 160, description: "side of its images, in pixels" },
    crop: { type: "number", default: 2 / 3, description: "share of each image that it sees" },
    headEpochs: { type: "integer", default: 40, description: "passes of the head alone" },
    headRate: { type: "number", default: 1e-3, description: "learning rate of the head" },
    lastEpochs: { type: "integer", default: 8, description: "passes of head and last blocks" },
    lastRate: { type: "number", default: 1e-4, description: "their learning rate" },
    blocks: { type: "integer", default: 3, description: "the last blocks" },
  },
  words: { value: "choose|measure DATA", description: "what to do; a survey's folder or table" },
}, async (options, { signal, words: [action = "", data = ""] }) => {
  const { labels: column, out, model: name, size, crop, blocks } = options;
  const survey = openSurvey(data);
  const labels = encodeLabels(survey.frame.getColumn(column));
  using report = reporter({ print: console.error });
  const { filter } = modelCard(name);
  const decoding = { size, cropFraction: crop, filter, signal, onProgress: report };
  using set = await survey.images({ ...decoding, labels });
  const { train, validation } = stratifiedSplit({
    ...{ labels: set.labels, classes: set.classes, seed: 0 },
    fractions: { train: 0.6, validation: 0.4 },
  });
  const features = new FeatureStore();

  type Trial = {
    way: "head_only" | "two_phases";
    headRate: number;
    lastRate: number;
    seed: number;
  };

  /** 1 where a trained network is right, else 0. */
  async function right(
    what: string,
    { way, headRate, lastRate, seed, on, held }: Trial & { on: Int32Array; held: Int32Array },
  ): Promise<number[]> {
    const path = join(out, `${what}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
    const random = key(seed);
    const { model } = await loadPretrained(name, {
      classes: set.classes.length,
      key: random,
      size,
    });
    const phases = phasesOf(way, {
      head: { epochs: options.headEpochs, rate: headRate },
      last: { epochs: options.lastEpochs, rate: lastRate, blocks },
      all: { epochs: 1, rate: 1, scratchRate: 1 }, // Of ways that are not taken here
    });
    await finetune(model, {
      ...{ phases, train: { set, indices: on }, batchSize: 16, clipNorm: 1, seed, features },
      ...{ batchNorm: "inference", signal },
    });
    const probabilities = await predictProbabilities(model, {
      set,
      indices: held,
      features,
      signal,
    });
    const found = Array.from(
      mostProbable(probabilities),
      (label, row) => Number(label === set.labels[held[row]!]),
    );
    model.dispose();
    random.dispose();
    writeFileAtomic(path, JSON.stringify(found));
    return found;
  }

  if (action === "choose") {
    const inner = innerSplit(set, train);
    const given = { seed: 0, on: inner.train, held: inner.validation };
    console.log(`${count(train.length)} galaxies, ${count(inner.validation.length)} held out`);
    const heads = [];
    for (const headRate of HEAD_RATES) {
      const trial = { way: "head_only", headRate, lastRate: 1, ...given } as const;
      heads.push({ headRate, accuracy: mean(await right(`choose-head-${headRate}`, trial)) });
      console.log(`head ${headRate}: ${heads.at(-1)!.accuracy.toFixed(3)}`);
    }
    const { headRate } = heads.reduce((a, b) => b.accuracy > a.accuracy ? b : a);
    for (const lastRate of LAST_RATES) {
      const trial = { way: "two_phases", headRate, lastRate, ...given } as const;
      const accuracy = mean(await right(`choose-head-${headRate}-last-${lastRate}`, trial));
      console.log(`head ${headRate}, last ${blocks} blocks ${lastRate}: ${accuracy.toFixed(3)}`);
    }
    return;
  }
  if (action !== "measure") {
    throw new SyntaxError(`Cannot run bench: wanted choose or measure, found "${action}"`);
  }
  const { headRate, lastRate } = options;
  const galaxies = Math.round(0.8 * train.length);
  const strata = Array.from(validation, (index) => set.classes[set.labels[index]!]!);
  const ways = { head_only: [] as number[][], two_phases: [] as number[][] };
  for (const seed of SEEDS) {
    for (const way of ["head_only", "two_phases"] as const) {
      const trial = { way, headRate, lastRate, seed, held: validation };
      const on = drawGalaxies(train, { galaxies, seed });
      ways[way].push(await right(`${way}-${seed}`, { ...trial, on }));
      console.log(`seed ${seed}, ${way}: ${mean(ways[way].at(-1)!).toFixed(3)}`);
    }
  }
  const gain = ways.two_phases.map((row, seed) =>
    row.map((value, at) => value - ways.head_only[seed]![at]!)
  );
  console.log(`${galaxies} galaxies to train on, ${validation.length} to measure on`);
  for (const [what, table] of Object.entries({ ...ways, gain })) {
    console.log(`${what}: ${percentWithin(crossedInterval(table, { strata, resamples: 10_000 }))}`);
  }
});

/** Of the training part, what is trained on and what is held out while choosing. */
function innerSplit({ labels, classes }: ImageSet, part: Int32Array) {
  const inner = stratifiedSplit({
    ...{ labels: part.map((index) => labels[index]!), classes, seed: 1 },
    fractions: { train: 0.7, validation: 0.3 },
  });
  const of = (places: Int32Array) => places.map((place) => part[place]!);
  return { train: of(inner.train), validation: of(inner.validation) };
}
