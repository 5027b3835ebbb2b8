/**
 * What a network says of examples, batch by batch.
 *
 * @module
 */

import { orientation } from "../augment/mod.ts";
import { type Batched, batches, type ImageBatch, type ImageSet } from "../data/mod.ts";
import { interruptible } from "../interrupt.ts";
import { ImageModel, type Normalization, normalizeImages } from "../models/mod.ts";
import type { CallOptions, Module } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import type { Subset } from "./task.ts";
import { jit, softmax, tf, toFloat, uint8Tensor } from "../tensorflow/mod.ts";

/** A network that gives logits for images. */
export type Classifier = Module & {
  /** [batch, height, width, channels], normalised, to [batch, classes]. */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor;
};

/** Images of a set, in order: those of the indices, or all. */
export type ImageSubset = { set: ImageSet; indices?: Int32Array };

/** Gives the predictions for a batch of bytes, [n, size, size, 3]. */
export type Predictor = {
  async(images: tf.Tensor): Promise<tf.Tensor>;
  dispose(): void;
  [Symbol.dispose](): void;
};

/**
 * How images become a network's input: as given, or as it knows itself.
 *
 * @throws {TypeError} When neither is known
 */
export function normalizationOf(model: Module, given?: Normalization): Normalization {
  if (given !== undefined) return given;
  if (model instanceof ImageModel) return model.normalization;
  throw new TypeError(
    `Cannot normalise images: ${model.modelName} does not know how; give \`normalization\`, its mean and std`,
  );
}

/** How examples are walked through. */
export type WalkOptions = {
  /** @default {64} */
  batchSize?: number;
  /** What is being done, for reports. @default {"Predicting"} */
  what?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** As {@linkcode WalkOptions}, and what is done with each batch. */
export type InferOptions<B> = WalkOptions & {
  /** What a batch comes to, [b, …]; disposed of here. */
  run(batch: B): tf.Tensor | Promise<tf.Tensor>;
  /** Whether NaN is one of its answers, such as for a map that is blank. @default {false} */
  mayBeNaN?: boolean;
};

/** Values of some examples, row by row. */
export type Inferred<B> = { batch: B; values: Float32Array; shape: number[] };

/**
 * Runs a function over examples, in order: the one loop of predictions, features and maps.
 *
 * @throws {DOMException} When the signal aborts
 * @throws {RangeError} When what an example comes to is NaN or infinite, naming it
 */
export async function* infer<B extends Batched>(
  { set, indices }: Subset<B>,
  { run, mayBeNaN = false, batchSize = 64, what = "Predicting", signal: given, onProgress }:
    InferOptions<B>,
): AsyncGenerator<Inferred<B>> {
  using work = interruptible(given);
  const { signal } = work;
  const total = indices?.length ?? set.length;
  let done = 0;
  for await (const batch of batches(set, { batchSize, indices })) {
    signal?.throwIfAborted();
    const output = await run(batch);
    const [rows, ...shape] = output.shape as [number, ...number[]];
    const all = await output.data() as Float32Array;
    output.dispose();
    // A batch may have been filled up
    const values = all.subarray(0, all.length / rows * batch.indices.length);
    if (!mayBeNaN) checkNumbers({ batch, values, shape }, set.ids);
    yield { batch, values, shape };
    done += batch.indices.length;
    onProgress?.({ what, done, total, unit: "images" });
  }
}

function checkNumbers<B extends Batched>(
  { batch: { indices }, values }: Inferred<B>,
  ids: Subset<B>["set"]["ids"],
): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const row = Math.floor(at / (values.length / indices.length));
  throw new RangeError(
    `Cannot use what the network gives for ${ids[indices[row]!]}: it holds ${
      values[at]
    }; look for NaN and infinite values in the example and in the weights`,
  );
}

/**
 * What a function gives for all examples: n x shape numbers, in the order of the indices.
 *
 * @throws {Error} When the source leaves some out, so that the rows would not be theirs any more
 */
export async function inferAll<B extends Batched>(
  subset: Subset<B>,
  options: InferOptions<B>,
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

/**
 * Traces a model once, for `predictProbabilities`. Dispose of it after use.
 *
 * @throws {RangeError} When `views` is none of 1 to 8
 */
export function predictor(
  model: Classifier,
  { normalization: given, predict = softmax, views = 1 }: {
    /** @default {the model's} */
    normalization?: Normalization;
    /** What makes predictions of logits: a loss's `predict`. @default {softmax} */
    predict?: (logits: tf.Tensor) => tf.Tensor;
    /**
     * Predictions are means over so many orientations of the image: 4 are the quarter turns, 8 all,
     * with those of the mirror image. @default {1}
     */
    views?: number;
  } = {},
): Predictor {
  if (!Number.isInteger(views) || views < 1 || views > 8) {
    throw new RangeError(
      `Cannot predict: views must be a whole number from 1 to 8, found ${views}`,
    );
  }
  const normalization = normalizationOf(model, given);
  const one = jit(
    (images: tf.Tensor) =>
      predict(model.call(normalizeImages(images as tf.Tensor4D, normalization))),
    { name: "predict" },
  );
  const turns = Array.from(
    { length: views },
    (_, view) => jit((images: tf.Tensor) => orientation(toFloat(images), view), { name: "turn" }),
  );
  function dispose(): void {
    for (const traced of [one, ...turns]) traced.dispose();
  }
  return {
    async async(images) {
      if (views === 1) return await one.async(images);
      let sum = tf.scalar(0) as tf.Tensor;
      for (const turn of turns) {
        const turned = await turn.async(images);
        const predicted = await one.async(turned);
        const next = tf.add(sum, predicted);
        tf.dispose([turned, predicted, sum]);
        sum = next;
      }
      const mean = tf.div(sum, views);
      sum.dispose();
      return mean;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/**
 * A function of bytes, run on the images of a batch.
 *
 * @param options `rows`: smaller batches are filled up to so many, so that all have one trace, and
 * each image the same sums in whatever company
 */
export function runOnImages(
  run: Pick<Predictor, "async">,
  { size, rows = 0 }: { size: number; rows?: number },
): (batch: ImageBatch) => Promise<tf.Tensor> {
  return async function runOn({ images, indices }) {
    const count = Math.max(rows, indices.length);
    const full = new Uint8Array(count * size * size * 3);
    full.set(images);
    const input = imagesOf({ images: full, indices: { length: count } }, size);
    try {
      return await run.async(input);
    } finally {
      input.dispose();
    }
  };
}

/** The images of a batch as a tensor of bytes, [n, size, size, 3]. */
export function imagesOf(
  { images, indices }: { images: Uint8Array; indices: { length: number } },
  size: number,
): tf.Tensor4D {
  return uint8Tensor<tf.Rank.R4>(images, [indices.length, size, size, 3]);
}
