/**
 * Kinds of galaxies that a sky can be asked for: by what they are, and by what volunteers say.
 *
 * @module
 */

import { captionTags, galaxyPrompts, promptLetters } from "../data/catalogues/prompts.ts";
import { answersOf, pathsTo, questionOf } from "../data/catalogues/tree.ts";
import { gz2Tree } from "../data/catalogues/trees.ts";
import { nearestName } from "../nearest.ts";
import { type GalaxyClass, galaxyClasses } from "./galaxy.ts";
import { type Part, PARTS } from "./_look.ts";
import type { Omens, Subject } from "./population.ts";
import { armCountOf } from "./structure.ts";

/** What a galaxy's truth must be. */
type Truth = {
  /** What its omens must be for `holds` to be possible. @default {anything} */
  wanted?: (omens: Omens) => boolean;
  holds: (galaxy: Subject) => boolean;
};

/** A kind of galaxies. */
export type Kind = Required<Truth> & {
  /** As it was asked for. */
  name: string;
  /** Positions of the answers that must be certain, among all 37. */
  answers: readonly number[];
  /** How plain what is seen must be for that, at a glimpse. */
  seen: readonly { part: Part; least: number; most: number }[];
};

/** What nobody sees of less: see the fields of {@linkcode Galaxy}. */
const VISIBLE = { arms: 0.15, bar: 0.05, lane: 0.3, disturbance: 0.3 };

const isEarly = (galaxy: Subject) => galaxy.class === "elliptical" || galaxy.class === "lenticular";
const isArmed = ({ arms }: Subject) => arms !== null && arms.strength >= VISIBLE.arms;
const isBarred = ({ bar }: Subject) => bar !== null && bar.strength >= VISIBLE.bar;
const isRinged = ({ rings }: Subject) => rings.length > 0;
const hasLane = ({ dustLane }: Subject) =>
  dustLane !== null && dustLane.opticalDepth >= VISIBLE.lane;
const isDisturbed = ({ disturbance, tails, shells }: Subject) =>
  disturbance > VISIBLE.disturbance || tails.length > 0 || shells !== null;
/** Inclined enough to be taken for a disc seen from its edge. */
const isInclined = ({ disc }: Subject) => disc !== null && disc.inclination >= 65;
/** Turned enough towards us to be taken for no such disc. */
const isOpen = ({ disc }: Subject) => disc === null || disc.inclination <= 75;
const bulge = ({ bulge }: Subject) => bulge.fraction;

const merger: Truth = {
  wanted: ({ companion }) => companion,
  holds: ({ companion }) => companion !== null,
};
const earlyLane: Truth = {
  wanted: (omens) => omens.earlyLane,
  holds: (galaxy) => isEarly(galaxy) && hasLane(galaxy),
};
const arc: Truth = { wanted: (omens) => omens.arc, holds: ({ arc }) => arc !== null };
const artifact: Truth = { holds: ({ artifact }) => artifact !== null };

/** Visible arms, wound between two pitch angles. */
function wound(from: number, to: number): Truth {
  return {
    holds: (galaxy) => isArmed(galaxy) && from <= galaxy.arms!.pitch && galaxy.arms!.pitch <= to,
  };
}

/** A grand design of so many arms. */
function grandDesign(...counts: number[]): Truth {
  return {
    wanted: (omens) =>
      [true, false].some((barred) => counts.includes(armCountOf(omens, { barred }))),
    holds: (galaxy) =>
      isArmed(galaxy) && !galaxy.arms!.flocculent && counts.includes(galaxy.arms!.count),
  };
}

/** Kinds by truth. */
const TRUTHS: Readonly<Record<string, Truth>> = {
  any: { holds: () => true },
  ...Object.fromEntries(
    galaxyClasses.map((name: GalaxyClass) => [name, { holds: (galaxy) => galaxy.class === name }]),
  ) as Record<GalaxyClass, Truth>,
  "early type": { holds: isEarly },
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((count) => [
      count === 1 ? "1 arm" : `${count} arms`,
      grandDesign(count),
    ]),
  ),
  flocculent: { holds: (galaxy) => isArmed(galaxy) && galaxy.arms!.flocculent },
  bar: { holds: isBarred },
  ring: { holds: isRinged },
  lens: { holds: ({ lens }) => lens !== null },
  "dust lane": { holds: hasLane },
  "early dust lane": earlyLane,
  "edge-on": { holds: ({ disc }) => disc !== null && disc.inclination >= 80 },
  merger,
  disturbed: { holds: isDisturbed },
  shells: { holds: ({ shells }) => shells !== null },
  arc,
  artifact,
};

