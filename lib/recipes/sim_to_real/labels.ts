/**
 * Classes from votes, the same way for simulated and real galaxies.
 *
 * @module
 */

import type { FractionKind, VoteLabelOptions } from "../../data/mod.ts";

/** A way to sort galaxies into classes. */
export type Labelling = { name: string; rule: VoteLabelOptions };

/** Smooth or featured, where 6 of 10 votes agree on it: weighted, as all of GZ2's tables have them. */
export const smoothOrFeatured: Labelling = {
  name: "smooth or featured",
  rule: { fractions: "weighted", threshold: 0.6 },
};

/** The labelling by other fractions of the same votes. */
export function byFractions({ name, rule }: Labelling, fractions: FractionKind): Labelling {
  return { name, rule: { ...rule, fractions } };
}

/** What the makers of the real sample sorted by. */
export const fourClasses: Labelling = {
  name: "four classes",
  rule: {
    classes: { spiral: "a08", elliptical: "a01", "edge-on": "a04", merger: "a24" },
    fractions: "debiased",
    threshold: 0.5,
    minimumVotes: 5,
    ties: "first",
  },
};
