/**
 * The reproduction from votes to report, each part kept, so that the same call goes on where it was
 * stopped.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeRule, loadImages } from "../../data/mod.ts";
import { modelCard } from "../../models/mod.ts";
import { nearestName } from "../../nearest.ts";
import type { OnProgress } from "../../progress.ts";
import { writeSky } from "../../sky/mod.ts";
import type { Epoch } from "../../train/mod.ts";
import { checkWritable } from "../../writable.ts";
import { type Reproduction, writeReport } from "../reproduction.ts";
import { startRun } from "../start_run.ts";
import { mapRun } from "./attention.ts";
import { readSample, type Sample } from "./galaxies.ts";
import { EFFICIENTNET_ITEMS, type EfficientnetItem } from "./items/mod.ts";
import { EfficientnetRun } from "./run_files.ts";
import { checkEfficientnetSettings, CLASSES, type EfficientnetSettings } from "./settings.ts";
import { checkWeights, type TrainingData, trainVariant } from "./train.ts";
import { trueMask } from "./true_mask.ts";
import { VARIANT_NAMES } from "./variants.ts";

/** What the reproduction tells of its progress. */
export type EfficientnetProgress = {
  signal?: AbortSignal;
  /** Called often: what is being done, and how far it is. */
  onProgress?: OnProgress;
  /** Called when the galaxies are labelled. */
  onSample?: (sample: Sample) => void;
  /** Called after each epoch of each training. */
  onEpoch?: (about: { training: string; epoch: Epoch }) => void;
};

/**
 * Reproduces the article, or some of its items: labels galaxies, trains and compares, maps where the
 * network looks, and writes tables, figures and one page.
 *
 * @param out The folder of the run. The same call goes on with it, whatever items it names; finished
 * parts are not made again
 * @throws {RangeError} When an item is unknown, or a setting makes no sense
 * @throws {Error} When the data cannot be used, weights are missing, or `out` holds a run of other
 * settings or data
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { EFFICIENTNET, reproduceEfficientnet } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * const { results, page } = await reproduceEfficientnet(`${Deno.makeTempDirSync()}/run`, {
 *   data: "data/sky",
 *   settings: EFFICIENTNET.tiny,
 *   items: ["table1", "fig1"],
 * });
 * assert.equal(results.table1.table?.rows[0][1], "19,942"); // published
 * assert.match(Deno.readTextFileSync(page), /Vote fractions/);
 * ```
 */
export async function reproduceEfficientnet(
  out: string,
  { data, settings, items: wanted, skipMissing = false, ...progress }: EfficientnetProgress & {
    /** A folder of a survey, or the table in it. @default {a simulated sky, drawn into `out`} */
    data?: string;
    settings: EfficientnetSettings;
    /** Names of items. @default {all} */
    items?: readonly string[];
    /** Leave out galaxies without an image. @default {false} */
    skipMissing?: boolean;
  },
): Promise<Reproduction> {
  const { signal, onProgress, onSample, onEpoch } = progress;

  // 1. Everything that can be wrong, before any work.
  const items = chosenItems(wanted);
  checkEfficientnetSettings(settings);
  modelCard(settings.model);
  const run = new EfficientnetRun(out, settings);
  const trainings = run.variants.filter((variant) =>
    Object.values(items).some((item) => item.trainings(settings).includes(variant))
  );
  if (trainings.length > 0) checkWeights(settings);
  const images = Object.values(items).some((item) => item.images);
  const reading = { ...settings, images, skipMissing };
  const given = data === undefined ? undefined : readSample(data, reading);
  checkWritable(out);
  const { compare: _, ...fixed } = settings; // More comparisons may join later
  startRun(out, { recipe: "efficientnet", settings: fixed, data: recordOf(given) });

  // 2. Galaxies.
  const sky = join(out, "sky");
  // Its read-me is written last: what has one is whole.
  if (given === undefined && !existsSync(join(sky, "README.md"))) {
    await writeSky(sky, {
      ...settings.sky,
      signal,
      onProgress,
    });
  }
  const sample = given ?? readSample(sky, reading);
  onSample?.(sample);
  run.writeGalaxies(sample);

  // 3. Trainings.
  if (trainings.length > 0) {
    const training = await trainingData(sample, { settings, out, signal, onProgress });
    using _set = training.set;
    for (const variant of trainings) {
      await trainVariant(run.training(variant), {
        ...{ variant, settings, data: training, signal },
        onStep: ({ phase, epoch, step, steps }) =>
          onProgress?.({
            what: `${VARIANT_NAMES[variant]}, ${phase}, epoch ${epoch}`,
            ...{ done: step, total: steps, unit: "steps" },
          }),
        onEpoch: (epoch) => onEpoch?.({ training: VARIANT_NAMES[variant], epoch }),
      });
    }

    // 4. Where the networks look.
    const mask = trueMask(sample.folder, settings);
    for (const variant of trainings) {
      if (!Object.values(items).some((item) => item.maps(settings).includes(variant))) continue;
      await mapRun(run.training(variant), {
        ...{ settings, data: training, mask, signal },
        onProgress: ({ done, total }) =>
          onProgress?.({
            what: `Grad-CAM, ${VARIANT_NAMES[variant]}`,
            done,
            total,
            unit: "galaxies",
          }),
      });
    }
  }

  // 5. Items.
  return await writeReport(out, {
    run,
    items,
    title: "Galaxy Morphology Classification with Deep Learning (J. Brainard, 2026), reproduced",
    text: summary(sample, settings, data),
  });
}

