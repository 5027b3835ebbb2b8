/**
 * Batch after batch: what is asked for, checked, denoised and decoded.
 *
 * @module
 */

import { noiseOf, type Plan } from "../diffusion/mod.ts";
import { liveDisplay } from "../plot/mod.ts";
import { interruptible } from "../interrupt.ts";
import { refuseOutside } from "../options.ts";
import { type Key, key, tf } from "../tensorflow/mod.ts";
import { conditionCounts, Conditions, each, isConditional } from "./_conditions.ts";
import { denoise, type DoneCall, type Kept } from "./_denoise.ts";
import { guidedUNet } from "./_guided_unet.ts";
import { LiveImages } from "./_live_images.ts";
import { type MadePicture, picturesOf } from "./_pictures.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { type GeneratedImage, Generation } from "./generation.ts";
import { checkPipeline, type Pipeline } from "./pipeline.ts";

/** How long a run is unless that is said. */
export const STEPS = 50;

/** Latents that are denoised at once, unless a batch is said. */
const AT_ONCE = 4096;

/** Some images, at work together. */
export type Batch = {
  /** Which of all they are. */
  readonly images: readonly number[];
  /** One an image. */
  readonly keys: readonly Key[];
};

/** What one way of generating images does in its own way. */
export type Work = {
  /** For messages: "generate images". */
  readonly what: string;
  readonly plan: Plan;
  /** Of latents. */
  readonly rows: number;
  readonly columns: number;
  /** What else there may be one an image of, and how many. */
  readonly counts?: Readonly<Record<string, number | undefined>>;
  /** What images are called, where it is not their prompt. */
  readonly captions?: readonly string[];
  /**
   * What a batch begins with beside noise: `image`, latents, and what of it is not to change.
   *
   * @default {noise alone}
   */
  start?(batch: Batch): { image?: tf.Tensor; kept?: Omit<Kept, "noise"> };
};

/** Latents of images of a size in pixels. */
export function latentSize(
  { codec }: Pipeline,
  { width, height, what }: { width: number; height: number; what: string },
): { rows: number; columns: number } {
  const { factor } = codec;
  const isWhole = [width, height].every((side) => side > 0 && Number.isInteger(side / factor));
  if (isWhole) return { rows: height / factor, columns: width / factor };
  throw new RangeError(
    `Cannot ${what}: width and height must be multiples of ${factor} pixels, found ${width}x${height}${
      nearestSize({ width, height, factor })
    }`,
  );
}

function nearestSize(
  { width, height, factor }: { width: number; height: number; factor: number },
): string {
  const near = (side: number) => Math.max(1, Math.round(side / factor)) * factor;
  return width > 0 && height > 0 ? `; nearest is ${near(width)}x${near(height)}` : "";
}

/** Generates images, batch by batch. */
export async function generate(
  pipeline: Pipeline,
  work: Work,
  options: GenerateOptions,
): Promise<Generation> {
  const { onStep, onImages, display = liveDisplay() } = options;
  const live = display ? new LiveImages(display) : undefined;
  const finished: GeneratedImage[] = [];
  const prompts = work.captions ?? (options.prompt === undefined ? [] : [options.prompt].flat());
  const told = ({ images, seeds }: Seeded, at: number) => ({
    seed: seeds[at]!,
    prompt: prompts[prompts.length === 1 ? 0 : images[at]!],
  });
  const isWhole = await denoiseBatches(pipeline, {
    ...work,
    async onCall({ before, output, after }, batch) {
      const { seeds } = batch;
      const preview = () => decoded(pipeline, work.plan.image(before, output), { seeds });
      await onStep?.({
        step: after.index,
        steps: work.plan.calls.length,
        timestep: work.plan.timesteps[before.index]!,
        seeds,
        sample: after.sample,
        preview,
      });
      if (after.index === work.plan.calls.length) return; // What is finished follows
      await live?.preview(() =>
        preview().map((picture, at) => ({ ...picture, ...told(batch, at) }))
      );
    },
    async onLatents(latents, batch) {
      const pictures = decoded(pipeline, latents.clone(), batch);
      const values = tf.unstack(latents);
      const images = pictures.map((picture, at): GeneratedImage => ({
        ...picture,
        ...told(batch, at),
        latents: values[at]!.dataSync() as Float32Array,
        latentShape: values[at]!.shape as [number, number, number],
      }));
      tf.dispose(values);
      finished.push(...images);
      await live?.finish(images);
      await onImages?.(images);
    },
  }, options);
  if (!isWhole) await live?.finish([]);
  return new Generation(finished, {
    isStopped: !isWhole,
    isShown: live !== undefined && finished.length <= LiveImages.most,
  });
}

