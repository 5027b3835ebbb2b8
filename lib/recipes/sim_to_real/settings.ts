/**
 * Settings of the sim-to-real experiment.
 *
 * @module
 */

/** Everything that the outcome depends on. */
export interface SimToRealSettings {
  /** Simulated galaxies to train on. */
  count: number;
  /** Which sky. */
  skySeed: number;
  /** Side of the sky's pictures, in pixels; the middle two thirds are looked at. */
  pictureSize: number;
  /** Side of what the network sees, in pixels. */
  size: number;
  /** Channels of ResNet-18's first stage; 64 in the paper. */
  width: number;
  /** Passes over the sky. Each class is seen as often as if all were equally frequent. */
  epochs: number;
  /** Highest learning rate: AdamW under a cosine. */
  rate: number;
  batch: number;
  /** Real pictures to fine-tune on, and to train on from scratch. */
  few: number;
  /** Passes over them after training on the sky, at three tenths of the rate. */
  fineTuneEpochs: number;
  /** Passes over them from scratch. */
  scratchEpochs: number;
  /** Runs: initial weights, order and the choice of the few. */
  seeds: number[];
}

/** How much to spend. */
export type SimToRealProfile = "tiny" | "small" | "large";

/** Half an hour on two cores. */
const small: SimToRealSettings = {
  count: 10_000,
  skySeed: 12,
  pictureSize: 96,
  size: 64,
  width: 32,
  epochs: 6,
  rate: 2e-3,
  batch: 64,
  few: 200,
  fineTuneEpochs: 30,
  scratchEpochs: 30,
  seeds: [1, 2, 3],
};

/** The settings by profile. */
export const SIM_TO_REAL: Record<SimToRealProfile, SimToRealSettings> = {
  // Seconds: to see that it runs.
  tiny: {
    ...small,
    count: 300,
    pictureSize: 48,
    size: 32,
    width: 8,
    epochs: 2,
    batch: 16,
    fineTuneEpochs: 2,
    scratchEpochs: 2,
    seeds: [1],
  },
  small,
  // For a GPU: more galaxies, more pixels, the full network.
  large: { ...small, count: 60_000, pictureSize: 192, size: 128, width: 64, epochs: 20 },
};
