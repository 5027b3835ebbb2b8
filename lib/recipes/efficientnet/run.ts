/**
 * From votes to trained and mapped networks, each part kept, so that the same call goes on where it
 * was stopped.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeRule, loadImages } from "../../data/mod.ts";
import { modelCard } from "../../models/mod.ts";
import { writeSky } from "../../sky/mod.ts";
import { count } from "../../text.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { FeatureStore } from "../../train/mod.ts";
import { startRun } from "../start_run.ts";
import { makeMaps } from "./attention.ts";
import { readSample, type Sample } from "./galaxies.ts";
import { EFFICIENTNET_ITEMS } from "./items/mod.ts";
import { checkNetworks, type Network, trainingsOf } from "./networks.ts";
import { EfficientnetRun } from "./run_files.ts";
import { CLASSES, EFFICIENTNET, type EfficientnetSettings } from "./settings.ts";
import { type TrainingData, trainOne } from "./train.ts";
import { trueMask } from "./true_mask.ts";

type Options = Preparation<typeof EFFICIENTNET>;

/** Labels galaxies, trains and compares, maps where the article's network looks. */
export async function prepare(
  out: string,
  { data, settings, items: names, signal, onProgress }: Options,
): Promise<Prepared<EfficientnetRun>> {
  // 1. Everything that can be wrong, before any work.
  const items = names.map((name) => EFFICIENTNET_ITEMS[name]);
  const run = new EfficientnetRun(out, settings);
  const wanted = trainingsOf(run.networks, settings)
    .filter((training) => items.some(({ trains }) => trains?.(training, run)));
  const networks = run.networks.filter((own) =>
    wanted.some(({ network }) => network.name === own.name)
  );
  checkNetworks(networks);
  const reading = { ...settings, images: items.some((item) => item.images) };
  const given = data === undefined ? undefined : readSample(data, reading);
  startRun(out, {
    ...{ name: "efficientnet", schema: EFFICIENTNET, settings, data: recordOf(given) },
    free: ["compare", "beside", "seeds", "skipBad"], // More comparisons may join later
  });

  // 2. Galaxies.
  const sky = join(out, "sky");
  // Its read-me is written last: what has one is whole.
  if (given === undefined && !existsSync(join(sky, "README.md"))) {
    await writeSky(sky, { ...settings.sky, signal, onProgress });
  }
  const sample = given ?? readSample(sky, reading);
  const { source, labels } = sample;
  onProgress?.({
    message: `${count(labels.length)} galaxies of ${source.table} (${source.kind}): ${
      sizeOf(sample, "train")
    } to train on, ${sizeOf(sample, "validation")} for validation`,
  });
  run.writeGalaxies(sample);

  // 3. Trainings, and where the article's network looks.
  for (const network of networks) {
    const training = await trainingData(sample, { network, settings, out, signal, onProgress });
    using _set = training.set;
    const features = new FeatureStore();
    for (const one of wanted.filter((own) => own.network.name === network.name)) {
      await trainOne(run.training(one), {
        ...{ training: one, settings, data: training, features, signal, onProgress },
      });
    }
    if (network.name === run.article.name && items.some(({ maps }) => maps)) {
      const mask = trueMask(sample.folder, { ...settings, size: network.size });
      await makeMaps(run, { data: training, mask, signal, onProgress });
    }
  }
  return { run, text: summary(sample, settings, { data, networks: run.networks }) };
}

function sizeOf({ parts }: Sample, part: "train" | "validation"): number {
  return parts.filter((name) => name === part).length;
}

/** What the galaxies are, so that a run does not go on with others. */
function recordOf(sample: Sample | undefined): Record<string, unknown> {
  if (sample === undefined) return { kind: "simulated sky" };
  const { ids, votes, rule, source } = sample;
  const hash = createHash("sha256").update(JSON.stringify(ids));
  for (const column of Object.values(votes)) hash.update(column);
  const digest = `sha256:${hash.digest("hex")}`;
  return { kind: source.kind, galaxies: ids.length, votes: digest, labels: rule };
}

/** The labelled galaxies, decoded. */
async function trainingData(
  { ids, images, labels, parts }: Sample,
  { network: { model, size }, settings: { crop }, out, signal, onProgress }:
    & Omit<Options, "items">
    & { network: Network; out: string },
): Promise<TrainingData & { set: Disposable }> {
  const rows = [...parts.keys()].filter((row) => parts[row] !== null);
  const set = await loadImages(
    rows.map((row) => ({ id: ids[row], image: images[row]!, class: labels[row]! })),
    {
      classes: CLASSES,
      ...{ size, cropFraction: crop, filter: modelCard(model).filter, signal },
      cache: join(out, `images_${size}`),
      onProgress,
    },
  );
  const of = (part: "train" | "validation") =>
    Int32Array.from(rows.keys()).filter((at) => parts[rows[at]] === part);
  return { set, train: of("train"), validation: of("validation") };
}

function summary(
  sample: Sample,
  settings: EfficientnetSettings,
  { data, networks }: { data: string | undefined; networks: readonly Network[] },
): string {
  const { crop, head, last, seed, seeds, galaxies } = settings;
  const { source, labels, rule } = sample;
  const [train, validation] = (["train", "validation"] as const).map((part) =>
    sizeOf(sample, part)
  );
  const [article, ...others] = networks.map(({ name }) => name);
  return [
    data === undefined
      ? `Galaxies: ${
        count(labels.length)
      } of a simulated sky (seed ${settings.sky.seed}), none of which exists`
      : `Galaxies: ${count(labels.length)} of ${source.table} (${source.kind})`,
    `Volunteers' classes: ${describeRule(rule)}; ${
      count(train)
    } galaxies to train on, of which each training sees ${count(Math.min(train, galaxies))}, and ${
      count(validation)
    } for validation`,
    `Network: ${article}${
      others.length > 0 ? `; beside it ${others.join("; ")}` : ""
    }; the middle ${Number(crop.toFixed(4))} of each image`,
    `Two phases: head ${head.epochs} epochs at ${head.rate}, then head and last ${last.blocks} blocks ${last.epochs} epochs at ${last.rate}; seeds ${
      Array.from({ length: seeds }, (_, i) => seed + i).join(", ")
    }`,
    "Published numbers are the article's, on Galaxy Zoo; this run's are on the galaxies above",
  ].join("\n");
}
