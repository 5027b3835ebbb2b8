/**
 * What a denoising network predicts: the noise, the image, or a mixture of the two.
 *
 * | here     | Karras et al. 2022 | Ho et al. 2020 | Salimans, Ho 2022 | Lipman et al. 2023 |
 * | -------- | ------------------ | -------------- | ----------------- | ------------------ |
 * | `signal` | 1 (s(t) = 1)       | √ᾱ             | α                 | t                  |
 * | `noise`  | σ                  | √(1 - ᾱ)       | σ                 | 1 - t              |
 * | `scale`  | 1/√(σ² + 1)        | 1              | 1                 | 1                  |
 * | image    | D(x; σ)            | x₀             | x                 | x₁                 |
 * | noise ε  | n/σ                | ε              | ε                 | x₀                 |
 * | velocity | –                  | –              | v (section 4)     | -u (equation 23)   |
 *
 * @module
 */

import type { Weights } from "./_weights.ts";

/**
 * What the network's output is, in diffusers' words: the noise; the image; the velocity
 * v = α·noise - σ·image (Salimans and Ho 2022, arXiv:2202.00512); or that of a straight flow,
 * noise - image (Lipman et al. 2023, arXiv:2210.02747).
 */
export type PredictionType = "epsilon" | "sample" | "v_prediction" | "flow_prediction";

/** How noisy a sample is: it is signal · image + noise · ε, with ε of unit variance. */
export type Level = {
  signal: number;
  noise: number;
  /** What the network is given is the sample times this. */
  scale: number;
};

/** A sample of unit variance, from ᾱ, the share of its variance that is the image's. */
export function levelOfAlpha(alphaCumprod: number): Level {
  return { signal: Math.sqrt(alphaCumprod), noise: Math.sqrt(1 - alphaCumprod), scale: 1 };
}

/** The same image with noise of deviation σ on it, brought to unit variance for the network. */
export function levelOfSigma(sigma: number): Level {
  return { signal: 1, noise: sigma, scale: 1 / Math.hypot(sigma, 1) };
}

/** The sample of unit variance with as much noise, relative to the image, as σ. */
export function levelOfVariance(sigma: number): Level {
  const signal = 1 / Math.hypot(sigma, 1);
  return { signal, noise: sigma * signal, scale: 1 };
}

/** A sample on the straight way from an image to noise, of which σ is gone. */
export function levelOfFlow(sigma: number): Level {
  return { signal: 1 - sigma, noise: sigma, scale: 1 };
}

/** The image that is in a sample, as weights of `sample` and of the network's `output`. */
export function imageWeights(type: PredictionType, { signal, noise, scale }: Level): Weights {
  switch (type) {
    case "epsilon":
      return { sample: 1 / signal, output: -noise / signal };
    case "sample":
      return { sample: 0, output: 1 };
    case "v_prediction":
      return { sample: signal * scale * scale, output: -noise * scale };
    case "flow_prediction":
      return { sample: 1 / (signal + noise), output: -noise / (signal + noise) };
  }
}

/** The noise ε that is in a sample, as weights of `sample` and of the network's `output`. */
export function noiseWeights(type: PredictionType, { signal, noise, scale }: Level): Weights {
  switch (type) {
    case "epsilon":
      return { sample: 0, output: 1 };
    case "sample":
      return { sample: 1 / noise, output: -signal / noise };
    case "v_prediction":
      return { sample: noise * scale * scale, output: signal * scale };
    case "flow_prediction":
      return { sample: 1 / (signal + noise), output: signal / (signal + noise) };
  }
}
