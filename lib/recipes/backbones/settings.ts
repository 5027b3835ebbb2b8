/**
 * Settings of the kit's own backbones: small networks that learn what volunteers see, all answers at
 * once and in several surveys, to be fine-tuned for something else (after Walmsley et al. 2023,
 * "Zoobot", JOSS 8:5312, on simulated galaxies).
 *
 * @module
 */

import type { SurveyName } from "../../sky/mod.ts";

/** The networks, smallest work first. */
export const BACKBONES = [
  "efficientnet_b0_mini",
  "resnet18_mini",
  "convnext_nano_mini",
  "vit_small_mini",
] as const;

/** The name of a backbone: a model of the registry. */
export type Backbone = typeof BACKBONES[number];

/** Everything that the outcome depends on. */
export type BackboneSettings = {
  /** Whose pictures the skies look like; each is another sky. */
  surveys: readonly SurveyName[];
  /** Simulated galaxies of each survey. */
  count: number;
  /** Seed of the first survey's sky; the others follow. */
  skySeed: number;
  /** Side of the skies' pictures, in pixels; the card of the model says how they are cropped. */
  pictureSize: number;
  /** Votes at a question under which its fractions are too noisy to learn from. */
  minimumVotes: number;
  /** Share of the galaxies that is kept to choose the best epoch by. */
  validation: number;
  /** Passes over the galaxies. */
  epochs: number;
  /** Highest learning rate: AdamW under a cosine, a tenth of it going up. */
  rate: number;
  weightDecay: number;
  batch: number;
  /** Random values, order and jitter. */
  seed: number;
  /** The sky that linear probes are tried on. */
  probe: { survey: SurveyName; count: number; seed: number };
};

/** How much to spend. */
export type BackboneProfile = "tiny" | "small";

/** A quarter of an hour on two cores for each of the convolutional ones. */
const small: BackboneSettings = {
  surveys: ["sdss", "decals", "ukidss"],
  count: 5000,
  skySeed: 21,
  pictureSize: 96,
  minimumVotes: 5,
  validation: 0.1,
  epochs: 15,
  rate: 2e-3,
  weightDecay: 0.05,
  batch: 64,
  seed: 1,
  probe: { survey: "sdss", count: 2000, seed: 31 },
};

/** The settings by profile. */
export const BACKBONE_PROFILES: Readonly<Record<BackboneProfile, BackboneSettings>> = {
  // Seconds: to see that it runs.
  tiny: {
    ...small,
    ...{ count: 40, epochs: 1, batch: 16, probe: { ...small.probe, count: 60 } },
  },
  small,
};

/** Where the settings of a network differ. */
const OWN: Partial<Record<Backbone, Partial<BackboneSettings>>> = {
  // Layer normalisation and attention want a lower rate
  convnext_nano_mini: { rate: 1e-3 },
  vit_small_mini: { rate: 5e-4 },
};

/** The settings of a network. */
export function backboneSettings(name: Backbone, profile: BackboneProfile): BackboneSettings {
  return { ...BACKBONE_PROFILES[profile], ...OWN[name] };
}
