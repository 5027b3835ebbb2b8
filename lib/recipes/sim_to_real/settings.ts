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
      ...{
        model: "resnet18",
        weights: "none",
        width: 4,
        size: 32,
        epochs: 1,
        batch: 8,
        seeds: [1],
      },
      ...{ few: 30, fineTuneEpochs: 1, scratchEpochs: 1, sky: { count: 700, size: 32 } },
    },
    small: {},
    // More galaxies, more pixels
    large: { size: 128, epochs: 12, sky: { count: 60_000, size: 192 } },
  },
  table: {
    sky: {
      count: { ...SKY.count, default: 10_000 },
      seed: { ...SKY.seed, default: 12 },
      size: { ...SKY.size, default: 96 },
      population: {
        type: "string",
        value: "KINDS",
        default: "natural",
        description: "which galaxies, as of deno task sky, such as merger=0.15,edge-on=0.1",
      },
    },
    fractions: COMMON.fractionsOfBoth,
    tests: {
      type: "strings",
      value: "DIR,…",
      description: "more real galaxies to test on: folders with votes and images, or their tables",
    },
    model: { ...COMMON.model, default: "resnet18_mini" },
    weights: COMMON.weights,
    width: { ...COMMON.width, defaultText: "the model's own" },
    size: COMMON.size,
    crop: { ...COMMON.crop, default: 2 / 3 }, // Galaxies fill about half of the frame
    epochs: {
      ...COMMON.epochs,
      default: 6,
      description: "passes over the sky, each class as often as if all were equally frequent",
    },
    rate: {
      ...COMMON.rate,
      default: 1e-3,
      description: "highest learning rate, of all layers: AdamW under a cosine",
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
    beside: {
      model: {
        ...COMMON.model,
        description: "a model whose published weights are fine-tuned on the same few, to compare",
        defaultText: "none",
      },
      size: COMMON.size,
      headEpochs: {
        ...COMMON.epochs,
        default: 20,
        description: "passes with its last layer alone",
      },
      epochs: { ...COMMON.epochs, default: 10, description: "then with all layers" },
      rate: {
        ...COMMON.rate,
        default: 1e-4,
        description: "learning rate then; ten times it before",
      },
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
