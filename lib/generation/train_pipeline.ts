/**
 * The training of a pipeline on images and what is said of them.
 *
 * @module
 */

import { flipsAndQuarterTurns, ORIENTATIONS } from "../augment/mod.ts";
import type { Batched, ImageSet, Source } from "../data/mod.ts";
import { takeRows } from "../data/source.ts";
import { configOf, noiseSchedule } from "../diffusion/mod.ts";
import { scheduleOptions } from "../diffusion/sampler.ts";
import { foldIn, type Key, split, tf, uint8Tensor } from "../tensorflow/mod.ts";
import { type Objective, train, type Trained, type TrainOptions } from "../train/mod.ts";
import { type ClassLabels, labelWidth } from "./_conditions.ts";
import { latentSize } from "./_generate.ts";
import { codecInput } from "./_pictures.ts";
import type { Adaptation } from "./adaptation.ts";
import { Denoiser, denoisingLoss, type DenoisingOptions } from "./denoising.ts";
import type { LatentSource } from "./latent_cache.ts";
import { type Pipeline, takesText } from "./pipeline.ts";
import { tokensOf } from "./prompt_embeddings.ts";

/** Images, and what is known of each. */
export type PipelineExamples = {
  /** Pictures, or what `cacheLatents` made of them: all eight orientations of each. */
  images: ImageSet | LatentSource;
  /** What each picture shows, in words: wanted by a pipeline that reads text. */
  captions?: readonly string[];
  /** Numbers of each picture, such as votes. @default {zeros: nothing is known} */
  conditions?: ClassLabels;
  /** Positions of the pictures to learn from. @default {all} */
  train?: Int32Array;
  /** Positions of those that are measured after each epoch. @default {none} */
  validation?: Int32Array;
};

/** Options of {@linkcode trainPipeline}: its own, and those of `train`. */
export type TrainPipelineOptions =
  & Omit<TrainOptions<Batched>, "model" | "train" | "validation">
  & PipelineExamples
  & {
    /**
     * How it learns, beside what the sampler says: weights of timesteps (`minSnrGamma`), `noiseOffset`,
     * captions that are not told (`untold`), …
     *
     * @default {{}}
     */
    loss?: Omit<DenoisingOptions, "schedule" | "predictionType" | "emptyTokens">;
    /** Whether pictures are turned and mirrored at random. @default {true} */
    turned?: boolean;
    /** Whether captions that are too long lose their ends. @default {false: they are refused} */
    truncate?: boolean;
  };

/** Some examples. */
type Examples = Batched & {
  images?: Uint8Array;
  latents?: Float32Array;
  tokens?: Int32Array;
  conditions?: Float32Array;
};

type Inputs = {
  images?: tf.Tensor;
  latents?: tf.Tensor;
  tokens?: tf.Tensor;
  conditions?: tf.Tensor;
};

/**
 * Fine-tunes a pipeline, as far as an adaptation lets it: `adaptWhole`, `adaptByLora` or `adaptByToken`.
 * How noise grows and what is predicted is what the pipeline's sampler says, so that images come out of
 * the same pipeline afterwards: for a schedule that ends in pure noise give the pipeline that
 * `zeroTerminalSnr` of its sampler. All else is `train`'s: runs in folders, that go on to the bit where
 * they were stopped, averages, schedules such as `oneCycle`.
 *
 * @throws {RangeError} When there is not one caption or row of numbers an image; for a caption that is too
 * long, told what would be cut; when no caption has the new word in it; and as `train` and `denoisingLoss` do
 * @throws {TypeError} When the pipeline takes no text or numbers, and some are given; or lacks some
 * @throws {DOMException} When the signal aborts; a run in a folder can be resumed
 *
 * @example
 * ```ts
 * import { openSurvey } from "galaxykit/data";
 * import { adaptByLora, AutoencoderCodec, trainPipeline } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pipeline = { // In earnest: await openPipeline("…")
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel(clipTextConfigs.tiny, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: ddim({ clipSample: false }),
 * };
 * const images = await openSurvey("data/sky").images({ size: 16, targets: [] });
 * const { history } = await trainPipeline(adaptByLora(pipeline, { rank: 2, key: key(4) }), {
 *   images,
 *   captions: images.ids.map(() => "a galaxy"),
 *   train: Int32Array.of(0, 1, 2, 3),
 *   loss: { minSnrGamma: 5, noiseOffset: 0.05, untold: { caption: 0.1 } },
 *   batchSize: 2,
 *   epochs: 1,
 *   rate: 1e-3,
 * });
 * assert.equal(history.length, 1);
 * ```
 */
