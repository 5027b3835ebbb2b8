/**
 * tfjs-core with functions in the place of those that are wrong, or never end, for some arguments.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { type Interval, refuseOutside } from "../options.ts";
import { refuseFractions } from "./whole_numbers.ts";

export * from "@tensorflow/tfjs-core";

/** tfjs's own draws for ever where no number can be within two standard deviations. */
export const truncatedNormal: typeof tf.truncatedNormal = (...args) => {
  const [, mean = 0, stdDev = 1] = args;
  const intervals = { mean: "(-∞, ∞)", stdDev: "[0, ∞)" } as const;
  refuseOutside({ mean, stdDev }, intervals, { what: "run truncatedNormal" });
  return tf.truncatedNormal(...args);
};

/** tfjs's own draws for ever where `alpha` is no positive number. */
export const randomGamma: typeof tf.randomGamma = (...args) => {
  const [, alpha, beta] = args;
  refuseOutside({ alpha, beta: beta ?? 1 }, { alpha: "(0, ∞)", beta: "(0, ∞)" }, {
    what: "run randomGamma",
  });
  return tf.randomGamma(...args);
};

/** tfjs's own takes the index 1.5 of a list for 1, and NaN for 0. */
export const oneHot: typeof tf.oneHot = (indices, ...rest) => {
  refuseFractions("oneHot", "indices", indices);
  return tf.oneHot(indices, ...rest);
};

/** As {@linkcode oneHot}. */
export const gather: typeof tf.gather = (x, indices, ...rest) => {
  refuseFractions("gather", "indices", indices);
  return tf.gather(x, indices, ...rest);
};

const { frame, stft, hannWindow, hammingWindow } = tf.signal;
const LENGTHS = { frameLength: "whole [1, ∞)", frameStep: "whole [1, ∞)" } as const;

Object.assign(tf.signal, {
  /** tfjs's own makes frames for ever with a step of 0. */
  frame(...args: Parameters<typeof frame>) {
    const [signal, frameLength, frameStep, padEnd = false] = args;
    const isLonger = !padEnd && frameLength > signal.size; // There is none, whatever the step
    const steps = { frameLength, frameStep: isLonger && frameStep === 0 ? undefined : frameStep };
    refuseOutside(steps, LENGTHS, { what: "run signal.frame" });
    return frame(...args);
  },
  stft(...args: Parameters<typeof stft>) {
    const [, frameLength, frameStep, fftLength] = args;
    const intervals = { ...LENGTHS, fftLength: "whole [1, ∞)" } as const;
    const lengths = { frameLength, frameStep, fftLength: fftLength ?? undefined };
    refuseOutside(lengths, intervals, { what: "run signal.stft" });
    return stft(...args);
  },
  hannWindow(windowLength: number) {
    refuseOutside({ windowLength }, { windowLength: "whole [0, ∞)" }, {
      what: "run signal.hannWindow",
    });
    return hannWindow(windowLength);
  },
  hammingWindow(windowLength: number) {
    refuseOutside({ windowLength }, { windowLength: "whole [0, ∞)" }, {
      what: "run signal.hammingWindow",
    });
    return hammingWindow(windowLength);
  },
});

const { softmaxCrossEntropy } = tf.losses;

Object.assign(tf.losses, {
  /** tfjs's own gives the labels the gradient of the logits, with the other sign. */
  softmaxCrossEntropy(...args: Parameters<typeof softmaxCrossEntropy>) {
    const [labels, logits, weights, labelSmoothing = 0, reduction] = args;
    return tf.tidy(() => {
      const [shares, scores] = [labels, logits].map((x) => Array.isArray(x) ? tf.tensor(x) : x);
      if (
        !(shares instanceof tf.Tensor && scores instanceof tf.Tensor) ||
        weights?.constructor === Object ||
        String(shares.shape) !== String(scores.shape)
      ) return softmaxCrossEntropy(...args); // It tells what is wrong
      const smooth = labelSmoothing > 0
        ? tf.add(tf.mul(shares, 1 - labelSmoothing), labelSmoothing / shares.shape[1]!)
        : shares;
      const logs = tf.logSoftmax(tf.cast(scores, "float32"));
      const losses = tf.neg(tf.sum(tf.mul(smooth, logs), -1));
      return tf.losses.computeWeightedLoss(losses, weights, reduction);
    });
  },
});

/** What each optimiser of tfjs takes, in order: its own accept NaN, and compute with it. */
const SETTINGS: Record<string, Record<string, Interval>> = {
  sgd: { learningRate: "[0, ∞)" },
  momentum: { learningRate: "[0, ∞)", momentum: "[0, 1]" },
  rmsprop: { learningRate: "[0, ∞)", decay: "[0, 1]", momentum: "[0, 1]", epsilon: "[0, ∞)" },
  adam: { learningRate: "[0, ∞)", beta1: "[0, 1)", beta2: "[0, 1)", epsilon: "[0, ∞)" },
  adadelta: { learningRate: "[0, ∞)", rho: "[0, 1]", epsilon: "[0, ∞)" },
  adamax: {
    learningRate: "[0, ∞)",
    beta1: "[0, 1)",
    beta2: "[0, 1)",
    epsilon: "[0, ∞)",
    decay: "[0, ∞)",
  },
  adagrad: { learningRate: "[0, ∞)", initialAccumulatorValue: "[0, ∞)" },
};

for (const [name, intervals] of Object.entries(SETTINGS)) {
  const optimizers = tf.train as unknown as Record<string, (...settings: unknown[]) => unknown>;
  const make = optimizers[name]!;
  optimizers[name] = (...settings) => {
    const given = Object.keys(intervals).map((key, at) => [key, settings[at] ?? undefined]);
    refuseOutside(Object.fromEntries(given), intervals, { what: `make train.${name}` });
    return make(...settings);
  };
}
