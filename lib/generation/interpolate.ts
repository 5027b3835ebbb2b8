/**
 * Images between prompts, numbers and seeds.
 *
 * @module
 */

import { noiseOf } from "../diffusion/mod.ts";
import { refuseOutside, refuseUnknown } from "../options.ts";
import { key, tf } from "../tensorflow/mod.ts";
import type { ClassLabels } from "./_conditions.ts";
import { generate } from "./_generate.ts";
import type { Generation } from "./generation.ts";
import type { Pipeline } from "./pipeline.ts";
import { encodePrompts } from "./prompt_embeddings.ts";
import { noiseWork, type TextToImageOptions, textToImageOptions } from "./text_to_image.ts";

/** Options of {@linkcode interpolate}: those of `textToImage`, of which some are stations. */
export type InterpolateOptions = Omit<TextToImageOptions, "promptEmbeddings" | "noise"> & {
  /** Stations: their embeddings are mixed. One stays the same throughout. */
  prompt?: string | readonly string[];
  /** Stations: on the way from one to the next the noise turns from its own to the other's. @default {[0]} */
  seeds?: readonly number[];
  /** Stations: numbers are mixed. */
  classLabels?: ClassLabels;
  /** Images in all, with those at the stations' ends. @default {8} */
  frames?: number;
};

/** A place on the way: between which stations, and how far from the first. */
type Place = { from: number; to: number; share: number };

/**
 * Generates a series of images on the way between two or more stations, at even distances: prompts and
 * numbers are mixed linearly, noise along the arc between them ({@linkcode slerp}). What samplers draw
 * on the way is that of the first seed.
 *
 * @returns The frames; the prompt of each tells its place
 * @throws {RangeError} When there are less than two frames, or nothing changes between them; and as
 * `textToImage` does
 *
 * @example
 * ```ts
 * import { interpolate } from "galaxykit/generation";
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
 * const { images } = await interpolate({ unet, codec, sampler: euler() }, {
 *   ...{ seeds: [1, 2], frames: 3, steps: 2, width: 8 },
 * });
 * assert.deepEqual(images.map(({ prompt }) => prompt), ["seed 1", "seed 1 to 2, 0.50", "seed 2"]);
 * ```
 */
export async function interpolate(
  pipeline: Pipeline,
  options: InterpolateOptions,
): Promise<Generation> {
  const what = "interpolate images";
  const { promptEmbeddings: _, noise: __, ...known } = textToImageOptions;
  refuseUnknown(options, { ...known, frames: true }, { what });
  const { prompt, seeds = [0], classLabels, frames = 8, ...rest } = options;
  refuseOutside({ frames }, { frames: "whole [2, ∞)" }, { what });
  const prompts = prompt === undefined ? [] : [prompt].flat();
  const stations = {
    prompt: prompts.length,
    seeds: seeds.length,
    classLabels: classLabels ? classLabels.values.length / classLabels.width : 0,
  };
  const several = Object.entries(stations).filter(([, count]) => count > 1);
  const other = several.find(([, count]) => count !== several[0]![1]);
  if (several.length === 0 || other !== undefined) {
    throw new RangeError(
      `Cannot ${what}: prompt, seeds or classLabels must have at least two stations, and as many as each other, found ${
        Object.entries(stations).filter(([, count]) => count > 0)
          .map(([name, count]) => `${count} ${name}`).join(" and ")
      }`,
    );
  }
  const last = several[0]![1] - 1;
  const places = Array.from({ length: frames }, (_, frame): Place => {
    const at = frame * last / (frames - 1);
    const from = Math.min(Math.floor(at), last - 1);
    return { from, to: from + 1, share: at - from };
  });
  const work = noiseWork(pipeline, rest);
  const shape = [work.rows, work.columns, pipeline.codec.latentChannels];
  const tensors = tf.tidy(() => {
    const keys = seeds.map(key);
    const ends = tf.unstack(noiseOf(keys, shape));
    const noise = tf.stack(between(ends, { places, mix: slerp }));
    if (prompts.length === 0) return { noise };
    const texts = tf.unstack(encodePrompts(pipeline, prompts, rest).embeddings);
    const promptEmbeddings = tf.stack(between(texts, { places, mix: lerp })) as tf.Tensor3D;
    return { noise, promptEmbeddings };
  });
  const mixed = classLabels && mixedLabels(classLabels, places);
  const captions = places.map((place) => captionOf({ prompts, seeds }, place));
  try {
    return await generate(pipeline, { ...work, what, captions }, {
      ...{ ...rest, ...tensors, seeds: [seeds[0]!], classLabels: mixed },
    });
  } finally {
    tf.dispose(tensors);
  }
}