export async function trainPipeline(
  { pipeline, model, word }: Adaptation,
  options: TrainPipelineOptions,
): Promise<Trained> {
  const { images, captions, conditions, loss = {}, turned = true, truncate = false, ...rest } =
    options;
  const { train: learnt, validation, ...others } = rest;
  const set = examplesOf(pipeline, { images, captions, conditions, truncate, word });
  const places = (positions: Int32Array | undefined) =>
    positions && isLatents(images) ? orientationsOf(positions) : positions;
  return await train(objectiveOf(pipeline, { images, loss, turned }), {
    ...others,
    model,
    train: { set, indices: places(learnt) },
    ...(validation && { validation: { set, indices: places(validation) } }),
  });
}

const WHAT = "train a pipeline";

function isLatents(images: ImageSet | LatentSource): images is LatentSource {
  return "shape" in images;
}

/** Where the latents of pictures are, in all orientations. */
function orientationsOf(pictures: Int32Array): Int32Array {
  return Int32Array.from(
    { length: ORIENTATIONS * pictures.length },
    (_, at) => ORIENTATIONS * pictures[Math.floor(at / ORIENTATIONS)]! + at % ORIENTATIONS,
  );
}

/** Pictures with their tokens and numbers. */
function examplesOf(
  pipeline: Pipeline,
  { images, captions, conditions, truncate, word }:
    & Pick<PipelineExamples, "images" | "captions" | "conditions">
    & { truncate: boolean; word?: string },
): Source<Examples> {
  checkImages(pipeline, images);
  const views = isLatents(images) ? ORIENTATIONS : 1;
  const count = images.length / views;
  const rows = {
    captions: captions?.length,
    conditions: conditions && conditions.values.length / conditions.width,
  };
  for (const [name, found] of Object.entries(rows)) {
    if (found === undefined || found === count) continue;
    throw new RangeError(
      `Cannot ${WHAT}: there must be one of captions and conditions an image, found ${found} ${name} for ${count} images`,
    );
  }
  const fields = {
    ...tokensOfCaptions(pipeline, { captions, truncate, word }),
    ...numbersOf(pipeline, { conditions, count }),
  };
  const { length, ids } = images;
  return {
    ...{ length, ids, of: images, fields },
    readAhead: (indices) => images.readAhead?.(indices),
    async read(wanted) {
      const { indices, ...batch } = await images.read(wanted);
      const pictures = indices.map((index) => Math.floor(index / views));
      const told = Object.keys(fields).length === 0
        ? {}
        : takeRows(fields, { indices: pictures, length: count });
      const pixels = "latents" in batch ? { latents: batch.latents } : { images: batch.images };
      return { ...told, ...pixels, indices };
    },
  } as Source<Examples>;
}

function checkImages(pipeline: Pipeline, images: ImageSet | LatentSource): void {
  const { latentChannels } = pipeline.codec;
  if (!isLatents(images)) {
    latentSize(pipeline, { width: images.size, height: images.size, what: WHAT });
    return;
  }
  if (images.shape[2] === latentChannels) return;
  throw new RangeError(
    `Cannot ${WHAT}: latents must have the codec's ${latentChannels} channels, found ${
      images.shape[2]
    }; they are another codec's`,
  );
}

