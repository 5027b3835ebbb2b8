/**
 * The galaxies that a prompt is about.
 *
 * @module
 */

import { galaxyPrompts, type PromptLetter } from "../catalogues/prompts.ts";
import { questionOf } from "../catalogues/tree.ts";
import { gz2Tree } from "../catalogues/trees.ts";
import { cleanRule } from "./clean_rule.ts";
import type { Cut } from "./selection.ts";
import { certainAnswers, type CertainOptions } from "./well_sampled.ts";

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
