/**
 * What a diffusion model learns: to tell the noise in latents, whatever it is told of the image.
 *
 * @module
 */

import {
  addFlowNoise,
  addNoise,
  minSnrWeights,
  type NoiseSchedule,
  predictionTarget,
} from "../diffusion/mod.ts";
import type { ClipTextModel, UNet2DConditionModel } from "../models/mod.ts";
import { Module } from "../nn/mod.ts";
import { type OptionNames, refuseOther, refuseOutside, refuseUnknown } from "../options.ts";
import { foldIn, type Key, normal, split, tf, uniform } from "../tensorflow/mod.ts";
import type { Evaluation, Mean } from "../train/mod.ts";

/** The networks that learn together: what a checkpoint of a diffusion model holds. */
export class Denoiser extends Module {
  readonly unet: UNet2DConditionModel;
  readonly text_encoder?: ClipTextModel;
  /** Vectors of tokens beyond the text encoder's vocabulary, [n, width]. */
  readonly learned?: tf.Tensor;

  constructor(
    { unet, textEncoder, learned }: {
      unet: UNet2DConditionModel;
      textEncoder?: ClipTextModel;
      learned?: tf.Tensor;
    },
  ) {
    super();
    this.unet = unet;
    if (textEncoder !== undefined) this.text_encoder = textEncoder;
    if (learned !== undefined) this.learned = learned;
  }
}

/** Latents, and what is known of their images. */
export type DenoisingInputs = {
  /** As the U-Net takes them, [batch, rows, columns, channels]. */
  latents: tf.Tensor;
  /** The tokens of the captions, int32 [batch, tokens]. */
  tokens?: tf.Tensor;
  /** Numbers, such as votes, [batch, width]; zeros where nothing is known. */
  conditions?: tf.Tensor;
};

/** How a diffusion model learns. */
export type DenoisingOptions = {
  /**
   * How noise grows. `"flow"`: straight from image to noise, and the network predicts noise - image
   * (Liu et al. 2023, arXiv:2209.03003).
   */
  schedule: NoiseSchedule | "flow";
  /** What is predicted where there is a schedule. @default {"epsilon"} */
  predictionType?: "epsilon" | "v_prediction" | "sample";
  /**
   * How times are drawn: every one alike; one from each of as many stretches as there are images, which
   * makes the loss less noisy; or, for a flow, more of those in the middle (Esser et al. 2024,
   * arXiv:2403.03206, equation 19, with mean 0.3 and deviation 1).
   *
   * @default {"uniform"}
   */
  times?: "uniform" | "stratified" | "logit-normal";
  /** γ of {@linkcode minSnrWeights}. @default {none: all timesteps count alike} */
  minSnrGamma?: number;
  /** Under which no timestep's weight is. @default {0} */
  weightFloor?: number;
  /**
   * How much one number for each whole channel is added to the noise, which then is learnt with it: what
   * lets a model change the brightness of a picture (Guttenberg 2023, "Diffusion with Offset Noise").
   *
   * @default {0}
   */
  noiseOffset?: number;
  /** How much more noise the network sees than it is to tell (Ning et al. 2023, arXiv:2301.11706). @default {0} */
  inputPerturbation?: number;
  /**
   * Shares of the images of which the caption, the numbers, or both are not told, drawn apart: what
   * guidance leads away from.
   *
   * @default {none}
   */
  untold?: { caption?: number; conditions?: number; both?: number };
  /** The tokens of no caption: those of an empty text. Wanted where captions are left out. */
  emptyTokens?: ArrayLike<number>;
  /** Whether gradients compute each layer again, which saves memory. @default {false} */
  checkpointing?: boolean;
};

const OPTIONS: OptionNames<DenoisingOptions> = {
  ...{ schedule: true, predictionType: true, times: true, minSnrGamma: true, weightFloor: true },
  ...{ noiseOffset: true, inputPerturbation: true, untold: true, emptyTokens: true },
  checkpointing: true,
};

/** Stretches of time by which the loss is told. */
const STRETCHES = 4;

