/**
 * What a model says of images.
 *
 * @module
 */

import { batches, type ImageSet } from "../data/mod.ts";
import type { CallOptions, Module } from "../nn/mod.ts";
import { jit, type Jitted, softmax, tf, toFloat, uint8Tensor } from "../tensorflow/mod.ts";
import { normalizeImages } from "./augment.ts";

/** A network that gives logits for images. */
export type Classifier = Module & {
  /** [batch, height, width, channels], normalised, to [batch, classes]. */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor;
};

/** Means and standard deviations of the channels, for values in [0, 1]. */
export type Normalization = { mean: readonly number[]; std: readonly number[] };

/** Images of a set, in order: those of the indices, or all. */
export type Subset = { set: ImageSet; indices?: Int32Array };

/** Gives the class probabilities of a batch of bytes, [n, size, size, 3]. */
export type Predictor = Jitted<[tf.Tensor], tf.Tensor>;

/** Traces a model once for {@linkcode predictProbabilities}. Dispose of it after use. */
export function predictor(model: Classifier, normalization: Normalization): Predictor {
  return jit((images: tf.Tensor) => {
    const x = normalizeImages(toFloat(images) as tf.Tensor4D, normalization);
    return softmax(model.call(x));
  }, { name: "predict" });
}

/**
 * The class probabilities of each image, [n, classes] row by row, in the order of the indices.
 *
 * @throws {DOMException} When the signal aborts
 */
export async function predictProbabilities(
  predict: Predictor,
  { set, indices, batchSize = 64, signal, onProgress }: Subset & {
    /** @default {64} */
    batchSize?: number;
    signal?: AbortSignal;
    /** Called after each batch with the number of images done. */
    onProgress?: (done: number) => void;
  },
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for await (const batch of batches(set, { batchSize, indices })) {
    signal?.throwIfAborted();
    const shape: [number, number, number, number] = [
      batch.labels.length,
      set.size,
      set.size,
      3,
    ];
    const images = uint8Tensor<tf.Rank.R4>(batch.images, shape);
    const probabilities = await predict.async(images);
    const [count, classes] = probabilities.shape as [number, number];
    const values = await probabilities.data() as Float32Array;
    for (let row = 0; row < count; row++) {
      rows.push(values.slice(row * classes, (row + 1) * classes));
    }
    tf.dispose([images, probabilities]);
    onProgress?.(rows.length);
  }
  return rows;
}
