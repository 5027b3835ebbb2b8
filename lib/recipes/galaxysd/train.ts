/**
 * The training of a small GalaxySD.
 *
 * @module
 */

import { join } from "node:path";
import { flipsAndQuarterTurns } from "../../augment/mod.ts";
import { captionTags, gz2Tree } from "../../data/mod.ts";
import { codecInput, Denoiser, denoisingLoss, TrainingImages } from "../../generation/mod.ts";
import { fitPatchCodec } from "../../models/mod.ts";
import type { ImageGrid } from "../../plot/mod.ts";
import { within } from "../../progress.ts";
import {
  categorical,
  foldIn,
  type Key,
  key,
  split,
  tf,
  uint8Tensor,
  uniform,
} from "../../tensorflow/mod.ts";
import {
  adamw,
  cosine,
  Ema,
  type Epoch,
  type Objective,
  RunFolder,
  train,
  withoutDecay,
} from "../../train/mod.ts";
import { type GalaxyBatch, type LearntGalaxies, sideOf } from "./galaxies.ts";
import { askedFor } from "./generated.ts";
import { type GalaxyModel, newModel } from "./model.ts";
import { requestOf, TAGS } from "./requests.ts";
import type { GalaxysdSettings, Work } from "./settings.ts";

/**
 * Of galaxies of which something is not told: nothing at all, the caption alone, the votes alone.
 * Votes say more than a caption, so that beside them a caption would hardly be learnt.
 */
const UNTOLD = { both: 0.08, caption: 0.3, conditions: 0.4 };

/** Share of the galaxies of which some questions count as not asked, so that one may ask for few. */
const PARTLY_ASKED = 0.5;

/** Steps until the learning rate is at its height. */
const WARMUP = 100;

/** What images at fixed seeds are of. */
const SHOWN = TAGS.map((id) => requestOf(captionTags[id], [id]));

/** What a training came to. */
export type TrainedModel = {
  model: GalaxyModel;
  history: Epoch[];
  /** What the codec makes of the pictures, in decibels. */
  psnr: number;
  /** The networks that were trained. */
  denoiser: Denoiser;
  /** What they made at fixed seeds while they learnt. */
  images?: ImageGrid;
};

/**
 * Trains a model, or goes on with a stopped training. The codec is found first, from the pictures.
 *
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function trainGalaxies(
  galaxies: LearntGalaxies,
  { out, settings, signal, onProgress }: Work,
): Promise<TrainedModel> {
  // What is generated is no part of what is learnt
  const { tensorBoard, imagesEvery, each: _, sampling, profile: __, ...own } = settings;
  const { seed, steps, perEpoch, batch, rate, weightDecay, average, precision, compiler } = own;
  const size = sideOf(settings);
  const { codec, psnr } = fitPatchCodec(galaxies.pictures.images!, { size, seed });
  const random = key(seed);
  const model = newModel(settings, { key: random, codec, tokenizer: galaxies.tokenizer });
  random.dispose();
  const denoiser = new Denoiser(model);
  const parameters = denoiser.namedParameters();
  const optimizer = adamw(parameters, {
    ...{ weightDecay, beta2: 0.99, perParameter: withoutDecay },
  });
  // (1 + s) / (10 + s) after s steps: the first ones are soon forgotten
  const ema = new Ema(parameters, { decay: average, warmup: { inverseGamma: 9, power: 1 } });
  const run = new RunFolder(join(out, "model"));
  const epochs = Math.ceil(steps / perEpoch);
  const images = new TrainingImages(model, {
    ...askedFor(SHOWN, { model, layout: galaxies.conditions.layout, told: settings.told }),
    captions: SHOWN.map(({ name }) => name),
    ...{ folder: join(out, "images"), seeds: [seed], signal },
    ...{ steps: sampling.steps, guidance: sampling.guidance },
  });
  try {
    const { history } = await train(objectiveOf(galaxies, { model, denoiser, settings }), {
      model: denoiser,
      train: { set: galaxies.set, indices: galaxies.train },
      validation: { set: galaxies.set, indices: galaxies.held },
      monitor: "last",
      ...{ epochs, batchSize: batch, optimizer, ema, clipNorm: 1, seed, precision, compiler },
      rate: cosine({
        rate,
        steps,
        warmup: Math.min(WARMUP, Math.floor(steps / 4)),
        final: rate / 20,
      }),
      ...{ run, resume: true, tensorBoard },
      config: { recipe: "galaxysd", settings: own },
      signal,
      async onEpoch({ epoch }) {
        if (checkpointsOf(epochs).includes(epoch)) {
          Deno.copyFileSync(run.file("model.safetensors"), checkpointPath(out, epoch));
        }
        if (imagesEvery === 0 || epoch % imagesEvery !== 0 && epoch !== epochs) return;
        await ema.during(() => images.add(epoch * perEpoch));
      },
      onProgress: within(onProgress, "Learning galaxies"),
    });
    run.readModel(denoiser);
    return { model, history, psnr, denoiser, images: await images.grid() };
  } catch (error) {
    denoiser.dispose();
    codec.dispose();
    throw error;
  } finally {
    ema.dispose();
    optimizer.dispose();
  }
}

/** After which epochs the weights are kept: each quarter of a training. */
export function checkpointsOf(epochs: number): number[] {
  return [...new Set([1, 2, 3, 4].map((part) => Math.ceil(part * epochs / 4)))];
}

