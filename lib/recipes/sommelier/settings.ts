/**
 * Settings of Galaxy Sommelier: vote fractions of one survey or of two, told on a third.
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";
import type { RecipeWork } from "../recipe.ts";

/** Everything that the outcome depends on, but the data. */
export const SOMMELIER = defineSettings({
  refusal: "Cannot reproduce sommelier",
  profile: {
    default: "small",
    description: "how much to spend: seconds, a quarter of an hour on two cores, or a GPU",
  },
  profiles: {
    tiny: {
      ...{ model: "resnet18", weights: "none", width: 4, size: 32 },
      ...{ head: { epochs: 2 }, full: { epochs: 1 }, batch: 16, resamples: 50 },
      sky: { count: 120, size: 32 },
    },
    small: {},
    paper: {
      ...{ model: "dinov2_base", weights: "hf:facebook/dinov2-base", size: 224, batch: 16 },
      head: { epochs: 5, rate: 1e-4 },
      full: { epochs: 10, rate: 1e-4, backboneRate: 5e-6 },
      sky: { count: 60_000, size: 424 },
    },
  },
  table: {
    sky: {
      count: { ...SKY.count, default: 2000 },
      seed: { ...SKY.seed, default: 81 },
      size: { ...SKY.size, default: 128 },
      population: {
        type: "string",
        value: "KIND=SHARE,…",
        default: "natural",
        description: "kinds of galaxies that it has more of, or natural",
      },
    },
    // What a package index has of ImageNet, where no hub is
    model: { ...COMMON.model, default: "tf_efficientnet_lite0" },
    weights: COMMON.weights,
    width: { ...COMMON.width, defaultText: "the model's own" },
    size: { ...COMMON.size, default: 128 },
    crop: { ...COMMON.crop, default: 2 / 3 },
    held: {
      type: "number",
      above: 0,
      below: 0.5,
      default: 0.1,
      description: "share of the galaxies for validation, and as many for the test",
    },
    head: {
      epochs: { ...COMMON.epochs, default: 20, description: "passes of the head alone" },
      rate: { ...COMMON.rate, default: 1e-3, description: "learning rate of the head alone" },
    },
    full: {
      epochs: {
        ...COMMON.epochs,
        default: 8,
        description: "passes of all layers, at most",
      },
      rate: { ...COMMON.rate, default: 1e-3, description: "the head's learning rate then" },
      backboneRate: {
        ...COMMON.rate,
        default: 2e-4,
        description: "that of all other layers, both under a cosine to a hundredth",
      },
      patience: {
        type: "integer",
        minimum: 1,
        default: 3,
        description: "passes without a lower error of the validation galaxies that end it",
      },
    },
    batch: { ...COMMON.batch, default: 32 },
    weightDecay: { ...COMMON.weightDecay, default: 0.01 },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    resamples: {
      type: "integer",
      minimum: 2,
      default: 1000,
      description: "draws of galaxies for intervals",
    },
    seed: { ...COMMON.seed, default: 1 },
  },
});

/** All settings. */
export type SommelierSettings = SettingsOf<typeof SOMMELIER>;

/** What each part of the work is told. */
export type Work = RecipeWork<SommelierSettings>;
