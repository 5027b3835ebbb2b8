/**
 * Settings of the threshold trade-off: what a label threshold costs and buys.
 *
 * The article behind `recipes/efficientnet` (J. Brainard, April 2026) labels at 0.6, calls that
 * arbitrary, and names as its next step "how changing the vote-fraction threshold affects the tradeoff
 * between dataset size and label noise".
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";

/** Everything that the outcome depends on, but the data. */
export const THRESHOLD = defineSettings({
  refusal: "Cannot sweep thresholds",
  profile: { default: "small", description: "how much to spend: seconds, or minutes on two cores" },
  profiles: {
    tiny: {
      thresholds: "0.5:0.9:5",
      volunteers: [3, 10, 40],
      draws: 1,
      repeats: 1,
      sky: { count: 240, size: 64 },
    },
    small: {}, // Most of it for the sky and its features
  },
  table: {
    images: {
      type: "string",
      value: "DIR",
      defaultText: "the table's",
      description: "folder of the images",
    },
    votesOnly: {
      type: "boolean",
      description: "sweep the votes alone: galaxies kept and noise of labels, without images",
    },
    fractions: COMMON.fractions,
    thresholds: {
      type: "numbers",
      value: "LOW:HIGH:COUNT",
      default: "0.475:0.95:20",
      above: 0,
      maximum: 1,
      rising: true,
      description: "label thresholds at even distances, or one by one",
    },
    at: {
      type: "number",
      default: 0.6,
      minimum: 0.5,
      maximum: 1,
      description: "threshold of the curves of volunteers and of coverage",
    },
    volunteers: {
      type: "integers",
      default: [3, 5, 10, 20, 40],
      minimum: 1,
      rising: true,
      description: "numbers of volunteers to pretend",
    },
    draws: {
      type: "integer",
      default: 3,
      minimum: 1,
      description: "how often each number of volunteers is drawn",
    },
    targets: {
      type: "numbers",
      default: [0.9, 0.95, 0.99],
      above: 0,
      below: 1,
      rising: true,
      description: "accuracies to reach by abstaining",
    },
    folds: {
      type: "integer",
      default: 5,
      minimum: 2,
      description: "parts of the cross-validation: every galaxy is held out once",
    },
    repeats: {
      type: "integer",
      default: 3,
      minimum: 1,
      description: "how often the galaxies are divided into folds anew",
    },
    l2: {
      type: "number",
      default: 30,
      above: 0,
      description: "penalty of the linear probe; scikit-learn's C is 1 / l2",
    },
    skipBad: COMMON.skipBad,
    model: { ...COMMON.model, default: "resnet18_mini" },
    weights: COMMON.weights,
    size: COMMON.size,
    crop: COMMON.crop,
    sky: {
      count: { ...SKY.count, default: 4000 },
      seed: { ...SKY.seed, default: 51 },
      size: { ...SKY.size, default: 128 },
    },
    seed: { ...COMMON.seed, default: 0 },
  },
});

/** All settings of a sweep. */
export type ThresholdSettings = SettingsOf<typeof THRESHOLD>;
