/**
 * What captions of galaxies are made of, and the prompts of GalaxySD, as answers of Galaxy Zoo 2's
 * decision tree.
 *
 * @module
 */

/**
 * The words of a caption by the answer that they stand for. Answers that say what a galaxy is not,
 * or nothing ("star or artifact", "something odd"), have none: Ma et al. 2026 (ApJS 282, 25) leave
 * them out. The words are those of their prompts; where no prompt has an answer, the volunteers'.
 */
export const captionTags: Readonly<Record<string, string>> = {
  a01: "smooth",
  a02: "features or disk",
  a04: "edge-on",
  a06: "bar-shaped structure in the center",
  a08: "spiral",
  a10: "no central bulge",
  a11: "just noticeable central bulge prominence",
  a12: "obvious central bulge prominence",
  a13: "dominant central bulge prominence",
  a16: "completely round",
  a17: "in-between round",
  a18: "cigar-shaped",
  a19: "ring",
  a20: "lens or arc",
  a21: "disturbed",
  a22: "irregular",
  a24: "merger",
  a25: "rounded edge-on bulge",
  a26: "boxy edge-on bulge",
  a27: "no edge-on bulge",
  a28: "tightly wound spiral arms",
  a29: "medium wound spiral arms",
  a30: "loosely wound spiral arms",
  a31: "1 spiral arm",
  a32: "2 spiral arms",
  a33: "3 spiral arms",
  a34: "4 spiral arms",
  a36: "more than 4 spiral arms",
  a38: "dust lane",
};

/** A prompt for pictures of galaxies. */
export type GalaxyPrompt = {
  /** What the model is told; `{words:1.2}` weighs words. */
  readonly text: string;
  /** The answers that its galaxies have for certain, all of them. */
  readonly answers: readonly string[];
};

/**
 * The prompts A to P of GalaxySD (Ma et al. 2026, ApJS 282, 25, table 1).
 *
 * @example
 * ```ts
 * import { galaxyPrompts } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.equal(Object.keys(galaxyPrompts).join(""), "ABCDEFGHIJKLMNOP");
 * assert.deepEqual(galaxyPrompts.F.answers, ["a08", "a34"]);
 * ```
 */
export const galaxyPrompts = {
  A: { text: "cigar-shaped galaxy", answers: ["a18"] },
  B: { text: "completely round galaxy", answers: ["a16"] },
  C: { text: "edge-on galaxy", answers: ["a04"] },
  D: { text: "in-between round galaxy", answers: ["a17"] },
  E: { text: "ring galaxy", answers: ["a19"] },
  F: { text: "spiral galaxy with 4 spiral arms", answers: ["a08", "a34"] },
  G: {
    text: "spiral galaxy with loosely wound 2 spiral arms",
    answers: ["a08", "a30", "a32"],
  },
  H: { text: "spiral galaxy with tightly wound spiral arms", answers: ["a08", "a28"] },
  I: {
    text: "spiral galaxy with just noticeable central bulge prominence",
    answers: ["a08", "a11"],
  },
  J: { text: "spiral galaxy with obvious central bulge prominence", answers: ["a08", "a12"] },
  K: { text: "in-between round galaxy, {dust lane:1.2}", answers: ["a17", "a38"] },
  L: {
    text: "edge-on galaxy, {dust lane:1.2}, with rounded edge-on bulge",
    answers: ["a04", "a38", "a25"],
  },
  M: { text: "bar-shaped structure in the center of galaxy", answers: ["a06"] },
  N: { text: "edge-on galaxy, with rounded edge-on bulge", answers: ["a04", "a25"] },
  O: { text: "in-between round galaxy, merger", answers: ["a17", "a24"] },
  P: {
    text: "spiral galaxy, just noticeable bulge prominence, merger",
    answers: ["a08", "a11", "a24"],
  },
} as const satisfies Readonly<Record<string, GalaxyPrompt>>;

/** The letter of a prompt. */
export type PromptLetter = keyof typeof galaxyPrompts;

/** The letters of all prompts. */
export const promptLetters = Object.keys(galaxyPrompts) as readonly PromptLetter[];
