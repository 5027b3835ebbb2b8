/**
 * Latents without a training: square patches of pixels on their principal components.
 *
 * @module
 */

import { Conv2d, Linear, Module } from "../../nn/mod.ts";
import { refuseOutside } from "../../options.ts";
import { Prng } from "../../prng.ts";
import { count } from "../../text.ts";
import { attribute, rawOp, tf } from "../../tensorflow/mod.ts";
import { completeConfig } from "./_config.ts";

/** Settings of {@linkcode PatchCodec}, in the words of diffusers: what a `config.json` holds. */
export type PatchCodecConfig = {
  /** Channels of the images. @default {3} */
  in_channels: number;
  /** Side of a patch in pixels; each becomes one latent. @default {4} */
  patch_size: number;
  /** Principal components that are kept. @default {12} */
  latent_channels: number;
};

const DEFAULTS: PatchCodecConfig = { in_channels: 3, patch_size: 4, latent_channels: 12 };

const WHAT = "make PatchCodec";

/**
 * A linear autoencoder: each patch of an image on the first principal components of patches, so that
 * 64 x 64 pixels are 16 x 16 latents. There is nothing to train, and what is lost can be told beforehand
 * (see {@linkcode fitPatchCodec}). It takes the place of an `AutoencoderKL` where galaxies are small.
 *
 * @example
 * ```ts
 * import { openSurvey } from "galaxykit/data";
 * import { fitPatchCodec } from "galaxykit/models";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { images } = await openSurvey("data/sky").images({ size: 64, targets: [] });
 * const { codec, psnr } = fitPatchCodec(images!, { size: 64 });
 * assert.ok(psnr > 30); // Decibels
 * assert.deepEqual(codec.encode(tf.zeros([2, 64, 48, 3])).shape, [2, 16, 12, 12]);
 * ```
 */
export class PatchCodec extends Module {
  readonly encoder: Conv2d;
  readonly decoder: Linear;
  readonly #config: PatchCodecConfig;

  /**
   * With noughts in it: load values, or see {@linkcode fitPatchCodec}.
   *
   * @throws {RangeError} For a setting that is unknown or out of range
   */
  constructor(config: Partial<PatchCodecConfig> = {}) {
    super();
    this.#config = completeConfig(config, { what: WHAT, defaults: DEFAULTS, fixed: {} });
    const { in_channels, patch_size, latent_channels } = this.#config;
    const numbers = in_channels * patch_size ** 2;
    refuseOutside({ in_channels, patch_size, latent_channels }, {
      ...{ in_channels: "whole [1, ∞)", patch_size: "whole [1, ∞)" },
      latent_channels: `whole [1, ${numbers}]`,
    }, { what: WHAT });
    this.encoder = new Conv2d(in_channels, latent_channels, {
      kernelSize: patch_size,
      stride: patch_size,
    });
    this.decoder = new Linear(latent_channels, numbers);
    for (const parameter of this.parameters()) parameter.trainable = false;
  }

  override get modelName(): string {
    return "PatchCodec";
  }

