/**
 * Which answers of two surveys mean the same, so that one survey's model can be judged on another's
 * votes.
 *
 * @module
 */

import { answersOf, type DecisionTree } from "./tree.ts";
import { gz2Tree } from "./trees.ts";

/**
 * Answers of GZ DECaLS by those of GZ2 that mean the same. Not here is what changed its meaning: the
 * weak bars of GZD-5 are "no bar" to many volunteers of GZ2, and its five bulge sizes divide
 * otherwise than GZ2's four; GZD-1/2 has no "just noticeable".
 */
const common: Record<string, string> = {
  a01: "smooth-or-featured_smooth",
  a02: "smooth-or-featured_featured-or-disk",
  a03: "smooth-or-featured_artifact",
  a04: "disk-edge-on_yes",
  a05: "disk-edge-on_no",
  a08: "has-spiral-arms_yes",
  a09: "has-spiral-arms_no",
  a17: "how-rounded_in-between",
  a18: "how-rounded_cigar-shaped",
  a25: "edge-on-bulge_rounded",
  a26: "edge-on-bulge_boxy",
  a27: "edge-on-bulge_none",
  a28: "spiral-winding_tight",
  a29: "spiral-winding_medium",
  a30: "spiral-winding_loose",
  a31: "spiral-arm-count_1",
  a32: "spiral-arm-count_2",
  a33: "spiral-arm-count_3",
  a34: "spiral-arm-count_4",
  a36: "spiral-arm-count_more-than-4",
};

/** From an answer of GZ2 to that of each survey. */
const fromGz2: Record<string, Record<string, string>> = {
  decals12: {
    ...common,
    a06: "bar_yes",
    a07: "bar_no",
    a10: "bulge-size_none",
    a12: "bulge-size_obvious",
    a13: "bulge-size_dominant",
    a16: "how-rounded_completely",
  },
  decals5: { ...common, a16: "how-rounded_round", a37: "spiral-arm-count_cant-tell" },
};

/**
 * The answers that mean the same in two trees, as pairs of answer ids in the first one's order.
 *
 * GZ2, UKIDSS and Kaggle share one tree; of GZ DECaLS those answers are paired whose question and
 * wording were kept (26 with GZD-1/2).
 *
 * @throws {RangeError} When the two trees have no known relation
 *
 * @example
 * ```ts
 * import { decals12Tree, gz2Tree, sharedAnswers } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const pairs = sharedAnswers(gz2Tree, decals12Tree);
 * assert.equal(pairs.length, 26);
 * assert.deepEqual(pairs[5], ["a06", "bar_yes"]);
 * ```
 */
export function sharedAnswers(from: DecisionTree, to: DecisionTree): [string, string][] {
  const back = new Map([...toGz2(to)].map(([id, gz2]) => [gz2, id]));
  const pairs: [string, string][] = [];
  for (const [id, gz2] of toGz2(from)) {
    const other = back.get(gz2);
    if (other !== undefined) pairs.push([id, other]);
  }
  if (pairs.length > 0) return pairs;
  throw new RangeError(
    `Cannot relate the trees "${from.name}" and "${to.name}": no answers in common are known`,
  );
}

/** The answer of GZ2 for each answer of a tree, where there is one. */
function toGz2(tree: DecisionTree): Map<string, string> {
  if (tree.name in fromGz2) {
    const known = Object.entries(fromGz2[tree.name]);
    return new Map(
      answersOf(tree).flatMap(({ id }) =>
        known.filter(([, to]) => to === id).map(([a]) => [id, a])
      ),
    );
  }
  if (tree.name === "kaggle") {
    return new Map(answersOf(tree).map(({ id }) => [id, gz2OfKaggle(id)]));
  }
  const own = tree.name === "gz2" || tree.name === "ukidss" ? answersOf(tree) : [];
  return new Map(own.map(({ id }) => [id, id]));
}

/** Kaggle numbers the answers of each question; GZ2 all of them, but a35, and a38 last of t08. */
function gz2OfKaggle(id: string): string {
  const [question, answer] = id.slice("Class".length).split(".").map(Number);
  return gz2Tree.questions.find((q) => Number(q.id.slice(1)) === question)!.answers[answer - 1].id;
}
