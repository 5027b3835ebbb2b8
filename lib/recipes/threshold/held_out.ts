/**
 * What probes say of galaxies that they have not learnt from.
 *
 * @module
 */

import { kFold } from "../../data/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import {
  type Features,
  type LinearProbe,
  probeProbabilities,
  ProbeTrainer,
} from "../../train/mod.ts";

/** The probability of "featured" for every galaxy; null where a class was missing in training. */
export type HeldOut = Float64Array | null;

/** What probabilities need: they agree to three digits with those of the minimum. */
const TOLERANCE = 1e-3;

/**
 * Cross-validation of many labellings of the same galaxies: the folds are the same for all, so that
 * what differs is the labels. Each probe learns from the labelled galaxies of the other folds and is
 * asked about all galaxies of its own, labelled or not.
 *
 * @param strata A class of each galaxy, of which every fold gets its share
 * @param options.labellings For each labelling the label of each galaxy, 0 or 1; -1 for none
 * @returns By repetition and labelling
 * @throws {DOMException} When the signal aborts
 */
export async function heldOutProbabilities(
  { features, strata }: { features: Features; strata: Int32Array },
  { labellings, folds, repeats, seed, l2, what = "Fitting probes", signal, onProgress }: {
    labellings: readonly Int32Array[];
    folds: number;
    repeats: number;
    seed: number;
    l2: number;
    signal?: AbortSignal;
    /** What the work is called in reports. */
    what?: string;
    /** Told of each probe. */
    onProgress?: OnProgress;
  },
): Promise<HeldOut[][]> {
  const total = repeats * folds * labellings.length;
  const report = counting(onProgress, { what, unit: "probes" });
  let done = 0;
  const results: HeldOut[][] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const held: HeldOut[] = labellings.map(() => new Float64Array(strata.length));
    for (const { train, validation } of kFold({ labels: strata, folds, seed: seed + repeat })) {
      using trainer = new ProbeTrainer(features, { rows: train, l2 });
      let start: LinearProbe | undefined;
      for (const [at, labels] of labellings.entries()) {
        report({ done: ++done, total });
        const own = train.map((row) => labels[row]);
        if (!own.includes(0) || !own.includes(1)) held[at] = null;
        const place = held[at];
        if (place === null) continue;
        const weights = own.map((label) => label < 0 ? 0 : 1);
        const fit = { labels: own, weights, classes: 2, tolerance: TOLERANCE };
        start = await trainer.fit({ ...fit, start, signal });
        const rows = probeProbabilities(start, features, { rows: validation });
        validation.forEach((row, i) => place[row] = rows[i][1]);
      }
    }
    results.push(held);
  }
  return results;
}
