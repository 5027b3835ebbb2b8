/**
 * Predictions of a network for the images of a set.
 *
 * @module
 */

import type { ImageBatch } from "../data/mod.ts";
import { ImageModel } from "../models/mod.ts";
import { Module } from "../nn/mod.ts";
import { jit, softmax, type tf } from "../tensorflow/mod.ts";
import { keptFeatures } from "./_cached_features.ts";
import type { FeatureStore } from "./feature_store.ts";
import {
  type Classifier,
  type ImageSubset,
  inferAll,
  type Predictor,
  predictor,
  runOnImages,
  type WalkOptions,
} from "./inference.ts";

/**
 * The class probabilities (or other predictions) of each image, a row each, in the order of the
 * indices.
 *
 * @param model A network of classes; or a {@linkcode predictor}, for other outputs, views, or many sets
 * @param options.features Where `finetune` kept what frozen parts give: what it has of this network's,
 * of all these images, is not computed again. @default {nowhere}
 * @throws {DOMException} When the signal aborts
 * @throws {Error} When a set leaves images out
 */
export async function predictProbabilities(
  model: Classifier | Predictor,
  { set, indices, features, ...options }:
    & ImageSubset
    & WalkOptions
    & { features?: FeatureStore },
): Promise<Float32Array[]> {
  using run = runner(model, { set, indices, features });
  const { values, shape } = await inferAll({ set, indices }, { ...options, run: run.onBatch });
  const width = shape[0]!;
  return Array.from(
    { length: values.length / width },
    (_, row) => values.slice(row * width, (row + 1) * width),
  );
}

/** What makes predictions of a batch, from its images or from features that are there. */
function runner(
  model: Classifier | Predictor,
  { set, indices, features }: ImageSubset & { features?: FeatureStore },
): Disposable & { onBatch(batch: ImageBatch): Promise<tf.Tensor> } {
  const kept = features && model instanceof ImageModel && keptFeatures(model, features, {
    ...{ set, members: indices ?? Int32Array.from(set.ids.keys()) },
    normalization: model.normalization,
  });
  if (kept) {
    const rest = jit((input: tf.Tensor) => softmax(kept.network(input)), { name: "predict" });
    return {
      async onBatch({ indices }) {
        const input = kept.input(indices);
        return await rest.async(input).finally(() => input.dispose());
      },
      [Symbol.dispose]: () => rest.dispose(),
    };
  }
  const predict = model instanceof Module ? predictor(model) : model;
  return {
    onBatch: runOnImages(predict, { size: set.size }),
    [Symbol.dispose]: () => void (predict === model || predict.dispose()),
  };
}
