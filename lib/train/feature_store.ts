/**
 * Features that outlive the training they were computed for.
 *
 * @module
 */

import type { ImageSet } from "../data/mod.ts";

/** What the frozen part of a network gives. */
export type FrozenFeatures = {
  /** The layer that it ends with; without one, with the pooled features. */
  layer?: string;
  /** By the positions of the images. */
  rows: Map<number, Float32Array>;
  /** Of one image's features. */
  shape: number[];
};

/**
 * Keeps in memory what frozen parts of networks give, from one training to the next: several trainings
 * that begin with the same weights (other seeds, other rates, the head alone, the last blocks, too)
 * compute the features of each image once. What is kept is known by the images, the values of the
 * frozen part and the normalisation, so that another network finds nothing of it.
 *
 * The images of a set count as the same as long as it lives; `relabel` does not change them.
 *
 * @example
 * ```ts
 * import { imageSet } from "galaxykit/data";
 * import { resnet18 } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import { FeatureStore, finetune, predictProbabilities } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const images = new Uint8Array(8 * 32 * 32 * 3).map((_, i) => i % 200);
 * const labels = Int32Array.from({ length: 8 }, (_, i) => i % 2);
 * const set = imageSet({ images, labels, size: 32, classes: ["a", "b"] });
 * const normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
 * const features = new FeatureStore();
 * const computed: string[] = [];
 * for (const seed of [1, 2, 3]) {
 *   const model = resnet18({ classes: 2, width: 4, key: key(1) });
 *   await finetune(model, {
 *     phases: [{ name: "head", epochs: 1, rate: 1e-2, trainable: "head" }],
 *     ...{ train: { set }, batchSize: 8, seed, normalization, features },
 *     onProgress: (report) => void ("what" in report && computed.push(report.what)),
 *   });
 *   await predictProbabilities(model, { set, features });
 * }
 * assert.equal(computed.filter((what) => what === "Computing features").length, 1);
 * ```
 */
export class FeatureStore {
  readonly #sets = new WeakMap<object, Map<string, FrozenFeatures>>();

  /** What is kept of the images of a set, by names of parts. */
  partsOf(set: ImageSet): Map<string, FrozenFeatures> {
    const key = set.images ?? set;
    const parts = this.#sets.get(key) ?? new Map<string, FrozenFeatures>();
    this.#sets.set(key, parts);
    return parts;
  }
}