/**
 * The loss of a diffusion model, for `train`: the mean squared error of what it predicts of noisy latents
 * (Ho et al. 2020, arXiv:2006.11239, equation 14). Beside it stand the unweighted losses of four
 * stretches of time, `loss_of_0` (little noise) to `loss_of_750`.
 *
 * @throws {RangeError} For an option out of its range, or two that do not go together
 *
 * @example
 * ```ts
 * import { memorySource } from "galaxykit/data";
 * import { Denoiser, denoisingLoss } from "galaxykit/generation";
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import { train } from "galaxykit/train";
 *
 * const unet = new UNet2DConditionModel({
 *   ...{ block_out_channels: [8], down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
 *   ...{ mid_block_type: null, norm_num_groups: 2, layers_per_block: 1 },
 * }, { key: key(1) });
 * const latents = Float32Array.from({ length: 8 * 4 * 4 * 4 }, (_, at) => Math.sin(at));
 * const loss = denoisingLoss(new Denoiser({ unet }), { schedule: "flow" });
 * const { history } = await train({
 *   inputs: (batch: { latents: Float32Array; indices: Int32Array }) => ({
 *     latents: tf.tensor4d(batch.latents, [batch.indices.length, 4, 4, 4]),
 *   }),
 *   loss,
 * }, { model: unet, train: { set: memorySource({ latents }, { length: 8 }) }, batchSize: 4, epochs: 1, rate: 1e-3 });
 * console.log(history[0].train_loss, history[0].train_loss_of_0);
 * ```
 */
export function denoisingLoss(
  { unet, text_encoder, learned }: Denoiser,
  options: DenoisingOptions,
): (inputs: DenoisingInputs, at: { key: Key; training: boolean }) => Evaluation {
  const what = "train a diffusion model";
  refuseUnknown(options, OPTIONS, { what });
  const { schedule, predictionType = "epsilon", times = "uniform", checkpointing } = options;
  const { minSnrGamma, weightFloor = 0, noiseOffset = 0, inputPerturbation = 0 } = options;
  const { caption = 0, conditions = 0, both = 0 } = options.untold ?? {};
  checkOptions(options, { what });
  const isFlow = schedule === "flow";
  const steps = isFlow ? 1000 : schedule.alphasCumprod.length;
  const weights = isFlow || minSnrGamma === undefined ? undefined : Float32Array.from(
    minSnrWeights(schedule, { predictionType, gamma: minSnrGamma, floor: weightFloor }),
  );

  return ({ latents, ...told }, { key, training }) => {
    const [batch, , , channels] = latents.shape as [number, number, number, number];
    const [forTime, forNoise, forOffset, forMore, forCaption, forNumbers, forBoth] = split(
      key,
      7,
    ) as [
      Key,
      Key,
      Key,
      Key,
      Key,
      Key,
      Key,
    ];
    // 1. The noise, and how much of it.
    const drawn = normal(forNoise, latents.shape as [number, number, number, number]);
    const noise = noiseOffset === 0 ? drawn : tf.add(
      drawn,
      tf.mul(noiseOffset, normal(forOffset, [batch, 1, 1, channels])),
    );
    const seen = inputPerturbation === 0 ? noise : tf.add(
      noise,
      tf.mul(inputPerturbation, normal(forMore, latents.shape as [number, number, number, number])),
    );
    const share = drawTimes(forTime, { batch, times });
    const timesteps = tf.cast(
      tf.minimum(tf.floor(tf.mul(share, steps)), steps - 1),
      "int32",
    ) as tf.Tensor1D;
    const noised = isFlow
      ? addFlowNoise({ image: latents, noise: seen, times: share })
      : addNoise(schedule, { image: latents, noise: seen, timesteps });
    const target = isFlow
      ? tf.sub(noise, latents)
      : predictionTarget(schedule, { predictionType, image: latents, noise, timesteps });

    // 2. What the network is told.
    const isTold = (own: Key, left: number, without: tf.Tensor) =>
      tf.logicalAnd(tf.greaterEqual(uniform(own, [batch, 1]), left), without);
    const any = tf.greaterEqual(uniform(forBoth, [batch, 1]), both);
    const tokens = told.tokens && options.emptyTokens
      ? tf.where(
        isTold(forCaption, caption, any),
        told.tokens,
        tf.tensor2d(Array.from(options.emptyTokens), [1, options.emptyTokens.length], "int32"),
      )
      : told.tokens;
    const numbers = told.conditions &&
      tf.mul(told.conditions, tf.cast(isTold(forNumbers, conditions, any), "float32"));

    // 3. What it makes of it.
    const predicted = unet.call(noised, {
      timestep: isFlow ? tf.mul(share, 1000) : timesteps,
      ...(tokens && text_encoder && {
        encoderHiddenStates: text_encoder.encode(tokens, { added: learned }).tokens,
      }),
      ...(numbers && { classLabels: numbers }),
    }, { training, checkpointing, key: foldIn(key, 1) });
    const errors = tf.mean(tf.squaredDifference(predicted, target), [1, 2, 3]) as tf.Tensor1D;
    const lowered = weights === undefined
      ? errors
      : tf.mul(errors, tf.gather(tf.tensor1d(weights), timesteps));
    return {
      loss: tf.mean(lowered),
      weight: tf.scalar(batch),
      metrics: byStretch(errors, tf.minimum(tf.floor(tf.mul(share, STRETCHES)), STRETCHES - 1)),
    };
  };
}

