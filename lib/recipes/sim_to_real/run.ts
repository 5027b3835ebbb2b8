/**
 * What a network learns from the simulated sky alone, measured on real galaxies.
 *
 * @module
 */

import { join } from "node:path";
import {
  describeRule,
  type ImageSet,
  type LabelRule,
  openSurvey,
  relabel,
  stratifiedSplit,
  voteLabels,
} from "../../data/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { writeSky } from "../../sky/mod.ts";
import { count } from "../../text.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { startRun } from "../start_run.ts";
import { byFractions, fourClasses, type Labelling, smoothOrFeatured } from "./labels.ts";
import { SIM_TO_REAL, type SimToRealSettings } from "./settings.ts";
import { labelled, newModel, testOn, type TestResult, trainOn } from "./train.ts";

/** What one seed of one labelling came to. */
export type SimToRealRun = {
  labelling: string;
  /** How the real galaxies got their labels. */
  rule: LabelRule;
  classes: readonly string[];
  seed: number;
  /** Trained on the sky alone, tested on all real galaxies with a label. */
  sky: TestResult;
  /** Then fine-tuned on a few real ones, tested on the others. */
  fineTuned: TestResult;
  /** Trained on those few alone, tested on the same others. */
  scratch: TestResult;
};

/** The labellings of a run; those of the four classes are as the makers of the sample had them. */
function labellingsOf({ fractions }: SimToRealSettings): readonly Labelling[] {
  return [byFractions(smoothOrFeatured, fractions), fourClasses];
}

/** What the items read: each seed of each labelling, and where the real galaxies lie. */
export type SimToRealOutcome = { runs: SimToRealRun[]; data: string };

/**
 * Trains ResNet-18 on a simulated sky with its volunteers' labels, for each labelling and seed, and
 * tests it on real galaxies; then fine-tunes it on a few of those, beside training on the few alone.
 *
 * The sky and each network are kept in `out`. Without a GZ2 table and its images, another sky, of
 * other galaxies and through another telescope, stands in for the real one.
 *
 * @throws {Error} When the data cannot be read, or `out` holds a run of other settings
 */
export async function prepare(
  out: string,
  { data: given, settings, signal, onProgress }: Preparation<typeof SIM_TO_REAL>,
): Promise<Prepared<SimToRealOutcome>> {
  const labellings = labellingsOf(settings);
  const found = given === undefined ? undefined : openSurvey(given).pictured();
  startRun(out, {
    ...{ name: "sim-to-real", schema: SIM_TO_REAL, settings },
    data: { real: given ?? "another simulated sky", labels: labellings },
  });
  const data = given ?? await anotherSky(join(out, "decals"), { settings, signal, onProgress });
  const real = found ?? openSurvey(data).pictured();
  const { sky, size, crop } = settings;
  const folder = join(out, "sky");
  await writeSky(folder, { ...sky, format: "png", signal, onProgress });
  const simulated = openSurvey(folder).pictured();
  const pictures = {
    real: await real.images({ size, cropFraction: crop, signal, onProgress }),
    sky: await simulated.images({ size, cropFraction: crop, signal, onProgress }),
  };

  const runs: SimToRealRun[] = [];
  for (const seed of settings.seeds) {
    for (const labelling of labellings) {
      const { labels, classes, rule } = voteLabels(real, labelling.rule);
      const ofSky = voteLabels(simulated, labelling.rule);
      const sets = {
        real: relabel(pictures.real, { labels, classes }),
        sky: relabel(pictures.sky, { labels: ofSky.labels, classes: ofSky.classes }),
      };
      const run = await runOnce(sets, { labelling, seed, out, settings, signal, onProgress });
      runs.push({ rule, ...run });
      const [a, b, c] = [run.sky, run.fineTuned, run.scratch].map((test) =>
        test.balancedAccuracy.toFixed(3)
      );
      onProgress?.({
        message: `${labelling.name}, seed ${seed}: sky ${a}, then real ${b}, real alone ${c}`,
      });
    }
  }
  const text = `Trained on ${count(simulated.ids.length)} simulated galaxies (seed ${sky.seed}), ` +
    `tested on ${count(real.ids.length)} of ${data}\n` +
    runs.slice(0, labellings.length)
      .map(({ labelling, rule }) => `Labels of ${labelling}: ${describeRule(rule)}\n`).join("") +
    "Balanced accuracies; a few real galaxies are used for fine-tuning, the others for all tests";
  return { run: { runs, data }, text };
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
  { real, sky }: { real: ImageSet; sky: ImageSet },
  { labelling, seed, out, settings, signal, onProgress }: {
    labelling: Labelling;
    seed: number;
    out: string;
    settings: SimToRealSettings;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Omit<SimToRealRun, "rule">> {
  const { width, rate, batch, few: wanted } = settings;
  const classes = real.classes.length;
  const all = labelled(real);
  if (all.length < 2 * wanted) {
    throw new RangeError(
      `Cannot fine-tune on ${wanted} real galaxies: ${all.length} have a label, twice ${wanted} are wanted`,
    );
  }
  const share = wanted / all.length;
  const { few, others } = labelledParts(real, {
    fractions: { few: share, others: 1 - share },
    seed,
  });
  const folder = (own: Labelling, what: string) =>
    join(out, `${own.name.replaceAll(" ", "_")}-${seed}`, what);
  const training = (what: string) => ({
    run: folder(labelling, what),
    ...{ precision: settings.precision, compiler: settings.compiler },
    tensorBoard: settings.tensorBoard,
    config: { recipe: "sim-to-real", settings: { labelling: labelling.name, what } },
    signal,
    onProgress: within(onProgress, `${labelling.name}, seed ${seed}, ${what}`),
  });

  // 1. The sky alone; for the second labelling, on from what the first has learnt of it.
  const first = labelling.name === smoothOrFeatured.name
    ? undefined
    : folder(smoothOrFeatured, "sky");
  const model = newModel({ classes, width, seed, body: first });
  // Nine tenths to train on, the rest to watch
  const fractions = { train: 0.9, validation: 0.1 };
  const { train, validation } = labelledParts(sky, { fractions, seed });
  await trainOn(model, {
    ...{ set: sky, indices: train, validation, epochs: settings.epochs, rate, batch, seed },
    ...training("sky"),
  });
  const fromSky = await testOn(model, { set: real, indices: all, signal });

  // 2. A few real galaxies, after the sky and without it.
  const own = { set: real, indices: few, validation: few, batch: Math.min(batch, 32), seed };
  await trainOn(model, {
    ...own,
    epochs: settings.fineTuneEpochs,
    rate: 0.3 * rate,
    ...training("fine-tuned"),
  });
  const fineTuned = await testOn(model, { set: real, indices: others, signal });
  model.dispose();
  const fresh = newModel({ classes, width, seed });
  await trainOn(fresh, { ...own, epochs: settings.scratchEpochs, rate, ...training("scratch") });
  const scratch = await testOn(fresh, { set: real, indices: others, signal });
  fresh.dispose();
  const { name } = labelling;
  return { labelling: name, classes: real.classes, seed, sky: fromSky, fineTuned, scratch };
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