/**
 * What the truth must be for volunteers to agree on an answer, where that is little. Whoever is
 * taken for it without being it is not found.
 */
const TRUTH_OF: Readonly<Record<string, Truth>> = {
  a03: artifact,
  a04: { holds: isInclined },
  a06: { holds: isBarred },
  a08: { holds: isArmed },
  a10: { holds: (galaxy) => bulge(galaxy) < 0.2 },
  a11: { holds: (galaxy) => bulge(galaxy) < 0.35 },
  a12: { holds: (galaxy) => bulge(galaxy) > 0.1 },
  a13: { holds: (galaxy) => bulge(galaxy) > 0.3 },
  a19: { holds: isRinged },
  a20: { holds: (galaxy) => galaxy.lens !== null || galaxy.arc !== null },
  a22: { holds: (galaxy) => galaxy.class === "irregular" || galaxy.disturbance > 0.3 },
  a24: merger,
  a25: { holds: (galaxy) => isInclined(galaxy) && bulge(galaxy) > 0.03 },
  a26: { holds: (galaxy) => isInclined(galaxy) && galaxy.bulge.boxiness > 0 },
  a27: { holds: (galaxy) => isInclined(galaxy) && bulge(galaxy) < 0.2 },
  a05: { holds: isOpen },
  a28: wound(0, 25),
  a29: wound(12, 32),
  a30: wound(18, 90),
  a31: grandDesign(1),
  a32: grandDesign(2),
  a33: grandDesign(3),
  a34: grandDesign(4),
  a36: grandDesign(5, 6),
  a37: { holds: isArmed },
  a38: { holds: hasLane },
};

/** From where to where something seen may lie. */
type Range = readonly [least: number, most: number];

const from = (least: number): Range => [least, Infinity];

/**
 * What must be seen for volunteers to agree on an answer. Among 3,000 natural galaxies and 4,500 with
 * rare things in them, the faintest structure on which they did was plainer by a third; not so arms
 * and bulges, which some see where none are: of those 99 and 97 of 100 lay within.
 */
const SEEN_OF: Readonly<Record<string, Partial<Record<Part, Range>>>> = {
  a04: { axisRatio: [0, 0.47] },
  a05: { axisRatio: [0.18, 1] },
  a06: { bar: from(24) },
  a08: { arms: from(10) },
  a11: { bulge: [0, 0.08] },
  a12: { bulge: [0.015, 0.4] },
  a13: { bulge: [0.18, 1] },
  a16: { axisRatio: [0.62, 1] },
  a17: { axisRatio: [0.26, 0.84] },
  a18: { axisRatio: [0, 0.44] },
  a19: { ring: from(14) },
  a24: { merger: from(270) },
  a25: { bulge: [0.02, 0.5] },
  a27: { bulge: [0, 0.045] },
  a28: { arms: from(15) },
  a29: { arms: from(30) },
  a30: { arms: from(45) },
  a31: { arms: from(27) },
  a32: { arms: from(27) },
  a33: { arms: from(50) },
  a34: { arms: from(50) },
  a36: { arms: from(50) },
  a38: { dustLane: from(125) },
};

const ANSWERS = answersOf(gz2Tree).map(({ id }) => id);
/** Answers that only galaxies called smooth get. */
const SMOOTH = ["a01", "a16", "a17", "a18"];

/** Names for several kinds at once. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  prompts: promptLetters,
  classes: galaxyClasses,
};

/**
 * The kinds that a name stands for: `prompts` and `classes` for several, any other for itself.
 *
 * @example
 * ```ts
 * import { kindsOf } from "./_kinds.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(kindsOf("prompts").length, 16);
 * assert.deepEqual(kindsOf("ring"), ["ring"]);
 * ```
 */
export function kindsOf(name: string): readonly string[] {
  return GROUPS[name] ?? [name];
}

