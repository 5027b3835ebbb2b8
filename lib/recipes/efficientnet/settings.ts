/**
 * Settings of "Galaxy Morphology Classification with Deep Learning" (J. Brainard, project article,
 * April 2026): EfficientNetB0 on Galaxy Zoo's smooth and featured galaxies, with Grad-CAM.
 *
 * @module
 */

import type { FractionKind } from "../../data/mod.ts";

/** A stretch of the training. */
export type PhaseSettings = { epochs: number; rate: number };

/** The trainings that are compared; the first one is the article's. */
export type Variant = "two_phases" | "head_only" | "all_at_once" | "from_scratch" | "shuffled";

/** Everything that the outcome depends on, but the data. */
export type EfficientnetSettings = {
  /** A label is given to what so large a share of the volunteers agrees on; the rest is left out. */
  threshold: number;
  /** Kind of vote fractions. @default {the first of raw, published, weighted that the table has} */
  fractions?: FractionKind;
  /** The share of the labelled galaxies that is kept for validation. */
  validation: number;
  /** A model of the registry. */
  model: string;
  /** Where it begins: `kit:NAME`, `hf:organisation/name`, a file, or "none" for random values. */
  weights: string;
  /** Side of what the network sees, in pixels. */
  size: number;
  /** The share of an image's side that is looked at, about its centre. */
  crop: number;
  batch: number;
  /** Phase 1: the head on the frozen backbone. */
  head: PhaseSettings;
  /** Phase 2: head and last blocks, their batch normalisation keeping its statistics. */
  last: PhaseSettings & { blocks: number };
  /** Rate of the training from random values, whose epochs are those of both phases. */
  scratchRate: number;
  /** What is trained beside the two phases, to compare with. */
  compare: readonly Variant[];
  /** The layer whose activations Grad-CAM weighs. @default {the model's last convolution} */
  mapLayer?: string;
  /** Validation galaxies that are mapped, at most. */
  maps: number;
  /** The sky that stands in where no data is given. */
  sky: { count: number; seed: number; size: number };
  seed: number;
};

/** How much to spend. */
export type EfficientnetProfile = "tiny" | "small" | "paper";

/** What the article says; what it leaves open stands in the report. */
const article = {
  threshold: 0.6, // "at least 60% of volunteers voted that way"
  validation: 0.2, // 9,699 of 48,492
  head: { epochs: 10, rate: 1e-3 }, // "Phase 1: Head training (10 epochs, lr = 1e-3)"
  last: { epochs: 5, rate: 1e-4, blocks: 3 }, // "Phase 2: Fine-tuning (5 epochs, lr = 1e-4)"
  scratchRate: 1e-3,
  batch: 32,
  seed: 0,
};

/** The kit's own backbone, trained on other skies, looks at them as it learnt to. */
const mini = {
  model: "efficientnet_b0_mini",
  weights: "kit:efficientnet_b0_mini",
  size: 64,
  crop: 2 / 3,
  // Of 64 pixels the last convolution has 2 x 2 places; this stage has 8 x 8, of the article's
  // images the last convolution 7 x 7.
  mapLayer: "blocks.2",
};

/** The settings of each profile. */
export const EFFICIENTNET: Record<EfficientnetProfile, EfficientnetSettings> = {
  // Seconds: to see that it runs.
  tiny: {
    ...article,
    ...mini,
    head: { ...article.head, epochs: 4 },
    last: { ...article.last, epochs: 2 },
    compare: ["head_only", "from_scratch", "shuffled"],
    maps: 40,
    sky: { count: 300, seed: 604, size: 96 },
  },
  // Minutes on two cores.
  small: {
    ...article,
    ...mini,
    compare: ["head_only", "from_scratch", "shuffled"],
    maps: 400,
    sky: { count: 5000, seed: 604, size: 96 },
  },
  // The article's network on the article's data: a GPU.
  paper: {
    ...article,
    model: "efficientnet_b0",
    weights: "hf:timm/efficientnet_b0.ra_in1k",
    size: 224,
    crop: 1,
    compare: ["head_only", "all_at_once", "from_scratch", "shuffled"],
    maps: 2000,
    sky: { count: 60_000, seed: 604, size: 424 },
  },
};

/** The two classes, in the order of the labels. */
export const CLASSES = ["smooth", "featured"] as const;

/**
 * Refuses settings that make no sense, before any work.
 *
 * @throws {RangeError} Naming the setting, what is wanted and what was found
 */
export function checkEfficientnetSettings(settings: EfficientnetSettings): void {
  const { threshold, validation, crop, size, batch, maps, last } = settings;
  if (!(threshold > 0.5 && threshold <= 1)) {
    throw new RangeError(
      `Cannot label galaxies: the threshold must be above 0.5, where no galaxy has both labels, and at most 1, ${threshold} found`,
    );
  }
  const checks: [string, number, boolean, string][] = [
    ["validation", validation, validation > 0 && validation < 1, "between 0 and 1"],
    ["crop", crop, crop > 0 && crop <= 1, "above 0 and at most 1"],
    ["size", size, Number.isInteger(size) && size >= 32, "an integer from 32"],
    ["batch", batch, Number.isInteger(batch) && batch >= 2, "an integer from 2"],
    ["last.blocks", last.blocks, Number.isInteger(last.blocks) && last.blocks >= 1, "1, 2, 3, …"],
    ["maps", maps, Number.isInteger(maps) && maps >= 1, "an integer from 1"],
  ];
  for (const [name, value, isGood, wanted] of checks) {
    if (isGood) continue;
    throw new RangeError(
      `Cannot reproduce efficientnet: ${name} must be ${wanted}, ${value} found`,
    );
  }
}