/** The tokens of captions, [pictures, tokens]. */
function tokensOfCaptions(
  pipeline: Pipeline,
  { captions, truncate, word }: {
    captions?: readonly string[];
    truncate: boolean;
    word?: string;
  },
): { tokens?: Int32Array } {
  const { tokenizer, textEncoder } = pipeline;
  if (!takesText(pipeline)) {
    if (captions === undefined) return {};
    throw new TypeError(`Cannot ${WHAT}: the U-Net takes no text, and captions are given`);
  }
  if (captions === undefined) {
    throw new TypeError(`Cannot ${WHAT}: its U-Net looks at text; give captions, one an image`);
  }
  if (tokenizer === undefined || textEncoder === undefined) {
    throw new TypeError(`Cannot ${WHAT}: it has no text encoder to read captions`);
  }
  if (word !== undefined && !captions.some((caption) => caption.includes(word))) {
    throw new RangeError(
      `Cannot ${WHAT}: none of the ${captions.length} captions has the new word "${word}" in it`,
    );
  }
  return { tokens: tokensOf(tokenizer, captions, { truncate }).ids };
}

/** The numbers of pictures, [pictures, width]. */
function numbersOf(
  pipeline: Pipeline,
  { conditions, count }: { conditions?: ClassLabels; count: number },
): { conditions?: Float32Array } {
  const { width, isVector } = labelWidth(pipeline);
  if (width === 0) {
    if (conditions === undefined) return {};
    throw new TypeError(`Cannot ${WHAT}: the U-Net takes no numbers, and conditions are given`);
  }
  if (!isVector) {
    throw new TypeError(
      `Cannot ${WHAT}: its U-Net takes a class or a time beside the text, for which nothing stands for none`,
    );
  }
  if (conditions !== undefined && conditions.width !== width) {
    throw new RangeError(
      `Cannot ${WHAT}: conditions must be ${width} numbers an image, found ${conditions.width}`,
    );
  }
  return { conditions: Float32Array.from(conditions?.values ?? new Float32Array(count * width)) };
}

function objectiveOf(
  pipeline: Pipeline,
  { images, loss: options, turned }: {
    images: ImageSet | LatentSource;
    loss: NonNullable<TrainPipelineOptions["loss"]>;
    turned: boolean;
  },
): Objective<Examples, Inputs> {
  const { codec, sampler, tokenizer } = pipeline;
  const { predictionType } = sampler.settings;
  const isFlow = predictionType === "flow_prediction";
  const loss = denoisingLoss(new Denoiser(pipeline), {
    ...options,
    ...(isFlow ? { schedule: "flow" } : {
      schedule: noiseSchedule(scheduleOptions(sampler.settings)),
      predictionType,
    }),
    ...(takesText(pipeline) && { emptyTokens: tokenizer!.call([""]).ids }),
  });
  const shape = isLatents(images) ? images.shape : [images.size, images.size, 3] as const;
  const wholes = (of: Int32Array | Float32Array, rows: number) =>
    tf.tensor2d(of, [rows, of.length / rows]);
  return {
    inputs: ({ images, latents, tokens, conditions, indices: { length } }) => ({
      ...(images && { images: uint8Tensor(images, [length, ...shape]) }),
      ...(latents && { latents: tf.tensor4d(latents, [length, ...shape]) }),
      ...(tokens && { tokens: wholes(tokens, length) }),
      ...(conditions && { conditions: wholes(conditions, length) }),
    }),
    loss({ images, latents, ...told }, { key, training }) {
      const [forTurn, forCodec] = split(key) as [Key, Key];
      return loss({
        ...told,
        latents: latents ?? codec.encode(
          turned ? flipsAndQuarterTurns(forTurn, codecInput(images!)) : codecInput(images!),
          { key: forCodec },
        ),
      }, { key: foldIn(key, 1), training });
    },
    config: { denoising: { ...options, turned }, sampler: configOf(sampler) },
  };
}
