/**
 * What galaxies are asked for: in words, in votes, or in both.
 *
 * @module
 */

import {
  captions,
  type ConditionLayout,
  galaxyPrompts,
  gz2Tree,
  pathsTo,
  type PromptLetter,
  promptLetters,
  questionOf,
  requestedCondition,
} from "../../data/mod.ts";
import type { GalaxysdSettings } from "./settings.ts";

/** A kind of galaxies to be generated. */
export type GalaxyRequest = {
  /** For captions of figures. */
  name: string;
  /** The text of the prompt. */
  prompt: string;
  /** What its galaxies show. */
  answers: readonly string[];
};

/** A request for certain answers, in the words of the captions that a model has learnt. */
export function requestOf(name: string, answers: readonly string[]): GalaxyRequest {
  return { name, prompt: captions([answers])[0]!, answers };
}

/**
 * The prompts A to P of GalaxySD. As its scripts do, `sdss, ` stands before each, and `smooth, ` before
 * those of galaxies without features.
 */
export const PROMPTS: readonly GalaxyRequest[] = promptLetters.map((letter: PromptLetter) => {
  const { text, answers } = galaxyPrompts[letter];
  const isSmooth = answers.some((id) => questionOf(gz2Tree, id).id === "t07");
  return { name: letter, prompt: `sdss, ${isSmooth ? "smooth, " : ""}${text}`, answers };
});

/** Coarse groups; a galaxy belongs to one if it shows all answers of any of its kinds. */
export const GROUPS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "round": [["a01", "a16"]],
  "elongated or edge-on": [["a01", "a18"], ["a02", "a04"]],
  "disc or spiral": [["a02", "a08"]],
  "ring or merger": [["a19"], ["a24"]],
};

/** Ten tags, of everything that a picture of 64 pixels may show. */
export const TAGS = ["a16", "a17", "a18", "a04", "a25", "a08", "a06", "a19", "a24", "a38"] as const;

/** How sure a request is of its answers. */
const SURE = 0.9;

/** What a model is told of a request. */
export function conditionOf(
  { answers }: GalaxyRequest,
  { layout }: { layout: ConditionLayout },
): Float32Array {
  const sure: Record<string, number> = {};
  for (const id of answers) {
    // What all ways there have in common
    const [first = [], ...others] = pathsTo(gz2Tree, questionOf(gz2Tree, id).id);
    const common = first.filter((answer) => others.every((way) => way.includes(answer)));
    for (const answer of [...common, id]) sure[answer] = SURE;
  }
  return requestedCondition(withoutRivals(sure), { tree: gz2Tree, layout }).values;
}

/** Of two answers to one question that both are wanted, half of the volunteers give each. */
function withoutRivals(sure: Record<string, number>): Record<string, number> {
  const asked = Map.groupBy(Object.keys(sure), (id) => questionOf(gz2Tree, id).id);
  return Object.fromEntries(
    asked.values().flatMap((ids) => ids.map((id) => [id, SURE / ids.length] as const)),
  );
}

/** Which of a model's two ways of being told are used. */
export type Told = GalaxysdSettings["told"];
