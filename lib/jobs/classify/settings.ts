/**
 * Settings of a classifier of an image folder, and the profiles that fill them in.
 *
 * @module
 */

import { modelCard } from "../../models/mod.ts";
import { COMMON } from "../common_settings.ts";
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
    skipBad: COMMON.skipBad,
    model: { ...COMMON.model, default: "resnet18" },
    width: { ...COMMON.width, defaultText: "the model's own" },
    // They must fit model and width; the last layer starts anew where classes are not as many.
    weights: { ...COMMON.weights, default: "none" },
    epochs: { ...COMMON.epochs, default: 20 },
    size: { ...COMMON.size, default: 64 },
    // A Galaxy Zoo cut-out of 424 pixels is mostly sky, and the galaxy fits in its middle half.
    crop: { ...COMMON.crop, default: 0.6 },
    batch: { ...COMMON.batch, default: 32 },
    rate: {
      ...COMMON.rate,
      default: 1e-3,
      description: "highest learning rate: AdamW under a cosine, after a rise over a tenth",
    },
    weightDecay: { ...COMMON.weightDecay, default: 0.05 },
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
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    validation: { ...COMMON.validation, default: 0.2 },
    seed: { ...COMMON.seed, default: 0 },
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
