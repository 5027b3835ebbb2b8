/**
 * Settings of "Galaxy Morphology Classification with Deep Learning" (J. Brainard, project article,
 * April 2026): EfficientNetB0 on Galaxy Zoo's smooth and featured galaxies, with Grad-CAM. What the
 * article leaves open stands in the report.
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";

const METHODS = [
  ...["gradCam", "gradCamPlusPlus", "hiResCam", "layerCam", "eigenCam", "scoreCam"] as const,
] as const;

const WAYS = ["head_only", "all_at_once", "from_scratch", "shuffled"] as const;

/** Everything that the outcome depends on, but the data. */
export const EFFICIENTNET = defineSettings({
  refusal: "Cannot reproduce efficientnet",
  profile: {
    default: "small",
    description: "how much to spend: seconds, minutes on two cores, or the article's on a GPU",
  },
  profiles: {
    tiny: {
      ...{ seeds: 2, galaxies: 160 },
      ...{ head: { epochs: 20 }, last: { epochs: 4 }, all: { epochs: 4 } },
      beside: {
        networks: ["resnet18_mini=kit:resnet18_mini_without_t01@64"],
        ways: ["head_only", "from_scratch"],
      },
      mapping: { layers: ["last"], methods: ["gradCam", "eigenCam"], galaxies: 20, tested: 2 },
      sky: { count: 300 },
    },
    small: {},
    paper: {
      model: "efficientnet_b0",
      weights: "hf:timm/efficientnet_b0.ra_in1k",
      ...{ crop: 1, galaxies: 1_000_000, validation: 0.2, batch: 32 },
      ...{ head: { epochs: 10 }, last: { epochs: 5 }, all: { epochs: 15 } },
      compare: [...WAYS],
      beside: { networks: ["tf_efficientnet_lite0@224"] },
      mapping: { methods: [...METHODS], galaxies: 2000, tested: 200 },
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
    validation: { ...COMMON.validation, default: 0.4 }, // 0.2 in the article, of 48,492
    skipBad: COMMON.skipBad,
    galaxies: {
      type: "integer",
      default: 240,
      minimum: 4,
      description:
        "galaxies that a training sees, at most, drawn from the training part by its seed",
    },
    // The nearest to the article's EfficientNetB0 of ImageNet whose weights a package index has.
    model: { ...COMMON.model, default: "tf_efficientnet_lite0" },
    weights: { ...COMMON.weights },
    size: { ...COMMON.size, default: 224 },
    crop: { ...COMMON.crop, default: 2 / 3 },
    batch: { ...COMMON.batch, default: 16 },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    // "Phase 1: Head training (10 epochs, lr = 1e-3)": of 38,793 galaxies, 12,000 steps. Of few
    // galaxies as many epochs would leave the head half trained.
    head: {
      epochs: { ...COMMON.epochs, default: 40, description: "passes of the head alone" },
      rate: { ...COMMON.rate, default: 1e-3, description: "learning rate of the head alone" },
    },
    last: { // "Phase 2: Fine-tuning (5 epochs, lr = 1e-4)"
      epochs: { ...COMMON.epochs, default: 6, description: "passes of head and last blocks" },
      rate: { ...COMMON.rate, default: 1e-4, description: "learning rate of head and last blocks" },
      blocks: {
        type: "integer",
        default: 3,
        minimum: 1,
        description: "blocks that are trained in the second phase, normalisations as they are",
      },
    },
    // What goes through all layers at each pass
    all: {
      epochs: { ...COMMON.epochs, default: 10, description: "passes where all layers are trained" },
      rate: { ...COMMON.rate, default: 1e-4, description: "learning rate of all layers at once" },
      scratchRate: {
        ...COMMON.rate,
        default: 1e-3,
        description: "learning rate of all layers from random values",
      },
    },
    clipNorm: {
      type: "number",
      default: 1,
      above: 0,
      description: "norm that the gradients of a step are scaled down to: no galaxy throws it",
    },
    seeds: {
      type: "integer",
      default: 5,
      minimum: 1,
      description: "trainings of each kind: other galaxies, first values and order each time",
    },
    compare: {
      type: "strings",
      default: ["head_only", "shuffled"],
      choices: WAYS,
      description: "how the article's network is trained beside its two phases, or none",
    },
    beside: {
      networks: {
        type: "strings",
        value: "MODEL[=WEIGHTS][@SIZE],…",
        // The second never saw the question that is taught
        default: [
          "tf_efficientnet_lite0@64",
          "resnet18_mini=kit:resnet18_mini_without_t01@128",
        ],
        description: "other networks that are trained in two phases and in other ways, or none",
      },
      ways: {
        type: "strings",
        default: ["head_only", "all_at_once", "from_scratch"],
        choices: WAYS,
        description: "how they are trained beside the two phases, or none",
      },
    },
    mapping: {
      layers: {
        type: "strings",
        value: "LAYER,…",
        default: ["last", "blocks.4", "blocks.2"],
        description: "layers whose activations the maps weigh; last: the model's last convolution",
      },
      methods: {
        type: "strings",
        default: ["gradCam", "gradCamPlusPlus", "hiResCam", "eigenCam"],
        choices: METHODS,
        description: "how the maps are made; the first, at the first layer, is shown",
      },
      galaxies: {
        type: "integer",
        default: 60,
        minimum: 2,
        description: "validation galaxies that are mapped, at most; as many of each class",
      },
      tested: {
        type: "integer",
        default: 12,
        minimum: 0,
        description: "of them, galaxies whose maps are tested by deletion and insertion",
      },
    },
    sky: {
      count: { ...SKY.count, default: 2600 },
      seed: { ...SKY.seed, default: 604 },
      size: { ...SKY.size, default: 128 },
    },
    seed: { ...COMMON.seed, default: 0, description: "the first of the seeds" },
  },
});

/** All settings of the article's reproduction. */
export type EfficientnetSettings = SettingsOf<typeof EFFICIENTNET>;

/** How a network is trained; the first one is the article's. */
export type Way = "two_phases" | typeof WAYS[number];

/** How a map is made. */
export type Method = typeof METHODS[number];

/** What volunteers call a galaxy, in the order of the labels. */
export const CLASSES = ["smooth", "featured"] as const;

/** Shares of the volunteers' classes in the article: 19,942 and 28,550 galaxies. */
export const ARTICLE_MIXTURE = { smooth: 0.411, featured: 0.589 } as const;
