/**
 * Settings of the kit's own backbones: small networks that learn what volunteers see, all answers at
 * once and in several surveys, to be fine-tuned for something else (after Walmsley et al. 2023,
 * "Zoobot", JOSS 8:5312, on simulated galaxies).
 *
 * @module
 */

import { gz2Tree } from "../../data/mod.ts";
import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { modelNames } from "../../models/mod.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";
import { surveyNames } from "../../sky/mod.ts";

/** The networks, smallest work first, and the highest learning rate of each. */
const RATES = {
  efficientnet_b0_mini: 2e-3,
  resnet18_mini: 4e-3,
  // Layer normalisation and attention want a lower rate
  convnext_nano_mini: 1e-3,
  vit_small_mini: 5e-4,
};

/** The name of a backbone: a model of the registry. */
export type Backbone = keyof typeof RATES;

/** The names of the networks. */
export const BACKBONES = Object.keys(RATES) as Backbone[];

/**
 * Which galaxies: of everything that a question asks for, as many as its answers can be learnt from.
 * In the natural sky, one galaxy in hundreds has four arms or a boxy bulge.
 */
const ENRICHED = [
  "1 arm=0.03,2 arms=0.08,3 arms=0.07,4 arms=0.06,5 arms=0.03,6 arms=0.02,flocculent=0.05,bar=0.12",
  "edge-on=0.12,ring=0.07,dust lane=0.05,lens=0.02,arc=0.01,irregular=0.03,merger=0.07",
  "disturbed=0.05,artifact=0.02",
].join(",");

/** A setting: kinds of galaxies, as `deno task sky` takes them. */
const POPULATION = {
  type: "string",
  value: "KIND=SHARE,…",
  default: ENRICHED,
  description: "kinds of galaxies that it has more of, or natural",
} as const;

const QUESTIONS = gz2Tree.questions.map(({ id }) => id);

/** Everything that the outcome depends on. */
export const BACKBONE_SETTINGS = defineSettings({
  refusal: "Cannot train backbones",
  profile: {
    default: "small",
    description: "how much to spend: seconds, or a quarter of an hour and more on two cores",
  },
  profiles: {
    tiny: {
      ...{ first: { size: 32, epochs: 1 }, epochs: 1, batch: 16 },
      sky: { count: 40, population: "natural", size: 64 },
      reading: { count: 150, population: "natural", size: 64, sizes: [64], minimumVotes: 5 },
    },
    small: {}, // A quarter of an hour for each of the convolutional ones
  },
  table: {
    surveys: {
      type: "strings",
      default: ["sdss", "decals", "ukidss"],
      choices: surveyNames,
      description: "whose images the skies look like; each is another sky",
    },
    sky: {
      count: { ...SKY.count, default: 5000, description: "simulated galaxies of each survey" },
      seed: { ...SKY.seed, default: 21, description: "the first survey's sky; the others follow" },
      population: POPULATION,
      size: {
        ...SKY.size,
        default: 192,
        description: "side of its images, in pixels; the model's card says how they are cropped",
      },
    },
    targets: {
      type: "string",
      choices: ["expected", "raw", "weighted", "debiased"],
      default: "expected",
      description:
        "which vote fractions are learnt: an endless crowd's, or those of the simulated volunteers",
    },
    minimumVotes: {
      type: "number",
      default: 3,
      minimum: 0,
      description: "votes at a question, expected ones, under which its fractions are not learnt",
    },
    without: {
      type: "strings",
      default: [],
      choices: QUESTIONS,
      description: "questions that are not learnt, nor are outputs",
    },
    validation: {
      ...COMMON.validation,
      default: 0.1,
      description: "share of the galaxies that is kept to choose the best epoch by",
    },
    first: {
      size: {
        ...COMMON.size,
        default: 64,
        defaultText: "64",
        description: "side of small images to begin with, in pixels",
      },
      epochs: {
        ...COMMON.epochs,
        minimum: 0,
        default: 15,
        description: "passes over them, a quarter of the work each",
      },
    },
    epochs: {
      ...COMMON.epochs,
      default: 5,
      description: "passes over images of the network's size",
    },
    rate: {
      ...COMMON.rate,
      defaultText: Object.entries(RATES).map(([name, rate]) => `${rate} of ${name}`).join(", "),
      description: "highest learning rate: AdamW under a cosine, a tenth of it going up",
    },
    weightDecay: { ...COMMON.weightDecay, default: 0.05 },
    batch: { ...COMMON.batch, default: 64 },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    seed: { ...COMMON.seed, default: 1 },
    reading: {
      survey: {
        type: "string",
        default: "sdss",
        choices: surveyNames,
        description: "survey of the sky that is read",
      },
      count: { ...SKY.count, default: 3000, description: "its galaxies" },
      seed: { ...SKY.seed, default: 31, description: "which sky it is" },
      population: POPULATION,
      size: { ...SKY.size, default: 336, description: "side of its pictures, in pixels" },
      sizes: {
        type: "integers",
        minimum: 32,
        maximum: 1024,
        default: [64, 128, 224],
        description: "sides of what networks are given of them",
      },
      minimumVotes: {
        type: "integer",
        default: 10,
        minimum: 2,
        description: "votes at a question under which a galaxy is not read for it",
      },
      others: {
        type: "strings",
        default: [],
        choices: modelNames(),
        description: "other models of the registry to be read with, with their published weights",
      },
    },
  },
});

/** All settings of the backbones. */
export type BackboneSettings = SettingsOf<typeof BACKBONE_SETTINGS>;

/** The highest learning rate of a network. */
export function rateOf(name: Backbone, { rate }: BackboneSettings): number {
  return rate ?? RATES[name];
}
