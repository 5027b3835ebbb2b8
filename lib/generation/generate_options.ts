/**
 * What all ways of generating images have in common to be asked for.
 *
 * @module
 */

import type { Sampler, SamplerName } from "../diffusion/mod.ts";
import type { OptionNames } from "../options.ts";
import type { LiveDisplay } from "../plot/mod.ts";
import type { OnProgress } from "../progress.ts";
import type { tf } from "../tensorflow/mod.ts";
import { type ConditionOptions, conditionOptions } from "./_conditions.ts";
import type { MadePicture } from "./_pictures.ts";
import type { GeneratedImage } from "./generation.ts";

/** A call of the network that is done, for one batch. */
export type GenerationStep = {
  /** Calls done, from 1. */
  readonly step: number;
  /** Calls in all. */
  readonly steps: number;
  /** What the network was told the time is. */
  readonly timestep: number;
  /** Of the images of the batch. */
  readonly seeds: readonly number[];
  /** The sample after the call, lent: it is disposed of when the callback has ended. */
  readonly sample: tf.Tensor;
  /** The images that the network sees in its noise now, decoded when asked for. */
  preview(): MadePicture[];
};

/** What is to be generated, and how. */
export type GenerateOptions = ConditionOptions & {
  /**
   * Where all that is random in an image comes from: one an image, or one for all. An image depends on
   * its own alone, whatever is generated beside it. @default {[0]}
   */
  seeds?: readonly number[];
  /** At how many noise levels the network is called. @default {50} */
  steps?: number;
  /** How noise is removed: a sampler, or a name, put in the place of the pipeline's. */
  sampler?: Sampler | SamplerName;
  /**
   * How strongly images are led to their conditions, away from the negative ones; 1 does without, in
   * half the time. @default {7.5; 1 for a U-Net that takes no condition}
   */
  guidance?: number;
  /**
   * How far the deviation of what is predicted is brought back to what it is without guidance, in
   * [0, 1]: against images that are too bright. @default {0}
   */
  guidanceRescale?: number;
  /**
   * Images at once: fewer need less memory. @default {as many as have 4,096 latents: 1 of 512 pixels by
   * Stable Diffusion}
   */
  batchSize?: number;
  /**
   * The noise that images begin with, [1 or images, rows, columns, channels], of unit variance, in place
   * of that of the seeds. With another axis before, also what each call draws: [1 + calls, images, …].
   */
  noise?: tf.Tensor;
  /** Told of each call of the network; waited for. */
  onStep?: (step: GenerationStep) => void | Promise<void>;
  /** Given the images of each batch when they are finished, such as to save them; waited for. */
  onImages?: (images: readonly GeneratedImage[]) => void | Promise<void>;
  onProgress?: OnProgress;
  /**
   * Where images appear and sharpen as they are made; `false` for nowhere. @default {the notebook, elsewhere
   * nowhere}
   */
  display?: LiveDisplay | false;
  /** Stops it: what is finished is returned. */
  signal?: AbortSignal;
};

/** The names of {@linkcode GenerateOptions}. */
export const generateOptions: OptionNames<GenerateOptions> = {
  ...conditionOptions,
  ...{ seeds: true, steps: true, sampler: true, guidance: true, guidanceRescale: true },
  ...{ batchSize: true, noise: true, onStep: true, onImages: true, onProgress: true, signal: true },
  display: true,
};
