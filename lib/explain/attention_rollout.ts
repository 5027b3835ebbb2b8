/**
 * Where a vision transformer's class token gets its information from.
 *
 * @module
 */

import { attentionMaps, type ImageModel } from "../models/mod.ts";
import { MultiHeadAttention } from "../nn/mod.ts";
import { refuseUnknown } from "../options.ts";
import { resize, tf } from "../tensorflow/mod.ts";
import { stretch } from "./_cam_methods.ts";

/**
 * Attention rollout (Abnar & Zuidema 2020, arXiv:2005.00928): the product over the blocks of the
 * mean of the heads' attention, to which the residual connection adds the identity; of it the row
 * of the first token.
 *
 * @param images [batch, height, width, channels], normalised for the model
 * @returns [batch, height, width], from 0 to 1 in every image; 0 where all tokens count alike
 * @throws {RangeError} When the model has no self-attention, or the share is not in [0, 1)
 *
 * @example
 * ```ts
 * import { attentionRollout } from "galaxykit/explain";
 * import { vitMini } from "galaxykit/models";
 * import { key, normal } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = vitMini({ size: 32, classes: 2, key: key(1) });
 * assert.deepEqual(attentionRollout(model, normal(key(2), [1, 32, 32, 3])).shape, [1, 32, 32]);
 * ```
 */
export function attentionRollout(
  model: ImageModel,
  images: tf.Tensor4D,
  options: {
    /** Share of the weakest attentions of a block that count as 0. @default {0} */
    discard?: number;
  } = {},
): tf.Tensor3D {
  refuseUnknown(options, { discard: true }, { what: "roll out attention" });
  const { discard = 0 } = options;
  const isAttentive = (layer: unknown) => layer instanceof MultiHeadAttention;
  if (!Object.values(model.namedLayers()).some(isAttentive)) {
    throw new RangeError(
      `Cannot roll out the attention of ${model.modelName}: it has no self-attention; take activationMaps`,
    );
  }
  if (!(discard >= 0 && discard < 1)) {
    throw new RangeError(
      `Cannot roll out attention: the share to discard must be in [0, 1): ${discard}`,
    );
  }
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const rolled = Object.values(attentionMaps(model, images, { average: true }))
      .map((attention) => mixed(tf.squeeze(attention, [1]), discard))
      .reduce((sum, attention) => tf.matMul(attention, sum));
    // What the first token has from every token, laid out as the tokens' own outputs are.
    const [batch, tokens] = rolled.shape as [number, number, number];
    const first = tf.reshape(tf.slice(rolled, [0, 0, 0], [-1, 1, -1]), [batch, tokens, 1]);
    const maps = resize(model.asMap(first, { height, width }), [height, width]);
    return stretch(tf.squeeze(maps, [-1])).maps as tf.Tensor3D;
  });
}

/** Rows that sum to 1 of the attention and the identity, without the weakest attentions. */
function mixed(attention: tf.Tensor, discard: number): tf.Tensor {
  const [batch, tokens] = attention.shape as [number, number, number];
  const dropped = Math.floor(tokens * tokens * discard);
  let kept = attention;
  if (dropped > 0) {
    const flat = tf.reshape(attention, [batch, tokens * tokens]);
    const { values } = tf.topk(flat, tokens * tokens - dropped);
    const least = tf.min(values, 1).reshape([batch, 1, 1]);
    kept = tf.where(tf.greaterEqual(attention, least), attention, 0);
  }
  const withResidual = tf.add(kept, tf.eye(tokens));
  return tf.div(withResidual, tf.sum(withResidual, -1, true));
}