/** The seeds of a batch, beside which images they are of. */
type Seeded = { readonly images: readonly number[]; readonly seeds: readonly number[] };

/**
 * The latents of images, batch by batch.
 *
 * @returns Whether all were denoised before the signal aborted
 * @throws {RangeError} For numbers out of their range, and lists of other lengths
 */
export async function denoiseBatches(
  pipeline: Pipeline,
  { onCall, onLatents, ...work }: Work & {
    onCall?(call: DoneCall, batch: Seeded): void | Promise<void>;
    /** Takes a batch's latents, which are disposed of afterwards. */
    onLatents(latents: tf.Tensor4D, batch: Seeded): void | Promise<void>;
  },
  options: GenerateOptions,
): Promise<boolean> {
  const { what, plan, rows, columns } = work;
  checkPipeline(pipeline);
  const { guidance = isConditional(pipeline) ? 7.5 : 1, guidanceRescale = 0, onProgress } = options;
  const { batchSize = Math.max(1, Math.floor(AT_ONCE / (rows * columns))) } = options;
  refuseOutside({ guidance, guidanceRescale, batchSize }, {
    ...{ guidance: "[1, ∞)", guidanceRescale: "[0, 1]", batchSize: "whole [1, ∞)" },
  }, { what });
  const shape = [rows, columns, pipeline.codec.latentChannels];
  const { noise: given } = options;
  checkNoise(given, { shape, calls: plan.calls.length, what });
  const count = countOf({
    seeds: options.seeds?.length,
    ...conditionCounts(options),
    noise: given?.shape.at(-4),
    ...work.counts,
  }, { what });
  const seeds = each(options.seeds ?? [0], count);
  using interrupt = interruptible(options.signal);
  const { signal } = interrupt;
  using conditions = new Conditions(pipeline, { ...options, count, guidance });
  using scales = scalesOf({ isGuided: conditions.isGuided, guidance, guidanceRescale });
  const network = guidedUNet(pipeline.unet);
  const total = Math.ceil(count / batchSize) * plan.calls.length;
  const allKeys = tf.tidy(() => seeds.map(key));
  let done = 0;
  try {
    for (let from = 0; from < count; from += batchSize) {
      const images = Array.from({ length: Math.min(batchSize, count - from) }, (_, i) => from + i);
      const batch: Seeded = { images, seeds: images.map((image) => seeds[image]!) };
      const keys = images.map((image) => allKeys[image]!);
      const noiseAt = (draw: number) =>
        given === undefined
          ? noiseOf(keys, shape)
          : rowsAt(given.rank === 5 ? tf.gather(given, draw) : given, images);
      const own = tf.tidy(() => {
        const noise = noiseAt(0);
        const { image, kept } = work.start?.({ images, keys }) ?? {};
        return {
          noise,
          image,
          conditions: conditions.at(images),
          kept: kept && { ...kept, noise },
        };
      });
      try {
        const latents = await denoise({
          ...own,
          ...{ network, plan, guidance: scales.guidance, signal },
          random: (index) =>
            given?.rank === 5 && given.shape[0]! > 1 ? { noise: noiseAt(index + 1) } : { keys },
          async onCall(call) {
            await onCall?.(call, batch);
            done++;
            const note = count > 1 ? `${from} of ${count} images finished` : undefined;
            onProgress?.({ what: titled(what), done, total, unit: "steps", note });
          },
        });
        try {
          await onLatents(latents, batch);
        } finally {
          latents.dispose();
        }
      } finally {
        tf.dispose(own as unknown as tf.TensorContainer);
      }
    }
    return true;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return false;
    throw error;
  } finally {
    tf.dispose(allKeys);
  }
}

