/**
 * The ways of training that are compared.
 *
 * @module
 */

import { type ImageSet, Prng, relabel } from "../../data/mod.ts";
import { cosine, type Phase } from "../../train/mod.ts";
import type { EfficientnetSettings, Way } from "./settings.ts";

/** How each way is called in tables and figures. */
export const WAY_NAMES: Record<Way, string> = {
  two_phases: "two phases",
  head_only: "head only",
  all_at_once: "all layers at once",
  from_scratch: "from scratch",
  shuffled: "shuffled labels",
};

/** Share of a phase's steps in which its rate rises. */
const WARMUP = 0.1;

/**
 * The phases of a training. The head alone is trained as long as both phases together. In each the
 * rate rises from 0, since Adam's first steps are as long as its later ones and know less, and falls
 * along a cosine, so that the last epoch's weights are no chance one's.
 */
export function phasesOf(
  way: Way,
  { head, last, all }: Pick<EfficientnetSettings, "head" | "last" | "all">,
): Phase[] {
  const along = (rate: number) => (steps: number) =>
    cosine({ rate, steps, warmup: Math.ceil(WARMUP * steps) });
  switch (way) {
    case "two_phases":
    case "shuffled":
      return [
        { name: "head", epochs: head.epochs, rate: along(head.rate), trainable: "head" },
        {
          name: `last ${last.blocks} blocks`, // and the head
          ...{ epochs: last.epochs, rate: along(last.rate) },
          trainable: { lastBlocks: last.blocks },
        },
      ];
    case "head_only": {
      const epochs = head.epochs + last.epochs;
      return [{ name: "head", epochs, rate: along(head.rate), trainable: "head" }];
    }
    case "all_at_once":
      return [{ name: "all", epochs: all.epochs, rate: along(all.rate), trainable: "all" }];
    case "from_scratch":
      return [{ name: "all", epochs: all.epochs, rate: along(all.scratchRate), trainable: "all" }];
  }
}

/** Some of the training galaxies, others for each seed, the same for all ways. */
export function drawGalaxies(
  train: Int32Array,
  { galaxies, seed }: { galaxies: number; seed: number },
): Int32Array {
  if (galaxies >= train.length) return train;
  const order = new Prng(seed, [52]).permutation(train.length);
  return order.subarray(0, galaxies).map((place) => train[place]).sort();
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
