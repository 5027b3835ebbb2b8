/**
 * What a network learns from the simulated sky alone, measured on real galaxies.
 *
 * @module
 */

import { basename, join } from "node:path";
import {
  type GalaxySurvey,
  type ImageSet,
  openSurvey,
  relabel,
  stratifiedSplit,
} from "../../data/mod.ts";
import { checkWeights, firstModel } from "../../jobs/first_model.ts";
import { modelCard } from "../../models/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { populationOf, writeSky } from "../../sky/mod.ts";
import { count } from "../../text.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { startRun } from "../start_run.ts";
import {
  type GalaxyLabels,
  labelGalaxies,
  type Labelling,
  labellingsOf,
  otherClasses,
} from "./labels.ts";
import { SIM_TO_REAL, type SimToRealSettings } from "./settings.ts";
import { allLayers, labelled, testOn, type TestResult, trainOn } from "./train.ts";

/** What one seed of one labelling came to. */
export type SimToRealRun = {
  labelling: Labelling["name"];
  classes: readonly string[];
  seed: number;
  /** Balanced accuracy on the part of the sky that was kept from training: all choices go by it. */
  simulated: number;
  /** Trained on the sky alone, tested on all real galaxies with a label. */
  sky: TestResult;
  /** The same on other real galaxies, by the name of their folder; those without labels are left out. */
  others: Record<string, TestResult>;
  /** Then fine-tuned on a few real ones, tested on the others. */
  fineTuned: TestResult;
  /** Trained on those few alone, tested on the same others. */
  scratch: TestResult;
  /** Published weights of another network, fine-tuned on the same few. */
  beside?: TestResult;
};

/** What the items read: each seed of each labelling, and where the real galaxies lie. */
export type SimToRealOutcome = {
  runs: SimToRealRun[];
  settings: SimToRealSettings;
  data: string;
  /** How the real galaxies of each folder got their labels, by labelling. */
  words: Record<string, Record<string, string>>;
  /** What else the table of the real galaxies says of its classes. */
  otherClasses: string[];
};

/** Galaxies, their pictures as the networks see them, and how they are called. */
type Sample = { name: string; survey: GalaxySurvey<string>; pictures: ImageSet };

/**
 * Trains a network on a simulated sky with its volunteers' labels, for each labelling and seed, and
 * tests it on real galaxies; then fine-tunes it on a few of those, beside training on the few alone
 * and fine-tuning published weights on them. Nothing is chosen by what real galaxies say.
 *
 * The sky and each network are kept in `out`. Without a GZ2 table and its images, another sky, of
 * other galaxies and through another telescope, stands in for the real one.
 *
 * @throws {Error} When the data cannot be read, or `out` holds a run of other settings
 */
export async function prepare(
  out: string,
  { data: given, settings, items, signal, onProgress }: Preparation<typeof SIM_TO_REAL>,
): Promise<Prepared<SimToRealOutcome>> {
  // 1. Everything that can be wrong, before any work.
  const labellings = labellingsOf({ ...settings, items });
  const population = populationOf(settings.sky.population);
  const found = given === undefined ? undefined : openSurvey(given).pictured();
  const { tests = [], beside } = settings;
  const others = tests.map((path) => openSurvey(path).pictured({ missing: "drop" }));
  checkWeights(settings);
  if (beside.model !== undefined) modelCard(beside.model);
  startRun(out, {
    ...{ name: "sim-to-real", schema: SIM_TO_REAL, settings },
    data: { real: given ?? "another simulated sky" },
  });

  // 2. Galaxies.
  const data = given ?? await anotherSky(join(out, "decals"), { settings, signal, onProgress });
  const real = found ?? openSurvey(data).pictured();
  const { sky, crop, model, size = modelCard(model).size } = settings;
  const folder = join(out, "sky");
  await writeSky(folder, { ...sky, population, format: "png", signal, onProgress });
  const simulated = openSurvey(folder).pictured();
  const look = { cropFraction: crop, signal, onProgress };
  const sampleOf = async (name: string, survey: GalaxySurvey<string>): Promise<Sample> => ({
    ...{ name, survey, pictures: await survey.images({ size, ...look }) },
  });
  const samples = {
    real: await sampleOf("real", real),
    sky: await sampleOf("sky", simulated),
    others: await Promise.all(others.map((survey, at) => sampleOf(basename(tests[at]), survey))),
    besides: beside.model === undefined ? undefined : await real.images({
      size: beside.size ?? modelCard(beside.model).size,
      ...look,
    }),
  };

  // 3. Trainings and tests.
  const runs: SimToRealRun[] = [];
  for (const seed of settings.seeds) {
    for (const labelling of labellings) {
      const run = await runOnce(samples, { labelling, seed, out, settings, signal, onProgress });
      runs.push(run);
      const [a, b, c] = [run.sky, run.fineTuned, run.scratch].map((test) =>
        test.balancedAccuracy.toFixed(3)
      );
      onProgress?.({
        message: `${labelling.name}, seed ${seed}: sky ${a}, then real ${b}, real alone ${c}`,
      });
    }
  }
  const wordsOf = ({ survey }: Sample) =>
    Object.fromEntries(
      labellings.flatMap((labelling) => {
        const found = labelGalaxies(survey, labelling);
        return found ? [[labelling.name, found.words]] : [];
      }),
    );
  const words = Object.fromEntries(
    [samples.real, ...samples.others].map((sample) => [sample.name, wordsOf(sample)]),
  );
  const [byDebiased] = labellingsOf({ ...settings, items: ["own_classes"] });
  const text =
    `${model}, trained on ${count(simulated.ids.length)} simulated galaxies (seed ${sky.seed}), ` +
    `tested on ${count(real.ids.length)} of ${data}\n` +
    "Balanced accuracies; a few real galaxies are used for fine-tuning, the others for all tests";
  return {
    run: {
      runs,
      settings,
      data,
      words,
      otherClasses: otherClasses(real, labelGalaxies(real, byDebiased)),
    },
    text,
  };
}

