/**
 * The noise that an image is made of.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { type ConditionOptions, conditionOptions } from "./_conditions.ts";
import { latentsOf } from "./_encode.ts";
import { denoiseBatches, latentSize, STEPS } from "./_generate.ts";
import { type Picture, sizeOf } from "./_pictures.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { type Pipeline, samplerOf } from "./pipeline.ts";

/** Options of {@linkcode invert}. */
export type InvertOptions =
  & ConditionOptions
  & Pick<GenerateOptions, "steps" | "guidanceRescale" | "batchSize" | "onProgress" | "signal">
  & {
    /** What is inverted: one picture, or several of one size. */
    image: Picture | readonly Picture[];
    /** As of `textToImage`; above 1 the way back leads elsewhere. @default {1} */
    guidance?: number;
  };

/**
 * The noise that DDIM makes these images of, under a prompt or numbers: by its steps backwards (Song et
 * al. 2021, arXiv:2010.02502, section 5.4). Given to `textToImage` as `noise`, with the sampler `ddim`, as many
 * steps and guidance 1, it comes back to the image, the nearer the more steps; under another prompt
 * it becomes what that says and keeps the image's layout.
 *
 * @returns [images, rows, columns, channels], to be disposed of
 * @throws {DOMException} When the signal aborts
 * @throws {RangeError} As `imageToImage` does
 * @throws {TypeError} As `imageToImage` does
 *
 * @example
 * ```ts
 * import { invert, textToImage } from "galaxykit/generation";
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
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
 * const pipeline = { unet, codec, sampler: ddim({ clipSample: false }) };
 * const image = { pixels: Uint8Array.from({ length: 192 }, (_, i) => i), width: 8 };
 * const noise = await invert(pipeline, { image, steps: 10 });
 * const { images: [back] } = await textToImage(pipeline, { noise, steps: 10, width: 8 });
 * assert.ok(back.pixels.every((value, at) => Math.abs(value - at) <= 1));
 * ```
 */
export async function invert(pipeline: Pipeline, options: InvertOptions): Promise<tf.Tensor4D> {
  const what = "invert images";
  refuseUnknown(options, {
    ...conditionOptions,
    ...{ image: true, steps: true, guidance: true, guidanceRescale: true },
    ...{ batchSize: true, onProgress: true, signal: true },
  }, { what });
  const { steps = STEPS, guidance = 1 } = options;
  const pictures = [options.image].flat();
  const size = latentSize(pipeline, { ...sizeOf(pictures, { what }), what });
  const batches: tf.Tensor4D[] = [];
  try {
    const isWhole = await denoiseBatches(pipeline, {
      ...{ what, ...size, plan: samplerOf(pipeline, "ddimInverse").plan({ steps }) },
      counts: { image: pictures.length },
      start: (batch) => ({ image: latentsOf(pipeline, pictures, { ...batch, encoding: "mode" }) }),
      onLatents: (latents) => void batches.push(latents.clone()),
    }, { ...options, guidance });
    if (!isWhole) throw options.signal?.reason ?? new DOMException("It was stopped", "AbortError");
    return tf.concat(batches);
  } finally {
    tf.dispose(batches);
  }
}
