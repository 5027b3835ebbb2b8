/**
 * The galaxies that a prompt is about.
 *
 * @module
 */

import { galaxyPrompts, type PromptLetter } from "../catalogues/prompts.ts";
import { questionOf } from "../catalogues/tree.ts";
import { gz2Tree } from "../catalogues/trees.ts";
import type { Cut } from "./selection.ts";
import { certainAnswers, type CertainOptions, willettThresholds } from "./well_sampled.ts";

/**
 * When an answer is certain (Willett et al. 2013, section 4): the answers before it pass their
 * thresholds, its question has 20 votes, its debiased fraction is 0.8. The flags of Galaxy Zoo 2's
 * tables are set by it, and GalaxySD labels by it (there "above" 20 and 0.8 is written).
 */
export const cleanRule: Readonly<
  CertainOptions & { minimumVotes: number; minimumDebiased: number }
> = {
  thresholds: willettThresholds[20],
  minimumVotes: 20,
  minimumDebiased: 0.8,
};

/**
 * The cuts that leave the galaxies of a prompt in a table of Galaxy Zoo 2: all of its answers are
 * certain.
 *
 * @param options What differs from the rule of the clean samples
 *
 * @example
 * ```ts
 * import { promptCuts, readCatalogue, selectRows } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { frame } = readCatalogue("data/sky/catalogue.parquet");
 * const { count, flow } = selectRows(frame, promptCuts("N"));
 * assert.ok(count <= frame.height);
 * assert.equal(flow.getColumn("cut").toArray().at(-1), "t09_bulge_shape_a25_rounded debiased ≥ 0.8");
 * ```
 */
export function promptCuts(letter: PromptLetter, options: Partial<CertainOptions> = {}): Cut[] {
  const { answers } = galaxyPrompts[letter];
  const questions = answers.map((answer) => questionOf(gz2Tree, answer).id);
  const cuts = certainAnswers(gz2Tree, { ...cleanRule, ...options, questions });
  const byName = new Map(answers.flatMap((answer) => cuts[answer]).map((cut) => [cut.name, cut]));
  return [...byName.values()];
}
