/**
 * How wrong labels are, in two parts: what no volunteer could see, and what too few were asked for.
 *
 * @module
 */

import type { Interval } from "../../metrics/mod.ts";
import { LEAST_TRIALS, shareOf } from "./scores.ts";

/** Shares of the labels, of all and of each class; null where there are too few, or no truth. */
export type LabelNoise = {
  /**
   * Hidden by distance: the label is not the true class, and an endless crowd would give it, too. No
   * number of volunteers mends it.
   */
  hidden: Interval | null;
  hiddenSmooth: Interval | null;
  hiddenFeatured: Interval | null;
  /** Noise of votes: an endless crowd would say the other class. */
  noise: Interval | null;
  noiseSmooth: Interval | null;
  noiseFeatured: Interval | null;
};

/**
 * Both parts of labels' noise.
 *
 * @param options `featured`: the probability that an endless crowd says so, see
 * {@linkcode featuredForMost}; `truth`: true classes, where they are known
 */
export function labelNoise(
  labels: Int32Array,
  { featured, truth }: { featured: Float64Array; truth?: Int32Array },
): LabelNoise {
  const contradicted = (label: number, row: number) =>
    label === 1 ? 1 - featured[row] : featured[row];
  const hidden = (label: number, row: number) =>
    label === truth![row] ? 0 : 1 - contradicted(label, row);
  const of = (part: typeof hidden, which?: number) =>
    shareOf(labels, {
      of: part,
      where: (label) => which === undefined || label === which,
      least: LEAST_TRIALS,
    });
  return {
    hidden: truth ? of(hidden) : null,
    hiddenSmooth: truth ? of(hidden, 0) : null,
    hiddenFeatured: truth ? of(hidden, 1) : null,
    noise: of(contradicted),
    noiseSmooth: of(contradicted, 0),
    noiseFeatured: of(contradicted, 1),
  };
}