/** Times of images, [batch], in [0, 1). */
function drawTimes(
  key: Key,
  { batch, times }: { batch: number; times: NonNullable<DenoisingOptions["times"]> },
): tf.Tensor1D {
  if (times === "logit-normal") {
    return tf.sigmoid(tf.add(normal(key, [batch]), 0.3)) as tf.Tensor1D;
  }
  const even = uniform(key, [batch]) as tf.Tensor1D;
  if (times === "uniform") return even;
  return tf.div(tf.add(tf.range(0, batch), even), batch) as tf.Tensor1D;
}

function byStretch(errors: tf.Tensor, stretches: tf.Tensor): Record<string, Mean> {
  return Object.fromEntries(
    Array.from({ length: STRETCHES }, (_, stretch) => {
      const isHere = tf.cast(tf.equal(stretches, stretch), "float32");
      return [`loss_of_${1000 / STRETCHES * stretch}`, {
        sum: tf.sum(tf.mul(errors, isHere)),
        count: tf.sum(isHere),
      }];
    }),
  );
}

function checkOptions(options: DenoisingOptions, { what }: { what: string }): void {
  const { schedule, predictionType, times = "uniform", minSnrGamma, emptyTokens } = options;
  const { weightFloor = 0, noiseOffset = 0, inputPerturbation = 0, untold = {} } = options;
  refuseOther({ times }, { times: ["uniform", "stratified", "logit-normal"] }, { what });
  const { caption = 0, conditions = 0, both = 0 } = untold;
  refuseUnknown(untold, { caption: true, conditions: true, both: true }, { what });
  refuseOutside({ weightFloor, noiseOffset, inputPerturbation, caption, conditions, both }, {
    ...{ weightFloor: "[0, ∞)", noiseOffset: "[0, ∞)", inputPerturbation: "[0, ∞)" },
    ...{ caption: "[0, 1]", conditions: "[0, 1]", both: "[0, 1]" },
  }, { what });
  if (caption + both > 0 && emptyTokens === undefined) {
    throw new RangeError(
      `Cannot ${what}: captions are left out (untold), and what stands for none is not known; give emptyTokens, those of an empty text`,
    );
  }
  if (schedule === "flow" && (predictionType ?? minSnrGamma) !== undefined) {
    throw new RangeError(
      `Cannot ${what}: a flow predicts noise - image, all times alike, found ${
        predictionType === undefined
          ? `minSnrGamma ${minSnrGamma}`
          : `predictionType "${predictionType}"`
      }; leave it out, or give a noise schedule`,
    );
  }
  if (schedule !== "flow" && times === "logit-normal") {
    throw new RangeError(
      `Cannot ${what}: times "logit-normal" are those of a flow; take "stratified", or schedule "flow"`,
    );
  }
}
