/**
 * Settings of a classifier of an image folder, and the profiles that fill them in.
 *
 * @module
 */

import { modelCard } from "../../models/mod.ts";
import { nearestName } from "../../nearest.ts";

/** Everything that a run depends on; `config.json` holds it. */
export type Settings = {
  profile: Profile;
  /** A folder with one subfolder of images for each class. */
  images: string;
  /** Leave out files that are no images, or damaged ones. @default {false} */
  skipBad?: boolean;
  /** A model of the registry. */
  model: string;
  /** Channels of its first stage. */
  width: number;
  /**
   * Trained weights to begin with: a file, `hf:organisation/name` or `kit:NAME`. They must fit `model`
   * and `width`; the last layer starts anew where the classes are not as many.
   *
   * @default {random values}
   */
  weights?: string;
  epochs: number;
  /** Side of the images that the network sees, in pixels. */
  size: number;
  /**
   * The share of the shorter side that is looked at, about the centre. A Galaxy Zoo cut-out of 424
   * pixels is mostly sky, and the galaxy fits in its middle half.
   */
  crop: number;
  batch: number;
  /** The highest learning rate: AdamW under a cosine, after a rise over a tenth of the steps. */
  rate: number;
  /** AdamW's, of all but biases and norms. */
  weightDecay: number;
  labelSmoothing: number;
  augmentation: "none" | "quarter-turns" | "turns";
  /** The share of each class that is kept for validation. */
  validation: number;
  seed: number;
};

/** How much to spend: seconds, or minutes on two cores. */
export type Profile = "tiny" | "small";

const SMALL = {
  model: "resnet18",
  width: 64,
  epochs: 20,
  size: 64,
  crop: 0.6,
  batch: 32,
  rate: 1e-3,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  augmentation: "quarter-turns",
  validation: 0.2,
  seed: 0,
} as const;

/** The settings of each profile. */
export const PROFILES: Record<Profile, Omit<Settings, "profile" | "images">> = {
  small: SMALL,
  // A quarter of the channels: a sixteenth of the work.
  tiny: { ...SMALL, width: 16, epochs: 6, size: 48 },
};

/** The values that a setting may take. */
export const LIMITS = {
  profile: { type: "string", choices: ["tiny", "small"] },
  augmentation: { type: "string", choices: ["none", "quarter-turns", "turns"] },
  width: { type: "integer", minimum: 1, maximum: 1024 },
  epochs: { type: "integer", minimum: 1 },
  // ResNet halves the side five times.
  size: { type: "integer", minimum: 32, maximum: 1024 },
  crop: { type: "number", above: 0, maximum: 1 },
  // Batch norm needs two.
  batch: { type: "integer", minimum: 2 },
  rate: { type: "number", above: 0 },
  weightDecay: { type: "number", minimum: 0 },
  labelSmoothing: { type: "number", minimum: 0, below: 1 },
  validation: { type: "number", above: 0, below: 1 },
  seed: { type: "integer", minimum: 0 },
} as const;

/**
 * The settings of a profile, with some of them replaced; undefined leaves the profile's.
 *
 * @throws {RangeError} For an unknown setting, naming the nearest, or a value out of its limits
 *
 * @example
 * ```ts
 * import { settingsOf } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * assert.equal(settingsOf({ images: "galaxies", profile: "tiny" }).epochs, 6);
 * assert.throws(() => settingsOf({ images: "galaxies", epochs: 0 }), {
 *   message: "Cannot train: epochs must be an integer, at least 1, 0 found",
 * });
 * ```
 */
export function settingsOf(
  given: Partial<Settings> & Pick<Settings, "images">,
): Settings {
  const { profile = "small", ...rest } = given;
  const chosen = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  );
  const settings = { profile, ...PROFILES[profile], ...chosen as typeof rest };
  checkSettings(settings, "Cannot train");
  return settings;
}

/**
 * Refuses settings that are missing, unknown or out of their limits.
 *
 * @param refusal How the message begins
 */
export function checkSettings(
  settings: Record<string, unknown>,
  refusal: string,
): asserts settings is Settings {
  const known = ["images", "skipBad", "model", "weights", ...Object.keys(LIMITS)];
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, known);
    throw new RangeError(
      `${refusal}: unknown setting "${unknown}"${near ? `, nearest is "${near}"` : ""}`,
    );
  }
  for (const [name, limits] of Object.entries(LIMITS)) {
    const value = settings[name];
    if (!isAllowed(value, limits)) {
      throw new RangeError(
        `${refusal}: ${name} must be ${wanted(limits)}, ${JSON.stringify(value)} found`,
      );
    }
  }
  for (const name of ["images", "model", "weights"]) {
    if (name === "weights" && settings[name] === undefined) continue;
    if (typeof settings[name] !== "string") {
      throw new RangeError(
        `${refusal}: ${name} must be a text, ${JSON.stringify(settings[name])} found`,
      );
    }
  }
  modelCard(settings.model as string);
}

type Limits = {
  type: string;
  choices?: readonly string[];
  minimum?: number;
  maximum?: number;
  above?: number;
  below?: number;
};

function isAllowed(value: unknown, limits: Limits): boolean {
  if (limits.choices) return limits.choices.includes(value as string);
  const { minimum = -Infinity, maximum = Infinity, above = -Infinity, below = Infinity } = limits;
  return typeof value === "number" && Number.isFinite(value) &&
    (limits.type === "number" || Number.isSafeInteger(value)) &&
    value >= minimum && value <= maximum && value > above && value < below;
}

function wanted({ type, choices, ...bounds }: Limits): string {
  if (choices) return `one of ${choices.join(", ")}`;
  const words = { minimum: "at least", above: "above", maximum: "at most", below: "below" };
  return [
    type === "integer" ? "an integer" : "a number",
    ...Object.entries(words).filter(([bound]) => bound in bounds)
      .map(([bound, word]) => `${word} ${bounds[bound as keyof typeof bounds]}`),
  ].join(", ");
}
