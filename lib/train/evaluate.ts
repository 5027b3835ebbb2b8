/**
 * What a model says of images.
 *
 * @module
 */

import { batches, type ImageBatch, type ImageSet } from "../data/mod.ts";
import { type Normalization, normalizeImages } from "../models/mod.ts";
import type { CallOptions, Module } from "../nn/mod.ts";
import { jit, type Jitted, softmax, tf, uint8Tensor } from "../tensorflow/mod.ts";

/** A network that gives logits for images. */
export type Classifier = Module & {
  /** [batch, height, width, channels], normalised, to [batch, classes]. */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor;
};

export type { Normalization };

/** Images of a set, in order: those of the indices, or all. */
export type Subset = { set: ImageSet; indices?: Int32Array };

/** Gives the predictions for a batch of bytes, [n, size, size, 3]. */
export type Predictor = Jitted<[tf.Tensor], tf.Tensor>;

/** How images are walked through. */
export type WalkOptions = {
  /** @default {64} */
  batchSize?: number;
  signal?: AbortSignal;
  /** Called after each batch with the number of images done. */
  onProgress?: (done: number) => void;
};

/** Traces a model once for {@linkcode predictProbabilities}. Dispose of it after use. */
export function predictor(
  model: Classifier,
  normalization: Normalization,
  { predict = softmax }: {
    /** What makes predictions of logits: a loss's `predict`. @default {softmax} */
    predict?: (logits: tf.Tensor) => tf.Tensor;
  } = {},
): Predictor {
  return jit((images: tf.Tensor) => {
    const x = normalizeImages(images as tf.Tensor4D, normalization);
    return predict(model.call(x));
  }, { name: "predict" });
}

/**
 * The class probabilities (or other predictions) of each image, [n, classes] row by row, in the order
 * of the indices.
 *
 * @throws {DOMException} When the signal aborts
 */
export async function predictProbabilities(
  predict: Predictor,
  { set, indices, ...options }: Subset & WalkOptions,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for await (const { values, shape } of outputsOf(predict, { set, indices, ...options })) {
    const width = shape[0]!;
    for (let at = 0; at < values.length; at += width) rows.push(values.slice(at, at + width));
  }
  return rows;
}

/**
 * What a traced function gives for the images, batch by batch, row by row.
 *
 * @throws {Error} When a stream leaves images out, so that the rows would not be theirs any more
 */
export async function* outputsOf(
  run: Predictor,
  { set, indices, batchSize = 64, signal, onProgress }: Subset & WalkOptions,
): AsyncGenerator<{ batch: ImageBatch; values: Float32Array; shape: number[] }> {
  let done = 0;
  for await (const batch of batches(set, { batchSize, indices })) {
    signal?.throwIfAborted();
    const images = imagesOf(batch, set.size);
    const output = await run.async(images);
    const values = await output.data() as Float32Array;
    const shape = output.shape.slice(1);
    tf.dispose([images, output]);
    yield { batch, values, shape };
    done += batch.indices.length;
    onProgress?.(done);
  }
  const count = indices?.length ?? set.ids.length;
  if (done < count) {
    throw new Error(
      `Cannot tell the images apart: the stream left ${
        count - done
      } of ${count} out; leave them out of the list, too`,
    );
  }
}

/** What a traced function gives for all images: n x shape numbers, in the order of the indices. */
export async function collectOutputs(
  run: Predictor,
  { set, indices, ...options }: Subset & WalkOptions,
): Promise<{ values: Float32Array; shape: number[] }> {
  const count = indices?.length ?? set.ids.length;
  let [values, shape] = [new Float32Array(0), [0]];
  let at = 0;
  for await (const batch of outputsOf(run, { set, indices, ...options })) {
    if (at === 0) {
      values = new Float32Array(count * batch.values.length / batch.batch.indices.length);
      shape = batch.shape;
    }
    values.set(batch.values, at);
    at += batch.values.length;
  }
  return { values, shape };
}

/** The images of a batch as a tensor of bytes, [n, size, size, 3]. */
export function imagesOf({ images, indices }: ImageBatch, size: number): tf.Tensor4D {
  return uint8Tensor<tf.Rank.R4>(images, [indices.length, size, size, 3]);
}
