/**
 * What training needs of a noise schedule: noisy images, what the network is to predict of them, and
 * how much each timestep counts.
 *
 * @module
 */

import { refuseOther, refuseOutside } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import type { Weights } from "./_weights.ts";
import { imageWeights, levelOfAlpha, noiseWeights, type PredictionType } from "./prediction.ts";

/** Images, noise of the same shape, and the timestep of each image: int32 [batch], from 0. */
type Noised = { image: tf.Tensor; noise: tf.Tensor; timesteps: tf.Tensor1D };

/** What a network can predict at each timestep of a noise schedule. */
type Predicted = Exclude<PredictionType, "flow_prediction">;

const PREDICTED: readonly Predicted[] = ["epsilon", "sample", "v_prediction"];

/**
 * Images with the noise of their timesteps: √ᾱ · image + √(1 - ᾱ) · noise (Ho et al. 2020,
 * arXiv:2006.11239, equation 4).
 *
 * @throws {RangeError} When image and noise are of two shapes, or there is not one timestep an image
 *
 * @example
 * ```ts
 * import { addNoise, noiseSchedule } from "galaxykit/diffusion";
 * import { key, normal, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const schedule = noiseSchedule();
 * const image = tf.zeros([2, 8, 8, 4]);
 * const noise = normal(key(1), [2, 8, 8, 4]);
 * const noisy = addNoise(schedule, { image, noise, timesteps: tf.tensor1d([0, 999], "int32") });
 * const [first, last] = tf.unstack(noisy).map((of) => tf.moments(of).variance.dataSync()[0]);
 * assert.ok(first < 1e-3 && last > 0.5);
 * ```
 */
export function addNoise(schedule: NoiseSchedule, { image, noise, timesteps }: Noised): tf.Tensor {
  return tf.tidy(() => {
    const { signals, noises } = levelsOf(schedule, { like: image, noise, timesteps });
    return tf.add(tf.mul(signals, image), tf.mul(noises, noise));
  });
}

/**
 * Images on their straight way into noise, for a network that is to predict noise - image: (1 - t) ·
 * image + t · noise (Liu et al. 2023, arXiv:2209.03003, equation 1, with t the other way round).
 *
 * @param options `times`: of each image in [0, 1], float32 [batch]; the network is told 1000 t
 * @throws {RangeError} When image and noise are of two shapes, or there is not one time an image
 *
 * @example
 * ```ts
 * import { addFlowNoise } from "galaxykit/diffusion";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [image, noise] = [tf.zeros([2, 1]), tf.ones([2, 1])];
 * const noisy = addFlowNoise({ image, noise, times: tf.tensor1d([0.25, 1]) });
 * assert.deepEqual([...noisy.dataSync()], [0.25, 1]);
 * ```
 */
export function addFlowNoise({ image, noise, times }: {
  image: tf.Tensor;
  noise: tf.Tensor;
  times: tf.Tensor1D;
}): tf.Tensor {
  checkShapes(image, { noise, timesteps: times, dtype: "float32" });
  return tf.tidy(() => {
    const share = tf.reshape(times, [-1, ...image.shape.slice(1).map(() => 1)]);
    return tf.add(image, tf.mul(share, tf.sub(noise, image)));
  });
}

/**
 * The velocity of images on their way into noise: √ᾱ · noise - √(1 - ᾱ) · image (Salimans and Ho
 * 2022, arXiv:2202.00512, section 4).
 *
 * @throws {RangeError} As {@linkcode addNoise}
 */
export function velocity(schedule: NoiseSchedule, { image, noise, timesteps }: Noised): tf.Tensor {
  return tf.tidy(() => {
    const { signals, noises } = levelsOf(schedule, { like: image, noise, timesteps });
    return tf.sub(tf.mul(signals, noise), tf.mul(noises, image));
  });
}

/**
 * What the network is to predict: the noise, the image, or the velocity.
 *
 * @throws {RangeError} For another prediction; as {@linkcode addNoise}
 */
export function predictionTarget(
  schedule: NoiseSchedule,
  { predictionType, ...noised }: Noised & { predictionType: Predicted },
): tf.Tensor {
  refuseOther({ predictionType }, { predictionType: PREDICTED }, { what: "make a target" });
  if (predictionType === "epsilon") return noised.noise.clone();
  if (predictionType === "sample") return noised.image.clone();
  return velocity(schedule, noised);
}

/**
 * A prediction as one of another kind, at the noise of each image's timestep.
 *
 * @param options `sample`: noisy images; `output`: what the network made of them, `from` which kind;
 * `to`: the kind that is wanted
 * @throws {RangeError} For another kind; as {@linkcode addNoise}
 *
 * @example
 * ```ts
 * import { convertPrediction, noiseSchedule } from "galaxykit/diffusion";
 * import { tf } from "galaxykit/tensorflow";
 *
 * const image = convertPrediction(noiseSchedule(), {
 *   sample: tf.ones([1, 4, 4, 3]),
 *   output: tf.zeros([1, 4, 4, 3]),
 *   timesteps: tf.tensor1d([500], "int32"),
 *   from: "v_prediction",
 *   to: "sample",
 * });
 * image.print();
 * ```
 */
