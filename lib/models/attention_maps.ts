/**
 * What the tokens of a vision transformer look at.
 *
 * @module
 */

import { MultiHeadAttention } from "../nn/mod.ts";
import { layOver } from "../nn/observe.ts";
import { tf } from "../tensorflow/mod.ts";
import type { ImageModel } from "./image_model.ts";

/**
 * The attention of layers by name: how much each token takes of each, rows that sum to 1.
 *
 * @param images [batch, height, width, channels], normalised for the model
 * @returns [batch, heads, tokens, tokens] by the names of the layers; one head where they are averaged
 * @throws {RangeError} When the model has no self-attention, or a layer of a name is none
 *
 * @example
 * ```ts
 * import { attentionMaps, vitMini } from "galaxykit/models";
 * import { key, normal, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = vitMini({ size: 32, classes: 2, key: key(1) });
 * const images = normal(key(2), [2, 32, 32, 3]);
 * const maps = attentionMaps(model, images, { layers: ["blocks.3.attn"] });
 * assert.deepEqual(maps["blocks.3.attn"].shape, [2, 3, 5, 5]);
 * const sums = tf.sum(maps["blocks.3.attn"], -1).dataSync();
 * assert.ok(sums.every((sum) => Math.abs(sum - 1) < 1e-6));
 * ```
 */
export function attentionMaps(
  model: ImageModel,
  images: tf.Tensor,
  { layers, average = false }: {
    /** @default {all self-attention of the model} */
    layers?: readonly string[];
    /** Whether the heads are averaged, each layer as it comes. @default {false} */
    average?: boolean;
  } = {},
): Record<string, tf.Tensor4D> {
  const all = Object.entries(model.namedLayers())
    .flatMap(([name, layer]) => layer instanceof MultiHeadAttention ? [name] : []);
  if (all.length === 0) {
    throw new RangeError(`Cannot look at the attention of ${model.modelName}: it has none`);
  }
  const kept = new Map<string, tf.Tensor4D>();
  const undo: (() => void)[] = [];
  try {
    for (const name of layers ?? all) {
      const layer = model.layer(name);
      if (!(layer instanceof MultiHeadAttention)) {
        throw new RangeError(
          `Cannot look at the attention of ${model.modelName}: "${name}" is no self-attention, but ${
            all[0]
          } is`,
        );
      }
      undo.push(layOver(layer, (call, x, options) => {
        kept.get(name)?.dispose();
        const weights = tf.tidy(() => {
          const weights = layer.weights(x, options);
          return average ? tf.mean(weights, 1, true) as tf.Tensor4D : weights;
        });
        kept.set(name, tf.keep(weights));
        return call(x, options);
      }));
    }
    tf.tidy(() => void model.features(images));
    return Object.fromEntries([...kept].map(([name, weights]) => [name, weights.clone()]));
  } finally {
    for (const restore of undo.reverse()) restore();
    for (const weights of kept.values()) weights.dispose();
  }
}
