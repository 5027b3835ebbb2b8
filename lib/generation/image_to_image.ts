/**
 * Images of other images.
 *
 * @module
 */

import { refuseOther, refuseUnknown } from "../options.ts";
import { type Encoding, latentsOf } from "./_encode.ts";
import { generate, latentSize, STEPS } from "./_generate.ts";
import { type Picture, sizeOf } from "./_pictures.ts";
import { type GenerateOptions, generateOptions } from "./generate_options.ts";
import type { Generation } from "./generation.ts";
import { type Pipeline, samplerOf } from "./pipeline.ts";

/** Options of {@linkcode imageToImage}. */
export type ImageToImageOptions = GenerateOptions & {
  /** What to begin with: one for all, or one an image; of one size. */
  image: Picture | readonly Picture[];
  /**
   * How much of the way into noise to go first, in (0, 1]: the last ⌊steps · strength⌋ steps remain. At 1
   * little more than the brightness is left of the image, which is GalaxySD's way to a dark sky.
   *
   * @default {0.8}
   */
  strength?: number;
  /** Whether latents are drawn, by the seed, or the most probable ones. @default {"sample"} */
  encoding?: Encoding;
};

/**
 * Generates images that begin with others.
 *
 * PNDM calls the network twice at its second noise level, wherever it begins; diffusers' begins behind
 * that level and takes the next for it, so that its images are others.
 *
 * @throws {RangeError} When images are of several sizes, or of one that is no multiple of the codec's
 * factor; for a strength outside (0, 1]; and as `textToImage` does
 * @throws {TypeError} When an image does not hold its pixels; and as `textToImage` does
 *
 * @example
 * ```ts
 * import { imageToImage } from "galaxykit/generation";
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { euler } from "galaxykit/diffusion";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pixels = { // A codec may be any two functions: here latents are pixels
 *   ...{ latentChannels: 3, factor: 1 },
 *   encode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 *   decode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 * };
 * const unet = new UNet2DConditionModel({
 *   ...{ in_channels: 3, out_channels: 3, block_out_channels: [4], norm_num_groups: 2 },
 *   ...{ down_block_types: ["DownBlock2D"], mid_block_type: null, up_block_types: ["UpBlock2D"] },
 * }, { key: key(1) });
 * const grey = { pixels: new Uint8Array(8 * 8 * 3).fill(90), width: 8 };
 * const { images } = await imageToImage({ unet, codec: pixels, sampler: euler() }, {
 *   ...{ image: grey, strength: 0.25, steps: 8, seeds: [1, 2] },
 * });
 * assert.equal(images.length, 2);
 * ```
 */
export async function imageToImage(
  pipeline: Pipeline,
  options: ImageToImageOptions,
): Promise<Generation> {
  const what = "change images";
  refuseUnknown(options, { ...generateOptions, image: true, strength: true, encoding: true }, {
    what,
  });
  const { steps = STEPS, strength = 0.8, encoding = "sample" } = options;
  refuseOther({ encoding }, { encoding: ["sample", "mode"] }, { what });
  const pictures = [options.image].flat();
  const size = latentSize(pipeline, { ...sizeOf(pictures, { what }), what });
  return await generate(pipeline, {
    ...{ what, ...size, plan: samplerOf(pipeline, options.sampler).plan({ steps, strength }) },
    counts: { image: pictures.length },
    start: (batch) => ({ image: latentsOf(pipeline, pictures, { ...batch, encoding }) }),
  }, options);
}
