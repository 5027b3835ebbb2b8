/**
 * Parts of images made anew.
 *
 * @module
 */

import { refuseOther, refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { latentsOf } from "./_encode.ts";
import { generate, latentSize, STEPS } from "./_generate.ts";
import { sizeOf } from "./_pictures.ts";
import { generateOptions } from "./generate_options.ts";
import type { Generation } from "./generation.ts";
import type { ImageToImageOptions } from "./image_to_image.ts";
import { type Pipeline, samplerOf } from "./pipeline.ts";

/** Options of {@linkcode inpaint}. */
export type InpaintOptions = ImageToImageOptions & {
  /** A value a pixel, row by row, the same for all images: 0 where they are kept, another where not. */
  mask: ArrayLike<number | boolean>;
  /** As of `imageToImage`; at 1 nothing of the images is left where they are not kept. @default {1} */
  strength?: number;
};

/**
 * Makes a part of images anew, that fits the rest: after each call the rest is replaced by the image's
 * with as much noise (Lugmayr et al. 2022, arXiv:2201.09865, equation 8, without its resampling; the way
 * of diffusers where a U-Net was not trained for it). What is kept goes through the codec, and a latent
 * is kept by the pixel at its upper left corner.
 *
 * @throws {RangeError} When the mask has not a value a pixel, or keeps all; and as `imageToImage` does
 * @throws {TypeError} As `imageToImage` does
 *
 * @example
 * ```ts
 * import { inpaint } from "galaxykit/generation";
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { euler } from "galaxykit/diffusion";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const codec = { // Latents are pixels
 *   ...{ latentChannels: 3, factor: 1 },
 *   encode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 *   decode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 * };
 * const unet = new UNet2DConditionModel({
 *   ...{ in_channels: 3, out_channels: 3, block_out_channels: [4], norm_num_groups: 2 },
 *   ...{ down_block_types: ["DownBlock2D"], mid_block_type: null, up_block_types: ["UpBlock2D"] },
 * }, { key: key(1) });
 * const image = { pixels: new Uint8Array(8 * 8 * 3).fill(90), width: 8 };
 * const mask = Array.from({ length: 64 }, (_, i) => i >= 32); // The lower half
 * const { images: [made] } = await inpaint({ unet, codec, sampler: euler() }, {
 *   ...{ image, mask, steps: 4 },
 * });
 * assert.ok(made.pixels.subarray(0, 96).every((value) => value === 90));
 * assert.ok(made.pixels.subarray(96).some((value) => value !== 90));
 * ```
 */
export async function inpaint(pipeline: Pipeline, options: InpaintOptions): Promise<Generation> {
  const what = "inpaint images";
  const own = { image: true, strength: true, encoding: true, mask: true } as const;
  refuseUnknown(options, { ...generateOptions, ...own }, { what });
  const { steps = STEPS, strength = 1, encoding = "sample", mask } = options;
  refuseOther({ encoding }, { encoding: ["sample", "mode"] }, { what });
  const pictures = [options.image].flat();
  const pixels = sizeOf(pictures, { what });
  const size = latentSize(pipeline, { ...pixels, what });
  const kept = keptLatents(mask, { ...pixels, ...size, factor: pipeline.codec.factor, what });
  return await generate(pipeline, {
    ...{ what, ...size, plan: samplerOf(pipeline, options.sampler).plan({ steps, strength }) },
    counts: { image: pictures.length },
    start(batch) {
      const latents = latentsOf(pipeline, pictures, { ...batch, encoding });
      return {
        ...strength < 1 && { image: latents },
        kept: { latents, mask: tf.tensor4d(kept, [1, size.rows, size.columns, 1]) },
      };
    },
  }, options);
}

/** 1 for latents that are kept, row by row. */
function keptLatents(
  mask: ArrayLike<number | boolean>,
  { width, height, rows, columns, factor, what }: {
    width: number;
    height: number;
    rows: number;
    columns: number;
    factor: number;
    what: string;
  },
): Float32Array {
  if (mask?.length !== width * height) {
    throw new RangeError(
      `Cannot ${what}: mask must have ${width * height} values, one a pixel, found ${
        mask?.length ?? "none"
      }`,
    );
  }
  const kept = Float32Array.from({ length: rows * columns }, (_, latent) => {
    const [row, column] = [Math.floor(latent / columns), latent % columns];
    return mask[row * factor * width + column * factor] ? 0 : 1;
  });
  if (kept.includes(0)) return kept;
  throw new RangeError(
    `Cannot ${what}: the mask must not be 0 for at least one latent of ${factor} x ${factor} pixels, found that all are kept`,
  );
}
