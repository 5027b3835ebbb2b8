/**
 * Small pipelines to test with.
 *
 * @module
 */

import { ddim } from "galaxykit/diffusion";
import { AutoencoderCodec, type LatentCodec, type Pipeline } from "galaxykit/generation";
import {
  autoencoderConfigs,
  AutoencoderKL,
  clipTextConfigs,
  ClipTextModel,
  UNet2DConditionModel,
  type UNetConfig,
  unetConfigs,
} from "galaxykit/models";
import type { Module } from "galaxykit/nn";
import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
import { foldIn, key, normal, tf } from "galaxykit/tensorflow";

/** Gives all parameters other values: the last layers of a U-Net begin with zeros. */
function randomized<M extends Module>(model: M): M {
  for (const [at, variable] of model.parameters().entries()) {
    tf.tidy(() =>
      variable.assign(tf.add(variable, tf.mul(normal(foldIn(key(9), at), variable.shape), 0.05)))
    );
  }
  return model;
}

/** A U-Net of text and 74 numbers, or other settings, whose output is not zero. */
export function tinyUNet(config: Partial<UNetConfig> = {}): UNet2DConditionModel {
  return randomized(new UNet2DConditionModel({ ...unetConfigs.tiny, ...config }, { key: key(1) }));
}

/** Takes the means of 2 x 2 pixels as latents: quick, and no pixel looks at another's. */
export const meanCodec: LatentCodec = {
  latentChannels: 4,
  factor: 2,
  encode: (images) =>
    tf.tidy(() =>
      tf.concat(
        [tf.avgPool(images as tf.Tensor4D, 2, 2, "valid"), tf.zeros([...half(images), 1])],
        3,
      )
    ) as tf.Tensor4D,
  decode: (latents) =>
    tf.tidy(() => {
      const colours = tf.slice(latents, [0, 0, 0, 0], [-1, -1, -1, 3]) as tf.Tensor4D;
      const [, rows, columns] = colours.shape;
      return tf.image.resizeNearestNeighbor(colours, [2 * rows, 2 * columns]);
    }),
};

function half({ shape }: tf.Tensor): [number, number, number] {
  return [shape[0]!, shape[1]! / 2, shape[2]! / 2];
}

/** All parts, tiny. */
export function tinyPipeline(
  parts: Partial<Pipeline> = {},
): Pipeline {
  return {
    unet: tinyUNet(),
    codec: meanCodec,
    textEncoder: randomized(new ClipTextModel(clipTextConfigs.tiny, { key: key(3) })),
    tokenizer: new ClipTokenizer(byteVocabulary([["a", "r"], ["ar", "m</w>"]]), {
      contextLength: 16,
    }),
    sampler: ddim({ clipSample: false }),
    ...parts,
  };
}

/** The same with a true autoencoder. */
export function autoencoderPipeline(): Pipeline {
  const model = new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) });
  return tinyPipeline({ codec: new AutoencoderCodec(model) });
}
