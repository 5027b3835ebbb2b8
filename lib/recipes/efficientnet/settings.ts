/**
 * Settings of "Galaxy Morphology Classification with Deep Learning" (J. Brainard, project article,
 * April 2026): EfficientNetB0 on Galaxy Zoo's smooth and featured galaxies, with Grad-CAM. What the
 * article leaves open stands in the report.
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";

/** Everything that the outcome depends on, but the data. */
export const EFFICIENTNET = defineSettings({
  refusal: "Cannot reproduce efficientnet",
  profile: {
    default: "small",
    description: "how much to spend: seconds, minutes on two cores, or the article's on a GPU",
  },
  profiles: {
    tiny: { head: { epochs: 4 }, last: { epochs: 2 }, maps: 40, sky: { count: 300 } },
    small: {},
    paper: {
      model: "efficientnet_b0",
      weights: "hf:timm/efficientnet_b0.ra_in1k",
      size: 224,
      crop: 1,
      mapLayer: "last",
      compare: ["head_only", "all_at_once", "from_scratch", "shuffled"],
      maps: 2000,
      sky: { count: 60_000, size: 424 },
    },
  },
  table: {
    threshold: {
      type: "number",
      default: 0.6, // "at least 60% of volunteers voted that way"
      above: 0.5, // No galaxy has both labels
      maximum: 1,
      description: "least share of the votes that makes a label; the rest is left out",
    },
    fractions: COMMON.fractions,
    validation: { ...COMMON.validation, default: 0.2 }, // 9,699 of 48,492
    skipBad: COMMON.skipBad,
    // The kit's own backbone, trained on other skies, looks at them as it learnt to.
    model: { ...COMMON.model, default: "efficientnet_b0_mini" },
    weights: { ...COMMON.weights, default: "kit:efficientnet_b0_mini" },
    size: { ...COMMON.size, default: 64 },
    crop: { ...COMMON.crop, default: 2 / 3 },
    batch: { ...COMMON.batch, default: 32 },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    head: { // "Phase 1: Head training (10 epochs, lr = 1e-3)"
      epochs: { ...COMMON.epochs, default: 10, description: "passes of the head alone" },
      rate: { ...COMMON.rate, default: 1e-3, description: "learning rate of the head alone" },
    },
    last: { // "Phase 2: Fine-tuning (5 epochs, lr = 1e-4)"
      epochs: { ...COMMON.epochs, default: 5, description: "passes of head and last blocks" },
      rate: { ...COMMON.rate, default: 1e-4, description: "learning rate of head and last blocks" },
      blocks: {
        type: "integer",
        default: 3,
        minimum: 1,
        description: "blocks that are trained in the second phase, normalisations as they are",
      },
    },
    scratchRate: {
      ...COMMON.rate,
      default: 1e-3,
      description: "learning rate from random values, over the epochs of both phases",
    },
    compare: {
      type: "strings",
      default: ["head_only", "from_scratch", "shuffled"],
      choices: ["head_only", "all_at_once", "from_scratch", "shuffled"],
      description: "what is trained beside the two phases, or none",
    },
    // Of 64 pixels the last convolution has 2 x 2 places; this stage has 8 x 8, of the article's
    // images the last convolution 7 x 7.
    mapLayer: {
      type: "string",
      default: "blocks.2",
      description: "layer whose activations Grad-CAM weighs; last: the model's last convolution",
    },
    maps: {
      type: "integer",
      default: 400,
      minimum: 1,
      description: "validation galaxies that are mapped, at most",
    },
    sky: {
      count: { ...SKY.count, default: 5000 },
      seed: { ...SKY.seed, default: 604 },
      size: { ...SKY.size, default: 96 },
    },
    seed: { ...COMMON.seed, default: 0 },
  },
});

/** All settings of the article's reproduction. */
export type EfficientnetSettings = SettingsOf<typeof EFFICIENTNET>;

/** The trainings that are compared; the first one is the article's. */
export type Variant = "two_phases" | EfficientnetSettings["compare"][number];

/** The two classes, in the order of the labels. */
export const CLASSES = ["smooth", "featured"] as const;
