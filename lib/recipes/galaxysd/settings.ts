/**
 * Settings of GalaxySD at a size for two cores: galaxies of 64 pixels, generated from captions and
 * votes.
 *
 * @module
 */

import { COMMON, SKY } from "../../jobs/common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";
import type { RecipeWork } from "../recipe.ts";

/**
 * Which galaxies: of everything that captions tell, as many as a model can learn it from. In the
 * natural sky one galaxy in hundreds has four arms, one in a thousand a lane.
 */
const ENRICHED = [
  "1 arm=0.03,2 arms=0.14,3 arms=0.06,4 arms=0.06,bar=0.10,edge-on=0.14,ring=0.09,dust lane=0.08",
  "merger=0.09,irregular=0.02,disturbed=0.02",
].join(",");

/** Everything that the outcome depends on, but the data. */
export const GALAXYSD_SETTINGS = defineSettings({
  refusal: "Cannot make galaxies",
  profile: {
    default: "small",
    description: "how much to spend: seconds, or half an hour on two cores",
  },
  profiles: {
    tiny: {
      sky: { count: 120, size: 64, population: "natural" },
      ...{ networks: "tiny", steps: 20, batch: 8, perEpoch: 10, each: 2, imagesEvery: 1 },
      sampling: { steps: 4 },
    },
    small: {}, // Half an hour
  },
  table: {
    sky: {
      count: { ...SKY.count, default: 10_000 },
      seed: { ...SKY.seed, default: 5 },
      population: {
        type: "string",
        value: "KIND=SHARE,…",
        default: ENRICHED,
        description: "kinds of galaxies that it has more of, or natural",
      },
      size: { ...SKY.size, default: 128 },
    },
    crop: {
      ...COMMON.crop,
      default: 0.5,
      description: "share of an image's side that is learnt, about its centre",
    },
    networks: {
      type: "string",
      choices: ["small", "tiny"],
      default: "small",
      description: "the networks, by the names of their configurations",
    },
    width: {
      ...COMMON.width,
      defaultText: "the configuration's",
      description:
        "channels of the U-Net where latents are many, a multiple of 16; twice as many below",
    },
    told: {
      type: "string",
      choices: ["both", "captions", "votes"],
      default: "both",
      description: "what the model is told of a galaxy",
    },
    steps: { type: "integer", minimum: 1, default: 1600, description: "steps of the training" },
    batch: { ...COMMON.batch, default: 64 },
    perEpoch: {
      type: "integer",
      minimum: 1,
      default: 100,
      description: "steps between two lines of the history",
    },
    rate: { ...COMMON.rate, default: 1.5e-3, description: "highest learning rate, under a cosine" },
    weightDecay: { ...COMMON.weightDecay, default: 0.01 },
    average: {
      type: "number",
      minimum: 0,
      below: 1,
      default: 0.998,
      description: "how slowly the average of the weights, which generates, follows them",
    },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    seed: { ...COMMON.seed, default: 1 },
    sampling: {
      steps: { type: "integer", minimum: 1, default: 20, description: "noise levels of a run" },
      guidance: {
        type: "number",
        minimum: 1,
        default: 4,
        description: "how strongly images are led to what they are told to show",
      },
    },
    imagesEvery: {
      type: "integer",
      minimum: 0,
      default: 2,
      description: "epochs between two rows of images at fixed seeds, in OUT/images; 0 for none",
    },
    each: {
      type: "integer",
      minimum: 1,
      default: 32,
      description: "images of each prompt or group that is measured",
    },
  },
});

/** All settings of GalaxySD. */
export type GalaxysdSettings = SettingsOf<typeof GALAXYSD_SETTINGS>;

/** What each part of the work is told. */
export type Work = RecipeWork<GalaxysdSettings>;
