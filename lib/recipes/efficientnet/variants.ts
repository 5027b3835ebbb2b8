/**
 * The trainings that are compared.
 *
 * @module
 */

import { type ImageSet, Prng } from "../../data/mod.ts";
import type { ImageModel } from "../../models/mod.ts";
import { BatchNorm2d } from "../../nn/mod.ts";
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

/**
 * The phases of a training: all have as many epochs together.
 *
 * Where a trained backbone is trained on, its batch normalisations stay as they are, affine part and
 * statistics, as Keras' guide to fine-tuning EfficientNet has it: an image unlike all others, such as
 * one in the glare of a star, would otherwise rule the statistics of its batch.
 */
export function phasesOf(
  variant: Variant,
  { head, last, scratchRate }: EfficientnetSettings,
  model: ImageModel,
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
          trainable: unfrozen(model, last.blocks),
        },
      ];
    case "head_only":
      return [{ name: "head", epochs, rate: head.rate, trainable: "head" }];
    case "all_at_once":
      return [{
        name: "all",
        ...{ epochs, rate: last.rate, trainable: unfrozen(model, Infinity) },
      }];
    case "from_scratch":
      return [{ name: "all, from scratch", epochs, rate: scratchRate, trainable: "all" }];
  }
}

/** Tells the parameters of head and last blocks, those of batch normalisations left out. */
function unfrozen(model: ImageModel, blocks: number): (name: string) => boolean {
  const trained = new Set(Object.keys(model.headParameters()));
  for (const { parameters, modules } of model.blocks().slice(-blocks)) {
    const norms = Object.entries(modules).filter(([, module]) => module instanceof BatchNorm2d)
      .map(([name]) => `${name}.`);
    for (const name of Object.keys(parameters)) {
      if (!norms.some((norm) => name.startsWith(norm))) trained.add(name);
    }
  }
  return (name) => trained.has(name);
}

/**
 * The set with the labels of some images dealt out anew among them: as many of each class, and
 * nothing to learn. The others keep theirs.
 */
export function shuffleLabels(set: ImageSet, indices: Int32Array, seed: number): ImageSet {
  const labels = Int32Array.from(set.labels);
  const order = new Prng(seed, [50]).permutation(indices.length);
  indices.forEach((index, place) => labels[index] = set.labels[indices[order[place]]]);
  return { ...set, labels };
}
