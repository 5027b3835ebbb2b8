/**
 * What a network says of examples, batch by batch.
 *
 * @module
 */

import { normalizeImages, orientation } from "../augment/mod.ts";
import { type Batched, batches, type ImageBatch, type ImageSet } from "../data/mod.ts";
import type { CallOptions, Module } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import type { Subset } from "./task.ts";
import { jit, type Jitted, softmax, tf, toFloat, uint8Tensor } from "../tensorflow/mod.ts";

/** A network that gives logits for images. */
export type Classifier = Module & {
  /** [batch, height, width, channels], normalised, to [batch, classes]. */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor;
};

/** Means and standard deviations of the channels, for values in [0, 1]. */
export type Normalization = { mean: readonly number[]; std: readonly number[] };

/** Images of a set, in order: those of the indices, or all. */
export type ImageSubset = { set: ImageSet; indices?: Int32Array };

/** Gives the predictions for a batch of bytes, [n, size, size, 3]. */
export type Predictor = Jitted<[tf.Tensor], tf.Tensor>;

/** How examples are walked through. */
export type WalkOptions = {
  /** @default {64} */
  batchSize?: number;
  /** What is being done, for reports. @default {"Predicting"} */
  what?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** Values of some examples, row by row. */
export type Outputs<B> = { batch: B; values: Float32Array; shape: number[] };

/**
 * Runs a function over examples, in order: the one loop of predictions, features and maps.
 *
 * @throws {DOMException} When the signal aborts
 */
export async function* infer<B extends Batched>(
  { set, indices }: Subset<B>,
  { run, batchSize = 64, what = "Predicting", signal, onProgress }: WalkOptions & {
    /** What a batch comes to, [b, …]; disposed of here. */
    run(batch: B): tf.Tensor | Promise<tf.Tensor>;
  },
): AsyncGenerator<Outputs<B>> {
  const total = indices?.length ?? set.length;
  let done = 0;
  for await (const batch of batches(set, { batchSize, indices })) {
    signal?.throwIfAborted();
    const output = await run(batch);
    const values = await output.data() as Float32Array;
    const shape = output.shape.slice(1);
    output.dispose();
    yield { batch, values, shape };
    done += batch.indices.length;
    onProgress?.({ what, done, total, unit: "images" });
  }
}

/**
 * What a function gives for all examples: n x shape numbers, in the order of the indices.
 *
 * @throws {Error} When the source leaves some out, so that the rows would not be theirs any more
 */
export async function inferAll<B extends Batched>(
  subset: Subset<B>,
  options: Parameters<typeof infer<B>>[1],
): Promise<{ values: Float32Array; shape: number[] }> {
  const count = subset.indices?.length ?? subset.set.length;
  let [values, shape, at, done] = [new Float32Array(0), [0], 0, 0];
  for await (const part of infer(subset, options)) {
    const rows = part.batch.indices.length;
    if (at === 0) values = new Float32Array(count * part.values.length / rows);
    values.set(part.values, at);
    [shape, at, done] = [part.shape, at + part.values.length, done + rows];
  }
  if (done === count) return { values, shape };
  throw new Error(
    `Cannot tell the images apart: the set left ${
      count - done
    } of ${count} out; leave them out of the list, too`,
  );
}

/** Traces a model once for {@linkcode predictProbabilities}. Dispose of it after use. */
export function predictor(
  model: Classifier,
  normalization: Normalization,
  { predict = softmax, views = 1 }: {
    /** What makes predictions of logits: a loss's `predict`. @default {softmax} */
    predict?: (logits: tf.Tensor) => tf.Tensor;
    /**
     * Predictions are means over so many orientations of the image: 4 are the quarter turns, 8 all,
     * with those of the mirror image. @default {1}
     */
    views?: number;
  } = {},
): Predictor {
  return jit((images: tf.Tensor) => {
    const x = normalizeImages(toFloat(images) as tf.Tensor4D, normalization);
    const each = Array.from(
      { length: views },
      (_, view) => predict(model.call(orientation(x, view))),
    );
    return views === 1 ? each[0]! : tf.div(tf.addN(each), views);
  }, { name: "predict" });
}

/**
 * The class probabilities (or other predictions) of each image, a row each, in the order of the
 * indices.
 *
 * @throws {DOMException} When the signal aborts
 * @throws {Error} When a set leaves images out
 */
export async function predictProbabilities(
  predict: Predictor,
  { set, indices, ...options }: ImageSubset & WalkOptions,
): Promise<Float32Array[]> {
  const run = runOnImages(predict, set.size);
  const { values, shape } = await inferAll({ set, indices }, { ...options, run });
  const width = shape[0]!;
  return Array.from(
    { length: values.length / width },
    (_, row) => values.slice(row * width, (row + 1) * width),
  );
}

/** A function of bytes, run on the images of a batch. */
export function runOnImages(
  run: Predictor,
  size: number,
): (batch: ImageBatch) => Promise<tf.Tensor> {
  return async function runOn(batch) {
    const images = imagesOf(batch, size);
    try {
      return await run.async(images);
    } finally {
      images.dispose();
    }
  };
}

/** The images of a batch as a tensor of bytes, [n, size, size, 3]. */
export function imagesOf({ images, indices }: ImageBatch, size: number): tf.Tensor4D {
  return uint8Tensor<tf.Rank.R4>(images, [indices.length, size, size, 3]);
}
