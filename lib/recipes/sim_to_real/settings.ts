/**
 * Settings of the sim-to-real experiment.
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";

/** Everything that the outcome depends on, but the data. */
export const SIM_TO_REAL = defineSettings({
  refusal: "Cannot train on the sky",
  profile: {
    default: "small",
    description: "how much to spend: seconds, half an hour on two cores, or a GPU",
  },
  profiles: {
    tiny: {
      ...{ size: 32, width: 8, epochs: 2, batch: 16, seeds: [1] },
      ...{ fineTuneEpochs: 2, scratchEpochs: 2, sky: { count: 300, size: 48 } },
    },
    small: {},
    // More galaxies, more pixels, the full network.
    large: { size: 128, width: 64, epochs: 20, sky: { count: 60_000, size: 192 } },
  },
  table: {
    sky: {
      count: { ...SKY.count, default: 10_000 },
      seed: { ...SKY.seed, default: 12 },
      size: { ...SKY.size, default: 96 },
    },
    fractions: COMMON.fractionsOfBoth,
    size: { ...COMMON.size, default: 64 },
    crop: { ...COMMON.crop, default: 2 / 3 }, // Galaxies fill about half of the frame
    width: { ...COMMON.width, default: 32 }, // 64 in the paper of ResNet-18
    epochs: {
      ...COMMON.epochs,
      default: 6,
      description: "passes over the sky, each class as often as if all were equally frequent",
    },
    rate: {
      ...COMMON.rate,
      default: 2e-3,
      description: "highest learning rate: AdamW under a cosine",
    },
    batch: { ...COMMON.batch, default: 64 },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    few: {
      type: "integer",
      default: 200,
      minimum: 2,
      description: "real images to fine-tune on, and to train on from scratch",
    },
    fineTuneEpochs: {
      ...COMMON.epochs,
      default: 30,
      description: "passes over them after training on the sky, at three tenths of the rate",
    },
    scratchEpochs: {
      ...COMMON.epochs,
      default: 30,
      description: "passes over them from scratch",
    },
    seeds: {
      type: "integers",
      default: [1, 2, 3],
      minimum: 0,
      description: "one run each: initial weights, order and the choice of the few",
    },
  },
});

/** All settings of the experiment. */
export type SimToRealSettings = SettingsOf<typeof SIM_TO_REAL>;