export function convertPrediction(
  schedule: NoiseSchedule,
  { sample, output, timesteps, from, to }: {
    sample: tf.Tensor;
    output: tf.Tensor;
    timesteps: tf.Tensor1D;
    from: Predicted;
    to: Predicted;
  },
): tf.Tensor {
  refuseOther({ from, to }, { from: PREDICTED, to: PREDICTED }, { what: "convert a prediction" });
  return tf.tidy(() => {
    checkShapes(sample, { noise: output, timesteps });
    const weights = Array.from(schedule.alphasCumprod, (alphaCumprod): Weights => {
      const level = levelOfAlpha(alphaCumprod);
      const image = imageWeights(from, level);
      const noise = noiseWeights(from, level);
      if (from === to) return { sample: 0, output: 1 };
      if (to === "sample") return image;
      if (to === "epsilon") return noise;
      const { signal: α, noise: σ } = level;
      return {
        sample: α * noise["sample"]! - σ * image["sample"]!,
        output: α * noise["output"]! - σ * image["output"]!,
      };
    });
    if (!weights.every(({ sample, output }) => Number.isFinite(sample! + output!))) {
      throw new RangeError(
        `Cannot make "${to}" of "${from}" where a schedule ends in pure noise: the noise tells nothing of the image; predict v_prediction or sample`,
      );
    }
    const [ofSample, ofOutput] = (["sample", "output"] as const).map((name) =>
      gathered(weights.map((weight) => weight[name]!), { timesteps, like: sample })
    );
    return tf.add(tf.mul(ofSample!, sample), tf.mul(ofOutput!, output));
  });
}

/**
 * The signal-to-noise ratio of each timestep, ᾱ/(1 - ᾱ) (Kingma et al. 2021, arXiv:2107.00630,
 * equation 2): falling, 0 at the last timestep of a schedule that ends in pure noise.
 */
export function signalToNoise({ alphasCumprod }: NoiseSchedule): Float64Array {
  return alphasCumprod.map((left) => left / (1 - left));
}

/**
 * How much the squared error of each timestep counts, so that no noise level outweighs the others:
 * that of the image, weighted by min(SNR, γ) (Hang et al. 2023, arXiv:2303.09556), in
 * terms of what the network predicts: min(SNR, γ)/SNR of the noise, min(SNR, γ)/(SNR + 1) of the
 * velocity.
 *
 * @returns One a timestep
 * @throws {RangeError} For an option out of its range
 *
 * @example
 * ```ts
 * import { minSnrWeights, noiseSchedule } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const weights = minSnrWeights(noiseSchedule(), { predictionType: "epsilon" });
 * assert.ok(weights[0] < 0.001 && weights[999] === 1);
 * ```
 */
export function minSnrWeights(
  schedule: NoiseSchedule,
  { predictionType, gamma = 5, floor = 0 }: {
    predictionType: Predicted;
    /** Above this ratio all count the same. @default {5} */
    gamma?: number;
    /**
     * No weight is less. Where a schedule ends in pure noise the velocity there has weight 0, so that
     * nothing is learnt of where sampling begins: 0.1 mends it. @default {0}
     */
    floor?: number;
  },
): Float64Array {
  const what = "weight timesteps";
  refuseOther({ predictionType }, { predictionType: PREDICTED }, { what });
  refuseOutside({ gamma, floor }, { gamma: "(0, ∞)", floor: "[0, ∞)" }, { what });
  return signalToNoise(schedule).map((ratio) => {
    const least = Math.min(ratio, gamma);
    const weight = {
      epsilon: ratio === 0 ? 1 : least / ratio, // the limit
      sample: least,
      v_prediction: least / (ratio + 1),
    }[predictionType];
    return Math.max(weight, floor);
  });
}

/** √ᾱ and √(1 - ᾱ) of each image, to be multiplied with images. */
function levelsOf(
  { alphasCumprod }: NoiseSchedule,
  { like, noise, timesteps }: { like: tf.Tensor; noise: tf.Tensor; timesteps: tf.Tensor1D },
): { signals: tf.Tensor; noises: tf.Tensor } {
  checkShapes(like, { noise, timesteps });
  const levels = Array.from(alphasCumprod, levelOfAlpha);
  return {
    signals: gathered(levels.map(({ signal }) => signal), { timesteps, like }),
    noises: gathered(levels.map(({ noise }) => noise), { timesteps, like }),
  };
}

/** The values of the timesteps, [batch, 1, …] with as many axes as the images. */
function gathered(
  values: readonly number[],
  { timesteps, like }: { timesteps: tf.Tensor1D; like: tf.Tensor },
): tf.Tensor {
  const taken = tf.gather(tf.tensor1d([...values], "float32"), timesteps);
  return tf.reshape(taken, [-1, ...like.shape.slice(1).map(() => 1)]);
}

function checkShapes(
  image: tf.Tensor,
  { noise, timesteps, dtype = "int32" }: {
    noise: tf.Tensor;
    timesteps: tf.Tensor1D;
    dtype?: "int32" | "float32";
  },
): void {
  if (String(image.shape) !== String(noise.shape)) {
    throw new RangeError(
      `Cannot mix images of shape [${image.shape}] with others of shape [${noise.shape}]: make both of one shape`,
    );
  }
  if (
    timesteps.dtype !== dtype || timesteps.rank !== 1 || timesteps.shape[0] !== image.shape[0]
  ) {
    throw new RangeError(
      `Cannot take the noise of timesteps ${timesteps.dtype} [${timesteps.shape}]: ${dtype} [${
        image.shape[0]
      }] is wanted, one an image`,
    );
  }
}
