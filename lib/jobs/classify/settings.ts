/**
 * Settings of a classifier of an image folder, and the profiles that fill them in.
 *
 * @module
 */

import { modelCard } from "../../models/mod.ts";
import { defineSettings, type GivenOf, type SettingsOf, settingsOf } from "../../settings.ts";

/** Everything that a run depends on; `config.json` holds it. */
export const CLASSIFY = defineSettings({
  refusal: "Cannot train",
  profile: { default: "small", description: "how much to spend: seconds, or minutes on two cores" },
  profiles: {
    // A quarter of the channels: a sixteenth of the work.
    tiny: { width: 16, epochs: 6, size: 48 },
    small: {},
  },
  table: {
    images: {
      type: "string",
      value: "DIR",
      required: true,
      description: "a folder with one subfolder of images for each class",
    },
    skipBad: {
      type: "boolean",
      description: "leave out files that are no images, or damaged ones",
    },
    model: { type: "string", default: "resnet18", description: "a model of the registry" },
    width: {
      type: "integer",
      default: 64,
      minimum: 1,
      maximum: 1024,
      description: "channels of its first stage",
    },
    weights: {
      type: "string",
      value: "WEIGHTS",
      default: "none",
      description: "where it begins: a file, hf:organisation/name, kit:NAME, or none for random " +
        "values; they must fit model and width, and the last layer starts anew for other classes",
    },
    epochs: { type: "integer", default: 20, minimum: 1, description: "passes over the images" },
    size: {
      type: "integer",
      default: 64,
      minimum: 32, // ResNet halves the side five times.
      maximum: 1024,
      description: "side of what the network sees, in pixels",
    },
    // A Galaxy Zoo cut-out of 424 pixels is mostly sky, and the galaxy fits in its middle half.
    crop: {
      type: "number",
      default: 0.6,
      above: 0,
      maximum: 1,
      description: "share of an image's shorter side that is looked at, about its centre",
    },
    batch: {
      type: "integer",
      default: 32,
      minimum: 2, // Batch norm needs two.
      description: "images in a step",
    },
    rate: {
      type: "number",
      default: 1e-3,
      above: 0,
      description: "highest learning rate: AdamW under a cosine, after a rise over a tenth",
    },
    weightDecay: {
      type: "number",
      default: 0.05,
      minimum: 0,
      description: "AdamW's, of all but biases and norms",
    },
    labelSmoothing: {
      type: "number",
      default: 0.1,
      minimum: 0,
      below: 1,
      description: "share of a label that is spread over all classes",
    },
    augmentation: {
      type: "string",
      default: "quarter-turns",
      choices: ["none", "quarter-turns", "turns"],
      description: "random changes of training images",
    },
    validation: {
      type: "number",
      default: 0.2,
      above: 0,
      below: 1,
      description: "share of each class that is kept for validation",
    },
    seed: {
      type: "integer",
      default: 0,
      minimum: 0,
      description: "where every random choice comes from",
    },
  },
});

/** All settings of a classifier. */
export type ClassifySettings = SettingsOf<typeof CLASSIFY>;

/**
 * The settings of a profile, with some of them replaced; undefined leaves the profile's.
 *
 * @throws {RangeError} For an unknown setting or model, naming the nearest, or a value out of its
 * limits
 *
 * @example
 * ```ts
 * import { classifySettings } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.equal(classifySettings({ images: "galaxies", profile: "tiny" }).epochs, 6);
 * assert.throws(() => classifySettings({ images: "galaxies", epochs: 0 }), {
 *   message: "Cannot train: epochs must be an integer, at least 1, 0 found",
 * });
 * ```
 */
export function classifySettings(given: GivenOf<typeof CLASSIFY>): ClassifySettings {
  const settings = settingsOf(CLASSIFY, given);
  modelCard(settings.model);
  return settings;
}
