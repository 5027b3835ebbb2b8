/**
 * Settings of the threshold trade-off: what a label threshold costs and buys.
 *
 * The article behind `recipes/efficientnet` (J. Brainard, April 2026) labels at 0.6 and names as its
 * next step "how changing the vote-fraction threshold affects the tradeoff between dataset size and
 * label noise".
 *
 * @module
 */

import type { FractionKind } from "../../data/mod.ts";

/** Everything that the outcome depends on, but the data. */
export type ThresholdSettings = {
  /** Kind of vote fractions. @default {the first of raw, published, weighted that the table has} */
  fractions?: FractionKind;
  /** Label thresholds, rising. */
  thresholds: readonly number[];
  /** The threshold of the curves beside the sweep (of the sweep's, the nearest to it). */
  at: number;
  /** From this share of the votes on, a label counts as clean. */
  clean: number;
  /** Numbers of volunteers to pretend, rising. */
  volunteers: readonly number[];
  /** How often each number of volunteers is drawn. */
  draws: number;
  /** Accuracies to reach by abstaining, rising. */
  targets: readonly number[];
  /** Parts of the cross-validation: every galaxy is held out once. */
  folds: number;
  /** How often the galaxies are divided into folds anew. */
  repeats: number;
  /** Penalty of the linear probe; scikit-learn's C is 1 / l2. */
  l2: number;
  /** A model of the registry. */
  model: string;
  /**
   * Its weights: a file, `hf:organisation/name`, `kit:NAME`, or "none" for random values.
   *
   * @default {those that the model's card names}
   */
  weights?: string;
  /** Side of what the network sees, in pixels. @default {the model's} */
  size?: number;
  /** The share of an image's side that is looked at. @default {the model's} */
  crop?: number;
  /** The sky that stands in where no data is given. */
  sky: { count: number; seed: number; size: number };
  seed: number;
};

/** How much to spend. */
export type ThresholdProfile = "tiny" | "small";

const small: ThresholdSettings = {
  thresholds: thresholdRange("0.475:0.95:20"),
  at: 0.6,
  clean: 0.8,
  volunteers: [3, 5, 10, 20, 40],
  draws: 3,
  targets: [0.9, 0.95, 0.99],
  folds: 5,
  repeats: 3,
  l2: 30,
  model: "efficientnet_b0_mini",
  sky: { count: 4000, seed: 51, size: 96 },
  seed: 0,
};

/** The settings of each profile. */
export const THRESHOLD: Record<ThresholdProfile, ThresholdSettings> = {
  // Seconds: to see that it runs.
  tiny: {
    ...small,
    thresholds: thresholdRange("0.5:0.9:5"),
    volunteers: [3, 10, 40],
    draws: 1,
    repeats: 1,
    sky: { ...small.sky, count: 240, size: 64 },
  },
  // A few minutes on two cores, most of them for the sky and its features.
  small,
};

/**
 * Thresholds from a text "low:high:count": so many at even distances, both ends included.
 *
 * @throws {SyntaxError} When the text is another
 * @throws {RangeError} When a threshold is not in (0, 1], or there are none
 *
 * @example
 * ```ts
 * import { thresholdRange } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(thresholdRange("0.5:0.9:3"), [0.5, 0.7, 0.9]);
 * assert.throws(() => thresholdRange("0.5:1.2:3"), {
 *   message: "Cannot sweep thresholds 0.5:1.2:3: they must lie in (0, 1] and rise",
 * });
 * ```
 */
export function thresholdRange(text: string): number[] {
  const parts = text.split(":").map(Number);
  if (parts.length !== 3 || text.split(":").some((part) => part.trim() === "")) {
    throw new SyntaxError(`Cannot read thresholds "${text}": wanted low:high:count`);
  }
  const [low, high, count] = parts;
  if (!(Number.isInteger(count) && count >= 2)) {
    throw new RangeError(`Cannot sweep thresholds ${text}: two or more are wanted`);
  }
  if (!(low > 0 && high <= 1 && low < high)) {
    throw new RangeError(`Cannot sweep thresholds ${text}: they must lie in (0, 1] and rise`);
  }
  return Array.from({ length: count }, (_, i) => {
    return Number((low + (high - low) * i / (count - 1)).toFixed(6));
  });
}

/**
 * Refuses settings that make no sense, before any work.
 *
 * @throws {RangeError} Naming the setting
 */
export function checkThresholdSettings(settings: ThresholdSettings): void {
  const { thresholds, at, clean, volunteers, targets, folds, repeats, draws, l2 } = settings;
  const wholes = { folds, repeats, draws };
  const refuse = (name: string, value: unknown, wanted: string) => {
    throw new RangeError(`Cannot sweep thresholds: ${name} is ${value}, wanted ${wanted}`);
  };
  const rising = (values: readonly number[]) =>
    values.length > 0 && values.every((value, i) => i === 0 || value > values[i - 1]);
  for (const [name, value] of Object.entries({ at, clean })) {
    if (!(value >= 0.5 && value <= 1)) refuse(name, value, "a number from 0.5 to 1");
  }
  if (!(rising(thresholds) && thresholds[0] > 0 && thresholds.at(-1)! <= 1)) {
    refuse("thresholds", thresholds, "rising numbers in (0, 1]");
  }
  if (!(rising(volunteers) && volunteers.every((n) => Number.isInteger(n) && n >= 1))) {
    refuse("volunteers", volunteers, "rising whole numbers from 1");
  }
  if (!(rising(targets) && targets[0] > 0 && targets.at(-1)! < 1)) {
    refuse("targets", targets, "rising numbers between 0 and 1");
  }
  for (const [name, value] of Object.entries(wholes)) {
    const least = name === "folds" ? 2 : 1;
    if (!Number.isInteger(value) || value < least) {
      refuse(name, value, `a whole number from ${least}`);
    }
  }
  if (!(l2 > 0)) refuse("l2", l2, "a number above 0");
}
