/**
 * Captions from votes: what a text-conditioned model is told of each galaxy.
 *
 * @module
 */

import type { DecisionTree } from "../catalogues/tree.ts";
import { answersOf, pathsTo, questionOf } from "../catalogues/tree.ts";
import { captionTags } from "../catalogues/prompts.ts";
import { gz2Tree } from "../catalogues/trees.ts";
import { refuseOutside, refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { cleanRule } from "./clean_rule.ts";
import { membersOf } from "./members.ts";
import type { CatalogueRows } from "./vote_labels.ts";
import { certainAnswers, type CertainOptions } from "./well_sampled.ts";

/** How captions are written. */
export type CaptionOptions = {
  /** What each begins with: the survey. Empty for nothing. @default {"sdss"} */
  prefix?: string;
  /** Whether tags stand in an order drawn for each. @default {false: in that of the tree} */
  shuffle?: boolean;
  /** Share of the tags that are left out, drawn for each; one is always kept. @default {0} */
  drop?: number;
  /** Any integer, where something is drawn. @default {0} */
  seed?: number;
  /** Draws anew for each. @default {0} */
  epoch?: number;
};

/** These are said of the galaxy itself: the first of them in a caption is followed by "galaxy". */
const NOUNS = ["a02", "a04", "a08", "a16", "a17", "a18", "a19", "a21", "a22"];

/**
 * The answers that a caption tells, of each galaxy of a table of Galaxy Zoo 2: those that are certain
 * by the rule of the clean samples (the thresholds before the question, 20 votes, a debiased fraction
 * of 0.8), as GalaxySD selects them (Ma et al. 2026, section 3.1), but for those that say nothing.
 *
 * @param options What differs from the rule; `strict` where "above 0.8" is meant
 * @returns Of each row the ids of its answers, in the order of the tree; none where nothing is certain
 * @throws {RangeError} When the table has no decision tree of Galaxy Zoo 2, or lacks its columns
 *
 * @example
 * ```ts
 * import { captionAnswers, captions, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const answers = captionAnswers(readCatalogue("data/sky/catalogue.parquet"));
 * assert.equal(answers.length, 64);
 * const [row] = answers.keys().filter((row) => answers[row].includes("a16"));
 * assert.match(captions([answers[row]])[0], /^sdss, smooth, completely round galaxy/);
 * ```
 */
export function captionAnswers(
  { kind, frame }: CatalogueRows,
  options: Partial<CertainOptions> = {},
): string[][] {
  const tree = treeOf(kind);
  const cuts = certainAnswers(tree, { ...cleanRule, ...options });
  const told = answersOf(tree).filter(({ id }) => id in captionTags);
  const rows = Array.from({ length: frame.height }, (): string[] => []);
  const members = membersOf(frame, Object.fromEntries(told.map(({ id }) => [id, cuts[id]])));
  for (const { id } of told) for (const row of members[id]) rows[row].push(id);
  return rows;
}

/**
 * Captions of galaxies: tags with commas between, as GalaxySD's scripts have them: `sdss, ` first, and
 * `smooth, ` for galaxies without features, whatever the order of the others. That a galaxy has
 * features is told only where nothing tells which.
 *
 * @param answers Of each galaxy those that are told, as {@linkcode captionAnswers} gives them
 * @returns Of each galaxy its caption. The same galaxy, seed and epoch give the same, whatever else is
 * in the list; galaxies are told apart by their place
 * @throws {RangeError} For an answer that has no tag, and options out of their range
 *
 * @example
 * ```ts
 * import { captions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(captions([["a01", "a17", "a24"], ["a02", "a08", "a12", "a28", "a32"], ["a38"]]), [
 *   "sdss, smooth, in-between round galaxy, merger",
 *   "sdss, spiral galaxy, obvious central bulge prominence, tightly wound spiral arms, 2 spiral arms",
 *   "sdss, galaxy, dust lane",
 * ]);
 * ```
 */
export function captions(
  answers: readonly (readonly string[])[],
  options: CaptionOptions = {},
): string[] {
  const known = { prefix: true, shuffle: true, drop: true, seed: true, epoch: true } as const;
  refuseUnknown(options, known, { what: "write captions" });
  const { prefix = "sdss", shuffle = false, drop = 0, seed = 0, epoch = 0 } = options;
  refuseOutside({ drop }, { drop: "[0, 1)" }, { what: "write captions" });
  return answers.map((given, row) => {
    const unknown = given.find((id) => !Object.hasOwn(captionTags, id));
    if (unknown !== undefined) {
      throw new RangeError(
        `Cannot write captions: the answer "${unknown}" (row ${row}) has no tag, captionTags has them all`,
      );
    }
    const random = new Prng(seed, [streams.captions, epoch, row]);
    const isSmooth = given.some((id) => id === "a01" || questionOf(gz2Tree, id).id === "t07");
    const tags = kept(toldOnce(given), { random, drop });
    const ordered = shuffle ? Array.from(random.permutation(tags.length), (at) => tags[at]) : tags;
    const words = inWords(ordered, isSmooth);
    return (prefix === "" ? words : [prefix, ...words]).join(", ");
  });
}

/** Those that are told beside "smooth"; features only where nothing tells which, the kind first. */
function toldOnce(answers: readonly string[]): string[] {
  const tellsMore = (id: string) =>
    id !== "a02" && NOUNS.includes(id) ||
    pathsTo(gz2Tree, questionOf(gz2Tree, id).id).every((path) => path.includes("a02"));
  const told = answers.filter((id) => id !== "a01" && !(id === "a02" && answers.some(tellsMore)));
  const noun = told.find((id) => NOUNS.includes(id));
  return noun === undefined ? told : [noun, ...told.filter((id) => id !== noun)];
}

/** Some of the tags, each with the same chance, at least one. */
function kept(
  tags: readonly string[],
  { random, drop }: { random: Prng; drop: number },
): readonly string[] {
  if (drop === 0 || tags.length === 0) return tags;
  const drawn = tags.map(() => random.uniform());
  const best = Math.max(...drawn);
  return tags.filter((_, at) => drawn[at] >= drop || drawn[at] === best);
}

/** The tags' words; of several that can be said of a galaxy, the first says it. */
function inWords(answers: readonly string[], isSmooth: boolean): string[] {
  const noun = answers.findIndex((id) => NOUNS.includes(id));
  const words = answers.map((id, at) => {
    const tag = questionOf(gz2Tree, id).id === "t09" ? `with ${captionTags[id]}` : captionTags[id];
    if (id === "a06" && noun < 0) return `${tag} of galaxy`;
    return at === noun ? `${tag} galaxy` : tag;
  });
  if (noun >= 0) return isSmooth ? ["smooth", ...words] : words;
  if (isSmooth) return ["smooth galaxy", ...words];
  return answers.includes("a06") ? words : ["galaxy", ...words];
}

function treeOf({ name, tree }: CatalogueRows["kind"]): DecisionTree {
  if (tree?.name === "gz2") return tree;
  throw new RangeError(
    `Cannot write captions of ${name}: the tags are those of Galaxy Zoo 2's decision tree, it has ${
      tree === null ? "none" : `that of "${tree.name}"`
    }`,
  );
}
