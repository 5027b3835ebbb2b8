/**
 * The trainings that are compared.
 *
 * @module
 */

import { type ImageSet, Prng, relabel } from "../../data/mod.ts";
import type { Phase } from "../../train/mod.ts";
import type { EfficientnetSettings, Variant } from "./settings.ts";

/** How each training is called in tables and figures. */
export const VARIANT_NAMES: Record<Variant, string> = {
  two_phases: "two phases",
  head_only: "head only",
  all_at_once: "all at once",
  from_scratch: "from scratch",
  shuffled: "two phases, shuffled labels",
};

/** The phases of a training: all have as many epochs together. */
export function phasesOf(
  variant: Variant,
  { head, last, scratchRate }: EfficientnetSettings,
): Phase[] {
  const epochs = head.epochs + last.epochs;
  switch (variant) {
    case "two_phases":
    case "shuffled":
      return [
        { name: "head", ...head, trainable: "head" },
        {
          name: `head and last ${last.blocks} blocks`,
          ...{ epochs: last.epochs, rate: last.rate },
          trainable: { lastBlocks: last.blocks },
        },
      ];
    case "head_only":
      return [{ name: "head", epochs, rate: head.rate, trainable: "head" }];
    case "all_at_once":
      return [{
        name: "all",
        ...{ epochs, rate: last.rate, trainable: "all" },
      }];
    case "from_scratch":
      return [{ name: "all, from scratch", epochs, rate: scratchRate, trainable: "all" }];
  }
}

/**
 * The set with the labels of some images dealt out anew among them: as many of each class, and
 * nothing to learn. The others keep theirs.
 */
// deno-lint-ignore galaxykit/few-arguments
export function shuffleLabels(set: ImageSet, indices: Int32Array, seed: number): ImageSet {
  const labels = Int32Array.from(set.labels);
  const order = new Prng(seed, [50]).permutation(indices.length);
  indices.forEach((index, place) => labels[index] = set.labels[indices[order[place]]]);
  return relabel(set, { labels });
}
