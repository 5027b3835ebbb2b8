/**
 * Images of noise.
 *
 * @module
 */

import { type OptionNames, refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { generate, latentSize, STEPS, type Work } from "./_generate.ts";
import { type GenerateOptions, generateOptions } from "./generate_options.ts";
import type { Generation } from "./generation.ts";
import { type Pipeline, samplerOf } from "./pipeline.ts";

/** Options of {@linkcode textToImage}. */
export type TextToImageOptions = GenerateOptions & {
  /** In pixels, a multiple of the codec's factor. @default {what the U-Net was trained on} */
  width?: number;
  /** In pixels. @default {what the U-Net was trained on; the width, where that is given} */
  height?: number;
  /**
   * What latents begin with beside the noise, a number each channel, such as the mean latents of real
   * images. A model that was trained on noise that is never all noise takes the mean of what it begins
   * with for that of the image, 0, and draws a dark sky too bright: this tells it. @default {zeros}
   */
  startMean?: readonly number[];
};

/**
 * Generates images of a prompt, of numbers, or of both, from noise.
 *
 * An image depends on its seed, prompt and settings, and not on what is generated beside it. When the
 * signal aborts, those that are finished are returned.
 *
 * @throws {RangeError} For a size that is no multiple of the codec's factor; a setting out of its range;
 * a prompt that is too long, told what would be cut; lists of other lengths; a sampler that there is not;
 * latents or images that become NaN, naming the call
 * @throws {TypeError} For a condition that the pipeline does not take, or cannot do without
 * @throws {SyntaxError} For braces in a prompt that are not balanced
 *
 * @example A pipeline that learnt nothing yet
 * ```ts
 * import { AutoencoderCodec, textToImage } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { dpmSolver } from "galaxykit/diffusion";
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pipeline = {
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel(clipTextConfigs.tiny, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: dpmSolver(),
 * };
 * const generation = await textToImage(pipeline, {
 *   prompt: "a {ring:1.2}",
 *   seeds: [1, 2],
 *   steps: 3,
 *   width: 24,
 *   height: 16,
 * });
 * const [{ pixels, width, height, seed }] = generation.images;
 * assert.deepEqual([pixels.length, width, height, seed], [24 * 16 * 3, 24, 16, 1]);
 * await generation.grid().save(`${Deno.makeTempDirSync()}/grid.png`);
 * ```
 */
export async function textToImage(
  pipeline: Pipeline,
  options: TextToImageOptions = {},
): Promise<Generation> {
  refuseUnknown(options, textToImageOptions, { what: WHAT });
  return await generate(pipeline, noiseWork(pipeline, options), options);
}

/** The names of {@linkcode TextToImageOptions}. */
export const textToImageOptions: OptionNames<TextToImageOptions> = {
  ...generateOptions,
  ...{ width: true, height: true, startMean: true },
};

const WHAT = "generate images";

/** What is to be done for images that begin with noise. */
export function noiseWork(pipeline: Pipeline, options: TextToImageOptions): Work {
  const { steps = STEPS, startMean } = options;
  const size = latentSize(pipeline, { ...sizeOf(pipeline, options), what: WHAT });
  const plan = samplerOf(pipeline, options.sampler).plan({ steps });
  if (startMean === undefined) return { what: WHAT, ...size, plan };
  const { latentChannels } = pipeline.codec;
  const wrong = startMean.find((mean) => !Number.isFinite(mean));
  if (startMean.length !== latentChannels || wrong !== undefined) {
    throw new RangeError(
      `Cannot ${WHAT}: startMean must be ${latentChannels} numbers, one a channel of the latents, found ${
        wrong ?? startMean.length
      }`,
    );
  }
  const shape = [size.rows, size.columns, latentChannels];
  return {
    ...{ what: WHAT, ...size, plan },
    start: ({ images }) => ({
      image: tf.broadcastTo(tf.tensor([...startMean], [1, 1, 1, latentChannels], "float32"), [
        images.length,
        ...shape,
      ]),
    }),
  };
}

/** Of the images, in pixels. */
function sizeOf(
  { unet, codec }: Pipeline,
  { width, height }: TextToImageOptions,
): { width: number; height: number } {
  const trained = unet.config.sample_size;
  const [rows, columns] = [trained, trained].flat();
  if (width === undefined && height === undefined && trained === null) {
    throw new RangeError(
      "Cannot generate images: the U-Net does not say on which size it was trained (sample_size), give width and height",
    );
  }
  return {
    width: width ?? height ?? (trained instanceof Array ? trained[1]! : columns!) * codec.factor,
    height: height ?? width ?? rows! * codec.factor,
  };
}