/** The averaged weights after an epoch. */
export function checkpointPath(out: string, epoch: number): string {
  return join(out, "model", `epoch-${`${epoch}`.padStart(4, "0")}.safetensors`);
}

type Inputs = { images: tf.Tensor; tokens: tf.Tensor; conditions: tf.Tensor };

/** Pictures in any of eight orientations, one version of their captions, some of their votes. */
function objectiveOf(
  { conditions: { width }, tokenizer }: LearntGalaxies,
  { model: { codec, unet, textEncoder }, denoiser, settings }: {
    model: GalaxyModel;
    denoiser: Denoiser;
    settings: GalaxysdSettings;
  },
): Objective<GalaxyBatch, Inputs> {
  const size = sideOf(settings);
  const length = tokenizer.options.contextLength;
  const loss = denoisingLoss(denoiser, {
    ...{ schedule: "flow", times: "logit-normal", untold: UNTOLD },
    emptyTokens: tokenizer.call([""]).ids,
  });
  const takesVotes = unet.config.class_embed_type !== null;
  const takesText = textEncoder !== undefined;
  return {
    inputs: ({ images, tokens, conditions, indices: { length: count } }) => ({
      images: uint8Tensor(images, [count, size, size, 3]),
      tokens: tf.tensor3d(tokens, [count, tokens.length / count / length, length], "int32"),
      conditions: tf.tensor2d(conditions, [count, width]),
    }),
    loss({ images, tokens, conditions }, { key, training }) {
      const [forTurn, forCaption, forVotes] = split(key, 3) as [Key, Key, Key];
      const pixels = codecInput(images);
      return loss({
        latents: codec.encode(flipsAndQuarterTurns(forTurn, pixels)),
        ...(takesText && { tokens: oneVersion(forCaption, tokens) }),
        ...(takesVotes && { conditions: partlyAsked(forVotes, conditions) }),
      }, { key: foldIn(key, 1), training });
    },
    config: { objective: "straight flow from galaxies to noise" },
  };
}

/** Of each galaxy one of its captions, [batch, tokens]. */
function oneVersion(key: Key, tokens: tf.Tensor): tf.Tensor {
  const [batch, versions, length] = tokens.shape as [number, number, number];
  const drawn = categorical(key, tf.zeros([batch, versions]));
  const rows = tf.add(tf.mul(tf.range(0, batch, 1, "int32"), versions), drawn);
  return tf.gather(tf.reshape(tokens, [batch * versions, length]), tf.cast(rows, "int32"));
}

/** Conditions of which some questions are taken away, as `withoutQuestions` does. */
function partlyAsked(key: Key, conditions: tf.Tensor): tf.Tensor {
  const [forWhich, forRate, forEach] = split(key, 3) as [Key, Key, Key];
  const [batch, width] = conditions.shape as [number, number];
  const { questions } = gz2Tree;
  const rate = tf.mul(
    tf.cast(tf.less(uniform(forWhich, [batch, 1]), PARTLY_ASKED), "float32"),
    uniform(forRate, [batch, 1]),
  );
  const kept = tf.cast(
    tf.greaterEqual(uniform(forEach, [batch, questions.length]), rate),
    "float32",
  );
  return tf.mul(conditions, tf.matMul(kept, placesOf(width)));
}

/** [questions, width]: 1 where a number belongs to a question. */
function placesOf(width: number): tf.Tensor2D {
  const { questions } = gz2Tree;
  const answers = questions.flatMap(({ answers }, at) => answers.map(() => at));
  const places = new Float32Array(questions.length * width);
  for (const [place, question] of [...answers, ...answers].entries()) {
    places[question * width + place] = 1;
  }
  return tf.tensor2d(places, [questions.length, width]);
}