/** A sky to test on where there is no real one: other galaxies, through another telescope. */
async function anotherSky(
  folder: string,
  { settings: { sky, few }, signal, onProgress }: Omit<
    Preparation<typeof SIM_TO_REAL>,
    "items"
  >,
): Promise<string> {
  const other = { count: 4 * few, seed: sky.seed + 1, size: 96, survey: "decals" } as const;
  await writeSky(folder, { ...other, format: "png", signal, onProgress });
  return folder;
}

async function runOnce(
  samples: { real: Sample; sky: Sample; others: readonly Sample[]; besides?: ImageSet },
  { labelling, seed, out, settings, signal, onProgress }: {
    labelling: Labelling;
    seed: number;
    out: string;
    settings: SimToRealSettings;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<SimToRealRun> {
  const { model: network, weights, width, size, rate, batch, few: wanted, beside } = settings;
  const [real, sky] = [samples.real, samples.sky].map((sample) => labelledSet(sample, labelling)!);
  const all = labelled(real);
  if (all.length < 2 * wanted) {
    throw new RangeError(
      `Cannot fine-tune on ${wanted} real galaxies: ${all.length} have a label, twice ${wanted} are wanted`,
    );
  }
  const classes = real.classes.length;
  const share = wanted / all.length;
  const { few, others } = labelledParts(real, {
    fractions: { few: share, others: 1 - share },
    seed,
  });
  const { name } = labelling;
  const training = (what: string) => ({
    run: join(out, `${name.replaceAll(" ", "_")}-${seed}`, what),
    ...{ precision: settings.precision, compiler: settings.compiler },
    ...{ tensorBoard: settings.tensorBoard, seed, signal },
    config: { recipe: "sim-to-real", settings: { labelling: name, what } },
    onProgress: within(onProgress, `${name}, seed ${seed}, ${what}`),
  });

  // 1. The sky alone: nine tenths to train on, the rest to choose by.
  const first = { model: network, weights, size, seed };
  const { model } = await firstModel(first, { classes, width, signal });
  const { train, validation } = labelledParts(sky, {
    fractions: { train: 0.9, validation: 0.1 },
    seed,
  });
  await trainOn(model, {
    ...{ set: sky, indices: train, validation, batchSize: batch },
    phases: [allLayers({ epochs: settings.epochs, rate })],
    ...training("sky"),
  });
  const simulated = await testOn(model, { set: sky, indices: validation, signal });
  const fromSky = await testOn(model, { set: real, indices: all, signal });
  const elsewhere: Record<string, TestResult> = {};
  for (const sample of samples.others) {
    const set = labelledSet(sample, labelling);
    if (set === null) continue;
    elsewhere[sample.name] = await testOn(model, { set, indices: labelled(set), signal });
  }

  // 2. A few real galaxies, after the sky and without it.
  const own = { indices: few, validation: few, batchSize: Math.min(batch, 32) };
  await trainOn(model, {
    ...{ ...own, set: real },
    phases: [allLayers({ epochs: settings.fineTuneEpochs, rate: 0.3 * rate })],
    ...training("fine-tuned"),
  });
  const fineTuned = await testOn(model, { set: real, indices: others, signal });
  model.dispose();
  const { model: fresh } = await firstModel({ ...first, weights: "none" }, { classes, width });
  await trainOn(fresh, {
    ...{ ...own, set: real },
    phases: [allLayers({ epochs: settings.scratchEpochs, rate })],
    ...training("scratch"),
  });
  const scratch = await testOn(fresh, { set: real, indices: others, signal });
  fresh.dispose();

  // 3. The same few with what another network has learnt elsewhere.
  const result = { labelling: name, classes: real.classes, seed, others: elsewhere };
  const tested = {
    ...result,
    simulated: simulated.balancedAccuracy,
    sky: fromSky,
    fineTuned,
    scratch,
  };
  if (samples.besides === undefined) return tested;
  const set = relabel(samples.besides, { labels: real.labels, classes: real.classes });
  const given = { model: beside.model!, size: samples.besides.size, seed };
  const { model: published } = await firstModel(given, { classes, signal });
  await trainOn(published, {
    ...{ ...own, set },
    phases: [
      { name: "head", epochs: beside.headEpochs, rate: 10 * beside.rate, trainable: "head" },
      allLayers(beside),
    ],
    // The statistics of millions of images are better than those of a few batches
    batchNorm: "inference",
    ...training(beside.model!),
  });
  const besides = await testOn(published, { set, indices: others, signal });
  published.dispose();
  return { ...tested, beside: besides };
}

/** The pictures of a sample with the labels of a labelling; null where its table has none such. */
function labelledSet({ survey, pictures }: Sample, labelling: Labelling): ImageSet | null {
  const found: GalaxyLabels | null = labelGalaxies(survey, labelling);
  return found && relabel(pictures, { labels: found.labels, classes: found.classes });
}

/** Positions of the galaxies that have a label, in parts, each class in its proportion. */
function labelledParts<Part extends string>(
  set: ImageSet,
  { fractions, seed }: { fractions: Record<Part, number>; seed: number },
): Record<Part, Int32Array> {
  const rows = labelled(set);
  const labels = rows.map((row) => set.labels[row]);
  const parts = stratifiedSplit({ labels, classes: set.classes, fractions, seed });
  return Object.fromEntries(
    Object.entries<Int32Array>(parts).map(([name, own]) => [name, own.map((row) => rows[row])]),
  ) as Record<Part, Int32Array>;
}
