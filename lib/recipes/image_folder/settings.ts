/**
 * Settings of a classifier of an image folder, and the profiles that fill them in.
 *
 * @module
 */

/** Everything that a run depends on; `config.json` holds it. */
export type Settings = {
  profile: Profile;
  /** A folder with one subfolder of images for each class. */
  images: string;
  /** A model of the registry. */
  model: string;
  /** Channels of its first stage. */
  width: number;
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

/**
 * The settings of a profile, with some of them replaced.
 *
 * @throws {RangeError} When the network would not see enough of an image
 */
export function settingsOf(
  given: Partial<Settings> & Pick<Settings, "images">,
): Settings {
  const { profile = "small", ...rest } = given;
  const chosen = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  );
  return { profile, ...PROFILES[profile], ...chosen as typeof rest };
}
