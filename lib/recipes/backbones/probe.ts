/**
 * What a backbone is good for: a linear probe on galaxies that it has not seen.
 *
 * @module
 */

import { basename, join } from "node:path";
import { classWeights, type ImageSet, kFold, openSurvey } from "../../data/mod.ts";
import {
  balancedAccuracy,
  bootstrapInterval,
  type Interval,
  mostProbable,
} from "../../metrics/mod.ts";
import { type ImageModel, loadPretrained, modelCard } from "../../models/mod.ts";
import { writeSky } from "../../sky/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { key } from "../../tensorflow/mod.ts";
import { linearProbe, pooledFeatures, probeProbabilities } from "../../train/mod.ts";
import { byFractions, smoothOrFeatured } from "../sim_to_real/labels.ts";
import type { Backbone, BackboneSettings } from "./settings.ts";
import { ANSWERS, pictures } from "./sky.ts";

/** Balanced accuracies of smooth against featured, with 95 % intervals. */
export type Probed = {
  /** Which galaxies: "another sky", or the name of the folder of real ones. */
  on: string;
  galaxies: number;
  /** On features of the backbone. */
  trained: Interval;
  /** On features of the same network with random values. */
  random: Interval;
};

/** Strength of the probe's penalty: there are about as many galaxies as features. */
const L2 = 10;

/**
 * Tells smooth from featured galaxies by a linear probe on frozen features, in a cross-validation
 * of five folds: on a sky of its own seed, and on real galaxies where their folder is given.
 *
 * @param path The backbone's weights
 */
export async function probeBackbone(
  name: Backbone,
  { path, out, settings, data, signal, onProgress }: {
    path: string;
    /** Folder for the sky. */
    out: string;
    settings: BackboneSettings;
    /** Folder of a GZ2 table and its images. */
    data?: string;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Probed[]> {
  const { sky: { size }, seed } = settings;
  const folder = join(out, "sky", "probe");
  await writeSky(folder, { ...settings.probe, size, format: "png", signal, onProgress });
  const random = key(seed);
  const { model: trained } = await loadPretrained(name, { source: path, key: random });
  const untrained = modelCard(name).create({ classes: ANSWERS.length, key: random });
  random.dispose();
  const results: Probed[] = [];
  try {
    const sources = [{ on: "another sky", from: folder }];
    if (data !== undefined) sources.push({ on: basename(data), from: data });
    for (const { on, from } of sources) {
      using set = await openSurvey(from).images({
        ...pictures(name),
        labels: byFractions(smoothOrFeatured, settings.fractions).rule,
        signal,
      });
      results.push({
        on,
        galaxies: set.ids.length,
        trained: await probe(trained, { name, set, seed, signal }),
        random: await probe(untrained, { name, set, seed, signal }),
      });
    }
  } finally {
    trained.dispose();
    untrained.dispose();
  }
  return results;
}

async function probe(
  model: ImageModel,
  { name, set, seed, signal }: {
    name: Backbone;
    set: ImageSet;
    seed: number;
    signal?: AbortSignal;
  },
): Promise<Interval> {
  const { mean, std } = modelCard(name);
  const normalization = { mean, std };
  const features = await pooledFeatures(model, { set }, { normalization, signal });
  const { labels, classes } = set;
  const prediction = new Int32Array(labels.length);
  for (const { train, validation } of kFold({ labels, seed })) {
    const known = train.map((row) => labels[row]);
    const fitted = await linearProbe(features, {
      ...{ rows: train, labels: known, classes: classes.length },
      classWeights: classWeights(known),
      ...{ l2: L2, signal },
    });
    const predicted = mostProbable(
      await probeProbabilities(fitted, features, { rows: validation }),
    );
    validation.forEach((row, i) => prediction[row] = predicted[i]);
  }
  return bootstrapInterval({ target: labels, prediction }, { metric: balancedAccuracy, seed });
}
