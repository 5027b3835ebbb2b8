/**
 * From images to latents and back: what a U-Net works on.
 *
 * @module
 */

import type { AutoencoderKL, Tiling } from "../models/mod.ts";
import { jit, type Key, type tf } from "../tensorflow/mod.ts";

/**
 * Makes latents of images, and images of latents. Images are [batch, height, width, 3] in [-1, 1];
 * latents are [batch, height / factor, width / factor, latentChannels], shifted and scaled as the U-Net
 * takes them.
 */
export interface LatentCodec {
  /** Numbers of a latent. */
  readonly latentChannels: number;
  /** Pixels of an image along an edge of one latent. */
  readonly factor: number;
  /**
   * Latents of images.
   *
   * @param options `key`: to draw them, where images have a distribution of latents. @default {the most
   * probable ones}
   */
  encode(images: tf.Tensor, options?: { key?: Key }): tf.Tensor4D;
  /** Images of latents. */
  decode(latents: tf.Tensor): tf.Tensor4D;
}

/**
 * An autoencoder as what a pipeline takes, traced once for each size.
 *
 * @example
 * ```ts
 * import { AutoencoderCodec } from "galaxykit/generation";
 * import { autoencoderConfigs, AutoencoderKL } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = new AutoencoderKL(autoencoderConfigs.tiny, { key: key(1) });
 * const codec = new AutoencoderCodec(model);
 * const latents = codec.encode(tf.zeros([1, 16, 12, 3]));
 * assert.deepEqual(latents.shape, [1, 8, 6, 4]);
 * assert.deepEqual(codec.decode(latents).shape, [1, 16, 12, 3]);
 * ```
 */
export class AutoencoderCodec implements LatentCodec {
  readonly model: AutoencoderKL;
  readonly encode: LatentCodec["encode"];
  readonly decode: LatentCodec["decode"];

  /**
   * @param options `tiling`: take large images apart, so that memory does not grow with their size
   */
  constructor(model: AutoencoderKL, { tiling }: { tiling?: Tiling } = {}) {
    this.model = model;
    // All tiles of a trace would run at once
    const compiler = tiling === undefined ? "graph" : "none";
    const encode = jit(
      (images: tf.Tensor, key?: Key) => model.toLatents(images, { key, tiling }),
      { name: "encode", compiler },
    );
    const decode = jit((latents: tf.Tensor) => model.toImages(latents, { tiling }), {
      ...{ name: "decode", compiler },
    });
    this.encode = (images, { key } = {}) =>
      key === undefined ? encode(images) : encode(images, key);
    this.decode = decode;
  }

  get latentChannels(): number {
    return this.model.config.latent_channels;
  }

  get factor(): number {
    return this.model.factor;
  }
}