  /** What it is made from again: all settings, plain JSON, a copy. */
  get config(): PatchCodecConfig {
    return { ...this.#config };
  }

  /** Numbers of a latent. */
  get latentChannels(): number {
    return this.#config.latent_channels;
  }

  /** Pixels a latent, along an edge. */
  get factor(): number {
    return this.#config.patch_size;
  }

  /**
   * Images as a U-Net takes them: about as spread as noise.
   *
   * @param images [batch, height, width, channels], from -1 to 1; sides are multiples of `factor`
   */
  encode(images: tf.Tensor): tf.Tensor4D {
    const { in_channels } = this.#config;
    const [, height, width, channels] = images.shape as [number, number, number, number];
    if (
      images.rank !== 4 || channels !== in_channels || height % this.factor !== 0 ||
      width % this.factor !== 0
    ) {
      throw new TypeError(
        `Cannot encode images: the shape must be [batch, height, width, ${in_channels}] with sides that are multiples of ${this.factor}, found [${images.shape}]`,
      );
    }
    return this.encoder.call(images) as tf.Tensor4D;
  }

  /** Images of latents, cut to -1 to 1. */
  decode(latents: tf.Tensor): tf.Tensor4D {
    const { latent_channels } = this.#config;
    if (latents.rank !== 4 || latents.shape[3] !== latent_channels) {
      throw new TypeError(
        `Cannot decode latents: the shape must be [batch, height, width, ${latent_channels}], found [${latents.shape}]`,
      );
    }
    return tf.tidy(() =>
      tf.clipByValue(tf.depthToSpace(this.decoder.call(latents) as tf.Tensor4D, this.factor), -1, 1)
    );
  }
}

/** Patches that the components are found from. */
const PATCHES = 200_000;

/**
 * The codec of some images. Each component is divided by the root of its deviation, a compromise: the
 * first ones, which one sees, keep most weight, and the last ones are not lost in the noise that
 * a diffusion begins with. All together have mean 0 and variance 1 over the images.
 *
 * @param images Bytes, [images, size, size, channels]
 * @param options `size`: side of the images in pixels; `seed`: which of very many patches are taken
 * @returns The codec, and `psnr`: what it makes of the patches that it was found from, in decibels
 * @throws {RangeError} When the size is no multiple of a patch, there are too few patches, or they are
 * all alike
 *
 * @example
 * ```ts
 * import { fitPatchCodec } from "galaxykit/models";
 * import { Prng } from "galaxykit/data";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const random = new Prng(1);
 * const images = Uint8Array.from({ length: 8 * 32 * 32 * 3 }, () => 255 * random.uniform());
 * const { codec, psnr } = fitPatchCodec(images, { size: 32, latent_channels: 48 });
 * assert.ok(psnr > 80); // All components: nothing is lost
 * const pixels = tf.tensor4d(Float32Array.from(images, (byte) => byte / 127.5 - 1), [8, 32, 32, 3]);
 * const again = codec.decode(codec.encode(pixels));
 * assert.ok(tf.max(tf.abs(tf.sub(again, pixels))).dataSync()[0] < 1e-4);
 * ```
 */
export function fitPatchCodec(
  images: Uint8Array,
  { size, seed = 0, ...config }: Partial<PatchCodecConfig> & { size: number; seed?: number },
): { codec: PatchCodec; psnr: number } {
  const codec = new PatchCodec(config);
  const { in_channels, patch_size, latent_channels } = codec.config;
  refuseOutside({ size }, { size: "whole [1, ∞)" }, { what: "fit PatchCodec" });
  const perImage = (size / patch_size) ** 2;
  const number = images.length / (size * size * in_channels);
  const width = in_channels * patch_size ** 2;
  if (!Number.isInteger(number) || size % patch_size !== 0 || number * perImage <= width) {
    throw new RangeError(
      `Cannot fit PatchCodec: images of ${size} x ${size} pixels with sides of whole patches of ${patch_size} are wanted, and more than ${width} patches of them, found ${
        count(images.length)
      } bytes`,
    );
  }
  const patches = somePatches(images, { ...codec.config, size, seed, number });
  const { mean, components, variances } = principalComponents(patches, width);
  const kept = variances.slice(0, latent_channels).map((variance) => Math.max(variance, 0));
  const lost = variances.slice(latent_channels).reduce((sum, value) => sum + Math.max(value, 0), 0);
  const spread = Math.sqrt(kept.reduce((sum, value) => sum + Math.sqrt(value), 0) / kept.length);
  if (!(spread > 0) || kept.at(-1) === 0) {
    throw new RangeError(
      `Cannot fit PatchCodec: the images have fewer than ${latent_channels} components that differ; take fewer latent_channels, or images that are not all alike`,
    );
  }
  const scales = kept.map((variance) => variance ** 0.25 * spread);
  const rows = scales.map((_, at) => components.slice(at * width, (at + 1) * width));
  const encoder = new Float32Array(latent_channels * width);
  const bias = new Float32Array(latent_channels);
  const decoder = new Float32Array(latent_channels * width);
  for (const [latent, row] of rows.entries()) {
    for (const [at, value] of row.entries()) {
      // A file has channels before rows and columns
      const [pixel, channel] = [Math.floor(at / in_channels), at % in_channels];
      encoder[latent * width + channel * patch_size ** 2 + pixel] = value / scales[latent]!;
      bias[latent] -= value * mean[at]! / scales[latent]!;
      decoder[at * latent_channels + latent] = value * scales[latent]!;
    }
  }
  const tensor = (data: Float32Array<ArrayBuffer>, shape: number[]) => ({
    ...{ dtype: "F32" as const, shape, data },
  });
  codec.loadStateDict({
    "encoder.weight": tensor(encoder, [latent_channels, in_channels, patch_size, patch_size]),
    "encoder.bias": tensor(bias, [latent_channels]),
    "decoder.weight": tensor(decoder, [width, latent_channels]),
    "decoder.bias": tensor(Float32Array.from(mean), [width]),
  });
  return { codec, psnr: 10 * Math.log10(4 * width / lost) };
}

/** Patches row by row, their numbers from -1 to 1, by rows, columns and channels. */
function somePatches(
  images: Uint8Array,
  { size, in_channels, patch_size, seed, number }: PatchCodecConfig & {
    size: number;
    seed: number;
    number: number;
  },
): Float32Array {
  const side = size / patch_size;
  const all = number * side ** 2;
  const chosen = all <= PATCHES
    ? Int32Array.from({ length: all }, (_, at) => at)
    : new Prng(seed).permutation(all).subarray(0, PATCHES);
  const line = patch_size * in_channels;
  const patches = new Float32Array(chosen.length * patch_size * line);
  let to = 0;
  for (const patch of chosen) {
    const [image, place] = [Math.floor(patch / side ** 2), patch % side ** 2];
    const [row, column] = [Math.floor(place / side), place % side];
    for (let y = 0; y < patch_size; y++) {
      let from = ((image * size + row * patch_size + y) * size + column * patch_size) * in_channels;
      for (let x = 0; x < line; x++) patches[to++] = images[from++]! / 127.5 - 1;
    }
  }
  return patches;
}

/** Mean, and components with their variances, the largest first; each with a positive sum. */
function principalComponents(
  rows: Float32Array,
  width: number,
): { mean: Float64Array; components: Float32Array; variances: number[] } {
  const number = rows.length / width;
  const mean = new Float64Array(width);
  for (let at = 0; at < rows.length; at++) mean[at % width] += rows[at]! / number;
  const covariance = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (let row = 0; row < number; row++) {
    for (let at = 0; at < width; at++) centred[at] = rows[row * width + at]! - mean[at]!;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) covariance[i * width + j] += centred[i]! * centred[j]! / number;
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) covariance[j * width + i] = covariance[i * width + j]!;
  }
  const [values, vectors] = tf.tidy(() => {
    const matrix = tf.tensor2d(Float32Array.from(covariance), [width, width]);
    return rawOp("SelfAdjointEigV2", [matrix], {
      attributes: { compute_v: attribute.bool(true), T: attribute.type("float32") },
      outputs: 2,
    }).map((tensor) => tensor.dataSync());
  });
  const components = new Float32Array(width * width);
  for (let at = 0; at < width; at++) {
    // TensorFlow's rise, and stand in columns
    const column = Array.from({ length: width }, (_, i) => vectors![(i + 1) * width - 1 - at]!);
    const sign = column.reduce((sum, value) => sum + value) < 0 ? -1 : 1;
    components.set(column.map((value) => sign * value), at * width);
  }
  return { mean, components, variances: [...values!].reverse() };
}
