/**
 * Score-CAM: weights of channels without a gradient.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { jit, resize, softmax, tf } from "../tensorflow/mod.ts";
import { stretch, type Weigh } from "./_cam_methods.ts";
import type { Target } from "./target.ts";

/** Channels that are tried at a time; the model sees as many copies of the images. */
const CHANNELS_AT_A_TIME = 16;

/**
 * Score-CAM (Wang et al. 2020, arXiv:1910.01279): a channel weighs as much as the target of the
 * image seen through its activation, stretched from 0 to 1, after a softmax over the channels. The
 * target is of the whole image's class, as in the paper.
 */
export function scoreCam(
  model: ImageModel,
  { layers, target }: { layers: readonly string[]; target: Target },
): Weigh {
  const activate = jit((images: tf.Tensor4D) =>
    tf.tidy(() => {
      const [, height, width] = images.shape;
      const { logits, outputs } = model.inspect(images, { layers });
      const maps = layers.map((layer) => model.asMap(outputs[layer]!, { height, width }));
      return { logits, maps };
    }), { name: "scoreCam.activation" });
  const score = jit((images: tf.Tensor4D, some: tf.Tensor4D, whole: tf.Tensor) =>
    tf.tidy(() => {
      const [batch, height, width, colours] = images.shape;
      const count = some.shape[3];
      const veils = stretch(resize(some, [height, width])).maps;
      const seen = tf.mul(
        tf.expandDims(images, 1),
        tf.expandDims(tf.transpose(veils, [0, 3, 1, 2]), 4),
      );
      // One image at a time, for targets that tell images apart.
      const copies = tf.unstack(tf.transpose(seen, [1, 0, 2, 3, 4]));
      const outputs = model.call(
        tf.reshape(tf.stack(copies), [count * batch, height, width, colours]),
      );
      const each = tf.split(outputs, count).map((output) => target(output, whole));
      return tf.stack(each, 1);
    }), { name: "scoreCam.score" });
  const weigh = function (images: tf.Tensor4D, whole?: tf.Tensor): tf.Tensor4D[] {
    const { logits, maps } = activate(images);
    const all = maps.map((activation) => {
      const channels = activation.shape[3];
      const parts: tf.Tensor[] = [];
      for (let first = 0; first < channels; first += CHANNELS_AT_A_TIME) {
        const count = Math.min(CHANNELS_AT_A_TIME, channels - first);
        const some = tf.slice(activation, [0, 0, 0, first], [-1, -1, -1, count]);
        parts.push(score(images, some, whole ?? logits));
        some.dispose();
      }
      const weighted = tf.tidy(() => {
        const weights = softmax(tf.concat(parts, 1));
        return tf.mul(activation, tf.reshape(weights, [images.shape[0], 1, 1, channels]));
      });
      tf.dispose([activation, ...parts]);
      return weighted as tf.Tensor4D;
    });
    logits.dispose();
    return all;
  };
  return Object.assign(weigh, {
    dispose: () => {
      activate.dispose();
      score.dispose();
    },
  });
}