/** Pictures of latents, which are disposed of. */
function decoded(
  { codec }: Pipeline,
  latents: tf.Tensor,
  { seeds }: { seeds: readonly number[] },
): MadePicture[] {
  const images = tf.tidy(() => codec.decode(latents));
  try {
    if (tf.tidy(() => tf.all(tf.isFinite(images)).dataSync()[0])) return picturesOf(images);
    throw new RangeError(
      `Cannot decode the images of seeds ${
        seeds.join(", ")
      }: the codec gives NaN or infinite values for finite latents; look at its weights`,
    );
  } finally {
    tf.dispose([images, latents]);
  }
}

/** Guidance as tensors, so that another strength traces nothing anew. */
function scalesOf({ isGuided, guidance, guidanceRescale }: {
  isGuided: boolean;
  guidance: number;
  guidanceRescale: number;
}) {
  const made = isGuided
    ? {
      scale: tf.scalar(guidance),
      ...guidanceRescale > 0 && { rescale: tf.scalar(guidanceRescale) },
    }
    : undefined;
  return { guidance: made, [Symbol.dispose]: () => made && tf.dispose(made) };
}

/** Refuses noise of another shape than the run takes. */
function checkNoise(
  noise: tf.Tensor | undefined,
  { shape, calls, what }: { shape: readonly number[]; calls: number; what: string },
): void {
  if (noise === undefined) return;
  const isWhole = noise.rank === 4 || noise.rank === 5 && [1, calls + 1].includes(noise.shape[0]!);
  if (isWhole && String(noise.shape.slice(-3)) === String(shape)) return;
  throw new RangeError(
    `Cannot ${what}: noise must be [images, ${shape.join(", ")}], or [${
      calls + 1
    }, images, …] with that of each call, found [${noise.shape.join(", ")}]`,
  );
}

/** Some rows of what is one an image, or one for all. */
export function rowsAt(tensor: tf.Tensor, images: readonly number[]): tf.Tensor {
  const indices = tensor.shape[0] === 1 ? images.map(() => 0) : [...images];
  return tf.tidy(() => tf.gather(tensor, tf.tensor1d(indices, "int32")));
}

/** How many images there are, by all that there is one an image of. */
function countOf(
  counts: Readonly<Record<string, number | undefined>>,
  { what }: { what: string },
): number {
  const given = Object.entries(counts).filter((entry): entry is [string, number] =>
    entry[1] !== undefined
  );
  const empty = given.find(([, count]) => count === 0 || !Number.isInteger(count));
  if (empty !== undefined) {
    throw new RangeError(
      `Cannot ${what}: ${empty[0]} must be at least one, and whole, found ${empty[1]}`,
    );
  }
  const several = given.filter(([, count]) => count > 1);
  const other = several.find(([, count]) => count !== several[0]![1]);
  if (other === undefined) return several[0]?.[1] ?? 1;
  throw new RangeError(
    `Cannot ${what}: there must be one for all images or one an image of each, found ${
      several[0]![1]
    } ${several[0]![0]} and ${other[1]} ${other[0]}`,
  );
}

/** "Generating images" of "generate images". */
function titled(what: string): string {
  const [verb = "", ...rest] = what.split(" ");
  return [`${verb[0]!.toUpperCase()}${verb.slice(1).replace(/e?$/, "ing")}`, ...rest].join(" ");
}