/**
 * A tensor on the arc between two, as far from the origin as they are: what lies straight between two
 * draws of noise has less variance than noise has (Shoemake 1985, "Animating rotation with quaternion
 * curves", SIGGRAPH; for noise White 2016, arXiv:1609.04468).
 *
 * @param options `share`: 0 at the first, 1 at the second
 *
 * @example
 * ```ts
 * import { slerp } from "galaxykit/generation";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const middle = slerp(tf.tensor1d([1, 0]), tf.tensor1d([0, 1]), { share: 0.5 });
 * assert.deepEqual([...middle.dataSync()].map((x) => x.toFixed(4)), ["0.7071", "0.7071"]);
 * ```
 */
export function slerp(
  first: tf.Tensor,
  second: tf.Tensor,
  { share }: { share: number },
): tf.Tensor {
  const angle = tf.tidy(() => {
    const dot = tf.sum(tf.mul(first, second));
    const lengths = tf.mul(tf.norm(first), tf.norm(second));
    return Math.acos(Math.min(1, Math.max(-1, tf.divNoNan(dot, lengths).dataSync()[0]!)));
  });
  // Of one direction, or of opposite ones, between which there is no one arc
  if (Math.sin(angle) < 1e-3) return lerp(first, second, { share });
  const [a, b] = [1 - share, share].map((part) => Math.sin(part * angle) / Math.sin(angle));
  return tf.tidy(() => tf.add(tf.mul(first, a!), tf.mul(second, b!)));
}

type Mix = (first: tf.Tensor, second: tf.Tensor, options: { share: number }) => tf.Tensor;

const lerp: Mix = (first, second, { share }) =>
  tf.tidy(() => tf.add(tf.mul(first, 1 - share), tf.mul(second, share)));

function between(
  stations: readonly tf.Tensor[],
  { places, mix }: { places: readonly Place[]; mix: Mix },
): tf.Tensor[] {
  if (stations.length === 1) return places.map(() => stations[0]!);
  return places.map(({ from, to, share }) => mix(stations[from]!, stations[to]!, { share }));
}

function mixedLabels({ values, width }: ClassLabels, places: readonly Place[]): ClassLabels {
  if (values.length === width) return { values, width };
  return {
    values: Float32Array.from({ length: places.length * width }, (_, at) => {
      const { from, to, share } = places[Math.floor(at / width)]!;
      const value = (station: number) => values[station * width + at % width]!;
      return (1 - share) * value(from) + share * value(to);
    }),
    width,
  };
}

/** What changes, and how far. */
function captionOf(
  { prompts, seeds }: { prompts: readonly string[]; seeds: readonly number[] },
  { from, to, share }: Place,
): string {
  const stations = prompts.length > 1 ? prompts : seeds.length > 1 ? seeds.map(String) : [];
  const start = prompts.length > 1 || stations.length === 0 ? "" : "seed ";
  const name = (station: number) => `${start}${stations[station] ?? `station ${station + 1}`}`;
  if (share === 0) return name(from);
  if (share === 1) return name(to);
  return `${name(from)} to ${name(to).slice(start.length)}, ${share.toFixed(2)}`;
}
