/**
 * What a network knows of images, before its last layer.
 *
 * @module
 */

import { type ImageModel, type Normalization, normalizeImages } from "../models/mod.ts";
import { jit, type tf } from "../tensorflow/mod.ts";
import { type ImageSubset, inferAll, runOnImages, type WalkOptions } from "./inference.ts";

/** Numbers for each of n images. */
export type Features = {
  /** n x width numbers, row by row, in the order of the images asked for. */
  values: Float32Array;
  width: number;
};

/**
 * The features that the last layer is given, of each image: computed once, they serve as many linear
 * probes, neighbours or maps as one likes.
 *
 * @param options Also `batchSize`, by default 64, `signal` and `onProgress`
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { imageSet } from "galaxykit/data";
 * import { resnet18 } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import { pooledFeatures } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 4, key: key(1) });
 * const set = imageSet({ images: new Uint8Array(3 * 32 * 32 * 3), size: 32 });
 * const { values, width } = await pooledFeatures(model, { set });
 * assert.deepEqual([values.length, width], [3 * 32, 32]);
 * ```
 */
export async function pooledFeatures(
  model: ImageModel,
  { set, indices }: ImageSubset,
  { normalization = model.normalization, ...options }: WalkOptions & {
    /** @default {the model's} */
    normalization?: Normalization;
  } = {},
): Promise<Features> {
  const run = jit((images: tf.Tensor) => {
    const x = normalizeImages(images as tf.Tensor4D, normalization);
    return model.pooled(x);
  }, { name: "pooledFeatures" });
  try {
    const { values, shape } = await inferAll({ set, indices }, {
      ...{ what: "Computing features", ...options },
      run: runOnImages(run, { size: set.size }),
    });
    return { values, width: shape[0]! };
  } finally {
    run.dispose();
  }
}