/** The items of some names, in the order of the article. */
function chosenItems(names: readonly string[] | undefined): Record<string, EfficientnetItem> {
  const known = Object.keys(EFFICIENTNET_ITEMS);
  const wanted = names === undefined || names.length === 0 ? known : names;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, known);
    throw new RangeError(
      `Cannot reproduce "${unknown}" of efficientnet: ${
        near ? `nearest is "${near}", ` : ""
      }the items are ${known.join(", ")}`,
    );
  }
  return Object.fromEntries(
    known.filter((name) => wanted.includes(name)).map((name) => [name, EFFICIENTNET_ITEMS[name]]),
  );
}

/** What the galaxies are, so that a run does not go on with others. */
function recordOf(sample: Sample | undefined): Record<string, unknown> {
  if (sample === undefined) return { kind: "simulated sky" };
  const { ids, votes, source } = sample;
  const hash = createHash("sha256").update(JSON.stringify(ids));
  for (const column of Object.values(votes)) hash.update(column);
  return { kind: source.kind, galaxies: ids.length, votes: `sha256:${hash.digest("hex")}` };
}

/** The labelled galaxies, decoded. */
async function trainingData(
  { ids, images, labels, parts }: Sample,
  { settings, out, signal, onProgress }: Pick<EfficientnetProgress, "signal" | "onProgress"> & {
    settings: EfficientnetSettings;
    out: string;
  },
): Promise<TrainingData & { set: Disposable }> {
  const { size, crop, model } = settings;
  const rows = [...parts.keys()].filter((row) => parts[row] !== null);
  const set = await loadImages(
    rows.map((row) => ({ id: ids[row], image: images[row]!, class: labels[row]! })),
    {
      classes: CLASSES,
      ...{ size, cropFraction: crop, filter: modelCard(model).filter, signal },
      cache: join(out, "images"),
      onProgress: (report) => "done" in report && onProgress?.(report),
    },
  );
  const of = (part: "train" | "validation") =>
    Int32Array.from(rows.keys()).filter((at) => parts[rows[at]] === part);
  const { compare: _, ...fixed } = settings;
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([fixed, set.ids, [...set.labels], rows.map((row) => parts[row])]))
    .update(set.images!).digest("hex");
  return { set, train: of("train"), validation: of("validation"), fingerprint };
}

function summary(
  { source, labels, parts, rule }: Sample,
  settings: EfficientnetSettings,
  data: string | undefined,
): string {
  const { model, weights, size, crop, head, last, seed } = settings;
  const count = (part: string) => parts.filter((name) => name === part).length.toLocaleString("en");
  return [
    data === undefined
      ? `Galaxies: ${
        labels.length.toLocaleString("en")
      } of a simulated sky (seed ${settings.sky.seed}), none of which exists`
      : `Galaxies: ${labels.length.toLocaleString("en")} of ${source.table} (${source.kind})`,
    `Labels: ${describeRule(rule)}; ${count("train")} galaxies to train on, ${
      count("validation")
    } for validation`,
    `Network: ${model} from ${weights}, ${size} pixels of the middle ${crop} of each image`,
    `Training: head ${head.epochs} epochs at ${head.rate}, then head and last ${last.blocks} blocks ${last.epochs} epochs at ${last.rate}; seed ${seed}`,
    "Published numbers are the article's, on Galaxy Zoo; this run's are on the galaxies above",
  ].join("\n");
}
