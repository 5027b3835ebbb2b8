/**
 * What probes say of galaxies that they have not learnt from.
 *
 * @module
 */

import { kFold } from "../../data/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import type { Shares } from "./votes.ts";
import {
  type Features,
  type LinearProbe,
  probeProbabilities,
  ProbeTrainer,
} from "../../train/mod.ts";

/** What probes say of every galaxy, each asked by one that has not learnt from it. */
export type HeldOut = {
  /** The probability of "featured". */
  featured: Float64Array;
  /** The share of "featured" in what the probe has learnt from. */
  learnt: Float64Array;
};

/**
 * What a probe is to learn of each galaxy: its label, 0 or 1, or -1 for none; or soft labels, the
 * shares of both classes themselves, so that every galaxy counts with all of its votes.
 */
export type Lesson = Int32Array | Shares;

/** What probabilities need: they agree to three digits with those of the minimum. */
const TOLERANCE = 1e-3;

/**
 * Cross-validation of many labellings of the same galaxies: the folds are the same for all, so that
 * what differs is the labels. Each probe learns from the labelled galaxies of the other folds and is
 * asked about all galaxies of its own, labelled or not.
 *
 * @param strata A class of each galaxy, of which every fold gets its share
 * @param options.lessons As many for each repetition
 * @returns By repetition and lesson; null where a class was missing in training
 * @throws {DOMException} When the signal aborts
 */
export async function heldOutProbabilities(
  { features, strata }: { features: Features; strata: Int32Array },
  { lessons, folds, repeats, seed, l2, what = "Fitting probes", signal, onProgress }: {
    lessons: (repetition: number) => readonly Lesson[];
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
): Promise<(HeldOut | null)[][]> {
  const report = counting(onProgress, { what, unit: "probes" });
  let done = 0;
  const results: (HeldOut | null)[][] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const own = lessons(repeat);
    const total = repeats * folds * own.length;
    const held = own.map((): HeldOut | null => ({
      featured: new Float64Array(strata.length),
      learnt: new Float64Array(strata.length),
    }));
    for (const { train, validation } of kFold({ labels: strata, folds, seed: seed + repeat })) {
      using trainer = new ProbeTrainer(features, { rows: train, l2 });
      // Each galaxy twice, once of either class, by its shares
      using softly = own.some(isSoft)
        ? new ProbeTrainer(features, { rows: twice(train), l2 })
        : null;
      let start: LinearProbe | undefined;
      for (const [at, lesson] of own.entries()) {
        report({ done: ++done, total });
        const { labels, weights } = isSoft(lesson)
          ? {
            labels: twice(train).map((_, i) => i < train.length ? 0 : 1),
            weights: [lesson.smooth, lesson.featured].flatMap((of) =>
              Array.from(train, (row) => of[row])
            ),
          }
          : hard(train.map((row) => lesson[row]));
        const place = held[at];
        if (place === null) continue;
        const [smooth, featured] = [0, 1].map((label) =>
          labels.reduce((sum, one, i) => one === label ? sum + weights[i] : sum, 0)
        );
        if (smooth === 0 || featured === 0) {
          held[at] = null;
          continue;
        }
        const fit = { labels, weights, classes: 2, tolerance: TOLERANCE };
        start = await (isSoft(lesson) ? softly! : trainer).fit({ ...fit, start, signal });
        const rows = probeProbabilities(start, features, { rows: validation });
        validation.forEach((row, i) => {
          place.featured[row] = rows[i][1];
          place.learnt[row] = featured / (smooth + featured);
        });
      }
    }
    results.push(held);
  }
  return results;
}

function isSoft(lesson: Lesson): lesson is Shares {
  return !(lesson instanceof Int32Array);
}

function hard(labels: Int32Array): { labels: Int32Array; weights: ArrayLike<number> } {
  return { labels, weights: labels.map((label) => label < 0 ? 0 : 1) };
}

function twice(rows: Int32Array): Int32Array {
  return Int32Array.from({ length: 2 * rows.length }, (_, i) => rows[i % rows.length]);
}