/** What kinds can be asked for, for messages and help. */
export const KINDS_IN_WORDS = `by truth: ${Object.keys(TRUTHS).join(", ")}; ` +
  "by votes: a prompt A to P, an answer a01 to a38, or tag:WORDS of a caption; " +
  'several things at once: "spiral + ring"';

/**
 * A kind by its name. Of several parts joined by `+`, all must hold:
 *
 * - by truth: a class, `early type`, `1 arm` … `6 arms` (grand designs), `flocculent`, `bar`, `ring`,
 *   `lens`, `dust lane`, `early dust lane`, `edge-on`, `merger`, `disturbed`, `shells`, `arc`,
 *   `artifact`, `any`;
 * - by votes: an answer (`a34`) or the tag of one (`tag:4 spiral arms`) that is certain by
 *   `cleanRule`, or a prompt, `A` to `P`, all of whose answers are.
 *
 * A galaxy that is certain of an answer for another reason than its truth, as a spiral of three arms
 * of which the votes say four, or a galaxy with a stranger before it that passes for a merger, is no
 * such galaxy: to find those would take the votes of every galaxy. In particular dust lanes of smooth
 * galaxies are those of early types. Of the others one in some hundred at most is lost, whose
 * structures are too faint at a glimpse.
 *
 * @throws {RangeError} When a part is unknown, naming the nearest
 */
export function kindNamed(name: string): Kind {
  const answers: string[] = [];
  const truths: Truth[] = [];
  for (const part of name.split("+").map((text) => text.trim())) {
    const found = answersNamed(part);
    if (found) answers.push(...found);
    else if (Object.hasOwn(TRUTHS, part)) truths.push(TRUTHS[part]);
    else throw unknown(part);
  }
  const needed = [...new Set(answers.flatMap(withPath))];
  truths.push(...needed.flatMap((answer) => TRUTH_OF[answer] ?? []));
  if (answers.includes("a38") && answers.some((answer) => SMOOTH.includes(answer))) {
    truths.push(earlyLane);
  }
  return {
    name,
    answers: [...new Set(answers)].map((answer) => ANSWERS.indexOf(answer)),
    seen: (Object.keys(PARTS) as Part[]).flatMap((part) => {
      const ranges = needed.map((answer) => SEEN_OF[answer]?.[part])
        .filter((range) => range !== undefined);
      if (ranges.length === 0) return [];
      return [{
        part,
        least: Math.max(...ranges.map(([least]) => least)),
        most: Math.min(...ranges.map(([, most]) => most)),
      }];
    }),
    wanted: (omens) => truths.every(({ wanted }) => wanted === undefined || wanted(omens)),
    holds: (galaxy) => truths.every(({ holds }) => holds(galaxy)),
  };
}

/** An answer and those that lead to it, where there is one way only. */
function withPath(answer: string): string[] {
  const paths = pathsTo(gz2Tree, questionOf(gz2Tree, answer).id);
  return paths.length === 1 ? [...paths[0], answer] : [answer];
}

/** Whether all that must be seen for a kind is. */
export function isSeen({ seen }: Pick<Kind, "seen">, glimpse: (part: Part) => number): boolean {
  return seen.every(({ part, least, most }) => {
    const plain = glimpse(part);
    return least <= plain && plain <= most;
  });
}

/** The answers that a prompt, an answer or a tag stands for. */
function answersNamed(part: string): readonly string[] | undefined {
  if (Object.hasOwn(galaxyPrompts, part)) {
    return galaxyPrompts[part as keyof typeof galaxyPrompts].answers;
  }
  if (ANSWERS.includes(part)) return [part];
  const tag = /^tag:\s*(.*)$/.exec(part)?.[1];
  const answer = Object.keys(captionTags).find((id) => captionTags[id] === tag);
  return answer === undefined ? undefined : [answer];
}

function unknown(part: string): RangeError {
  const names = [
    ...[...Object.keys(TRUTHS), ...Object.keys(GROUPS), ...ANSWERS],
    ...Object.values(captionTags).map((tag) => `tag:${tag}`),
  ];
  const nearest = nearestName(part, names);
  return new RangeError(
    `Cannot draw a sky: there is no kind of galaxies "${part}", ${
      nearest === undefined ? `there are, ${KINDS_IN_WORDS}` : `nearest is "${nearest}"`
    }`,
  );
}
