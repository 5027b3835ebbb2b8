/**
 * Labels from votes: one rule, said in plain values and in words.
 *
 * @module
 */

import pl from "nodejs-polars";
import {
  type AnswerValues,
  answerValues,
  conditionalFractions,
  votesReceived,
} from "../catalogues/fractions.ts";
import { misspelt } from "../catalogues/incomplete.ts";
import { CatalogueError } from "../catalogues/problems.ts";
import type { Catalogue } from "../catalogues/read.ts";
import { answerColumns, type Quantity, type Question, questionOf } from "../catalogues/tree.ts";
import { type OptionNames, refuseUnknown } from "../../options.ts";
import { numberColumn, type Table } from "../tables.ts";
import type { EncodedLabels } from "./labels.ts";

/**
 * What vote fractions are of: all votes alike; votes weighted by how consistent each volunteer is;
 * or corrected for what distance hides. Kaggle's table has one kind, which it does not name.
 */
export type FractionKind = "raw" | "weighted" | "debiased" | "published";

const QUANTITIES: Record<FractionKind, Quantity> = {
  raw: "fraction",
  published: "cumulative",
  weighted: "weighted_fraction",
  debiased: "debiased",
};

/**
 * The kinds that make labels where none is named, the first that a table has. "60 % of the
 * volunteers" are raw votes, every survey publishes them, and counts give them; Galaxy Zoo 2 alone
 * has weighted ones beside them, which carry 3 in 800 simulated galaxies across a threshold of 0.6.
 * Debiased fractions are no longer what the volunteers said: they are used where they are named.
 */
const BY_DEFAULT: readonly FractionKind[] = ["raw", "published", "weighted"];

/** A catalogue, or some of its rows. */
export type CatalogueRows =
  & Pick<Catalogue, "kind" | "frame">
  & Partial<Pick<Catalogue, "problems">>;

/** How labels are made, as a value that a run can keep. */
export type LabelRule = {
  /** The answer (or column) of each class. */
  classes: Readonly<Record<string, string>>;
  /** Kind of the fractions; "given" where the columns were named. */
  fractions: FractionKind | "given";
  /** Least fraction that makes a label. */
  threshold: number;
  /** Whether the fraction must be above the threshold. */
  strict: boolean;
  /** Votes that a question needs; 0 where the table has no counts to tell. */
  minimumVotes: number;
  /** What becomes of equal fractions: no label, or that of the class that was named first. */
  ties: "none" | "first";
};

/** Labels of galaxies and where they come from; rows as in the table. */
export type VoteLabels = EncodedLabels & {
  /** -1 where the votes do not decide, or are missing. */
  readonly labels: Int32Array;
  /** The class of each row, "ambiguous" where the votes do not decide, null where there are none. */
  readonly names: (string | null)[];
  /** The fractions of each class. */
  readonly fractions: Readonly<Record<string, Float64Array>>;
  readonly rule: LabelRule;
};

/** How labels are made of votes. */
export type VoteLabelOptions = {
  /**
   * The answer of each class by its id, of one question or several; of a table without a decision
   * tree the column.
   *
   * @default {smooth and featured, where the first question asks it}
   */
  classes?: Readonly<Record<string, string>>;
  /** @default {the first of raw, published, weighted that the table has} */
  fractions?: FractionKind;
  /** Least fraction that makes a label, above 0 and at most 1. */
  threshold: number;
  /** Whether the fraction must be above the threshold. @default {false} */
  strict?: boolean;
  /** What becomes of equal fractions: no label, or that of the class named first. @default {"none"} */
  ties?: LabelRule["ties"];
  /** Votes that a question needs to count, where the table has counts. @default {0} */
  minimumVotes?: number;
};

const VOTE_LABEL_OPTIONS: OptionNames<VoteLabelOptions> = {
  classes: true,
  fractions: true,
  threshold: true,
  strict: true,
  ties: true,
  minimumVotes: true,
};

/**
 * Gives each galaxy the class of the highest vote fraction, where that reaches the threshold; where
 * none does, or two are equally high, the votes do not decide. A question of which a fraction is
 * missing, or that got too few votes, makes no label: missing is not zero.
 *
 * @throws {RangeError} When there are under two classes, the threshold makes no sense, the table lacks
 * fractions, or one is none: below 0, above 1, infinite
 * @throws {CatalogueError} When the fractions are not sound
 *
 * @example
 * ```ts
 * import { describeRule, voteLabels } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const votes = { smooth: [0.9, 0.3, 0.5, NaN], disk: [0.1, 0.6, 0.5, 0.9] };
 * const { labels, names, rule } = voteLabels(votes, {
 *   classes: { smooth: "smooth", featured: "disk" },
 *   threshold: 0.6,
 * });
 * assert.deepEqual([...labels], [0, 1, -1, -1]);
 * assert.deepEqual(names, ["smooth", "featured", "ambiguous", null]);
 * assert.equal(
 *   describeRule(rule),
 *   "smooth or featured by the highest given vote fraction, at least 0.6; of equal ones none",
 * );
 * ```
 */
export function voteLabels(votes: CatalogueRows | Table, options: VoteLabelOptions): VoteLabels {
  refuseUnknown(options, VOTE_LABEL_OPTIONS, { what: "label galaxies" });
  const { threshold, strict = false, ties = "none", minimumVotes = 0 } = options;
  if (!(threshold > 0 && threshold <= 1)) {
    throw new RangeError(
      `Cannot label galaxies: the threshold must be above 0 and at most 1, ${
        threshold ?? "none"
      } found`,
    );
  }
  const given = isVotes(votes) ? fromTree(votes, options) : fromColumns(votes, options);
  const { classes, kind, questions, values, received } = given;
  const names = Object.keys(classes);
  checkFractions(values, kind);
  const fractions = Object.values(classes).map((answer) => values[answer]);
  const labels = new Int32Array(fractions[0].length).fill(-1);
  const text = new Array<string | null>(labels.length).fill(null);
  for (let row = 0; row < labels.length; row++) {
    let highest = -Infinity;
    let first = -1;
    let equal = 0;
    for (let question = 0; question < questions.length; question++) {
      if (received !== undefined && !(received[question][row] >= minimumVotes)) continue;
      const own = questions[question];
      let missing = false;
      for (const place of own) missing ||= Number.isNaN(fractions[place][row]);
      if (missing) continue;
      for (const place of own) {
        const fraction = fractions[place][row];
        equal = fraction > highest ? 1 : equal + Number(fraction === highest);
        if (fraction > highest || (fraction === highest && place < first)) {
          highest = fraction;
          first = place;
        }
      }
    }
    if (first < 0) continue;
    const enough = strict ? highest > threshold : highest >= threshold;
    if (enough && (equal === 1 || ties === "first")) labels[row] = first;
    text[row] = names[labels[row]] ?? "ambiguous";
  }
  return {
    classes: names,
    labels,
    names: text,
    fractions: Object.fromEntries(names.map((name, place) => [name, fractions[place]])),
    rule: {
      ...{ classes, fractions: kind, threshold, strict, ties },
      minimumVotes: received === undefined ? 0 : minimumVotes,
    },
  };
}

/** A rule in one line, for reports. */
export function describeRule(rule: LabelRule): string {
  const { classes, fractions, threshold, strict, ties, minimumVotes } = rule;
  const names = Object.keys(classes);
  return [
    `${names.slice(0, -1).join(", ")} or ${
      names.at(-1)
    } by the highest ${fractions} vote fraction, ${strict ? "above" : "at least"} ${threshold}`,
    ...(minimumVotes > 0 ? [`questions of under ${minimumVotes} votes do not count`] : []),
    `of equal ones ${ties === "none" ? "none" : "the first"}`,
  ].join("; ");
}

/**
 * The kinds of fractions that a table has of some questions, the default first; raw ones also where
 * it has votes alone, of which they follow.
 *
 * @param questions Ids @default {the first one}
 */
export function fractionKinds(
  { kind: { tree }, frame }: CatalogueRows,
  questions: readonly string[] = tree === null ? [] : [tree.questions[0].id],
): FractionKind[] {
  if (tree === null) return [];
  const has = (quantity: Quantity) =>
    tree.suffixes[quantity] !== undefined &&
    answerColumns(tree, quantity, questions).every((name) => frame.columns.includes(name));
  const kinds = [...BY_DEFAULT, "debiased" as const].filter((kind) => has(QUANTITIES[kind]));
  return has("count") && !kinds.includes("raw") ? [...kinds, "raw"] : kinds;
}

/**
 * Vote fractions of one kind, by answer; NaN where they are missing.
 *
 * @throws {RangeError} When the table lacks them
 * @throws {CatalogueError} When they are not sound
 *
 * @example
 * ```ts
 * import { readCatalogue, voteFractions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const catalogue = readCatalogue("data/sky/catalogue.parquet");
 * const { kind, values } = voteFractions(catalogue, { questions: ["t01"] });
 * assert.deepEqual([kind, Object.keys(values)], ["raw", ["a01", "a02", "a03"]]);
 * ```
 */
export function voteFractions(votes: CatalogueRows, options: {
  /** Their ids. */
  questions: readonly string[];
  /** @default {the first of raw, published, weighted that the table has} */
  fractions?: FractionKind;
}): { kind: FractionKind; values: AnswerValues } {
  refuseUnknown(options, { questions: true, fractions: true }, { what: "take vote fractions" });
  const { questions, fractions } = options;
  const { kind: { name, tree }, frame, problems = [] } = votes;
  const found = fractionKinds(votes, questions);
  const kind = fractions ?? found.find((kind) => BY_DEFAULT.includes(kind));
  const place = kind === undefined ? -1 : BY_DEFAULT.indexOf(kind);
  const better = BY_DEFAULT.slice(0, place < 0 ? undefined : place);
  refuseMisspelt(votes, { kinds: fractions ? [fractions] : better, questions });
  if (tree === null || kind === undefined || !found.includes(kind)) {
    throw new RangeError(
      `Cannot label galaxies: ${fractions ?? "vote"} fractions of ${
        questions.join(", ")
      } are wanted, the table (${name}) has ${found.join(", ") || "none"}${
        found.length > 0 ? "; name one of these, or none" : ""
      }`,
    );
  }
  const written = answerColumns(tree, QUANTITIES[kind], questions);
  const counted = kind === "raw" && !written.every((name) => frame.columns.includes(name));
  const columns = counted ? answerColumns(tree, "count", questions) : written;
  // An empty cell makes no label; a wrong one could make a false one
  const bad = problems.filter(({ check, column }) =>
    check !== "empty" && column.split(" + ").some((name) => columns.includes(name))
  );
  if (bad.length > 0) throw new CatalogueError("the table of votes", name, bad);
  const quantity = counted ? "count" : QUANTITIES[kind];
  const values = answerValues(tree, frame, { quantity, questions });
  return { kind, values: counted ? conditionalFractions(tree, values) : values };
}

/** Refuses to pass over a kind of fractions for the misspelt name of a column: others differ. */
function refuseMisspelt(
  { kind, frame }: CatalogueRows,
  { kinds, questions }: { kinds: readonly FractionKind[]; questions: readonly string[] },
): void {
  const { tree, name } = kind;
  if (tree === null) return;
  const wanted = new Set(
    kinds.flatMap((kind) => kind === "raw" ? [QUANTITIES.raw, "count" as const] : QUANTITIES[kind])
      .filter((quantity) => tree.suffixes[quantity] !== undefined)
      .flatMap((quantity) => answerColumns(tree, quantity, questions)),
  );
  const slip = misspelt(kind, frame.columns).find(({ expected }) => wanted.has(expected));
  if (slip === undefined) return;
  throw new RangeError(
    `Cannot label galaxies: the table (${name}) has no column "${slip.expected}" but ` +
      `"${slip.found}", which may be it; rename it, or leave it out`,
  );
}

/** Refuses what is no fraction: it would decide as a very low or high one. */
function checkFractions(values: AnswerValues, kind: LabelRule["fractions"]): void {
  const slack = kind === "debiased" ? Number.MAX_VALUE : 1e-6; // Debiasing may lead beyond
  for (const [answer, fractions] of Object.entries(values)) {
    const row = fractions.findIndex((value) => value < -slack || value > 1 + slack);
    if (row < 0) continue;
    throw new RangeError(
      `Cannot label galaxies: fractions must lie in [0, 1]: "${answer}" holds ${
        fractions[row]
      } in row ${row}; a missing one is null or NaN`,
    );
  }
}

/** Numbers of votes for the answers of some questions; undefined where the table has none. */
export function voteCounts(
  { kind: { tree }, frame }: CatalogueRows,
  questions: readonly string[],
): AnswerValues | undefined {
  if (tree?.suffixes.count === undefined) return undefined;
  const columns = answerColumns(tree, "count", questions);
  if (!columns.every((name) => frame.columns.includes(name))) return undefined;
  return answerValues(tree, frame, { quantity: "count", questions });
}

/** What labels are made of. */
type Given = {
  classes: Readonly<Record<string, string>>;
  kind: LabelRule["fractions"];
  /** Positions of the classes that answer the same question. */
  questions: number[][];
  /** Fractions by answer. */
  values: AnswerValues;
  /** Votes at each of the questions, where the table tells. */
  received?: Float64Array[];
};

function fromTree(
  votes: CatalogueRows,
  { classes: named, fractions, minimumVotes }: VoteLabelOptions,
) {
  const { kind: { name, tree } } = votes;
  const classes = named ?? smoothOrFeatured(tree?.questions[0]);
  if (tree === null || classes === undefined) {
    throw new RangeError(
      `Cannot label galaxies of ${name}: ` +
        (tree === null
          ? "it has no votes"
          : 'its first question does not ask "smooth or features?"; name the answers of the classes'),
    );
  }
  checkClasses(classes);
  const answers = Object.values(classes);
  const asked = answers.map((answer) => questionOf(tree, answer).id);
  const questions = [...new Set(asked)];
  const { kind, values } = voteFractions(votes, { questions, fractions });
  const counts = minimumVotes ? voteCounts(votes, questions) : undefined;
  const received = counts && votesReceived(tree, counts);
  return {
    ...{ classes, kind, values },
    questions: questions.map((id) => [...asked.keys()].filter((place) => asked[place] === id)),
    received: received && questions.map((id) => received[id]),
  } satisfies Given;
}

/** Columns of any table, taken for the answers of one question. */
function fromColumns(table: Table, { classes = {} }: VoteLabelOptions): Given {
  checkClasses(classes);
  const columns = Object.values(classes);
  const values = columns.map((name) => [name, numberColumn(table, name)]);
  return {
    ...{ classes, kind: "given", values: Object.fromEntries(values) },
    questions: [[...columns.keys()]],
  };
}

function checkClasses(classes: Readonly<Record<string, string>>): void {
  const names = Object.keys(classes);
  if (names.length >= 2 && !names.includes("ambiguous")) return;
  throw new RangeError(
    `Cannot label galaxies: two classes or more other than "ambiguous" are wanted: ${
      names.map((name) => `"${name}"`).join(", ") || "none"
    }`,
  );
}

function smoothOrFeatured(question?: Question): Record<string, string> | undefined {
  const [smooth, featured] = question?.answers ?? [];
  const asks = /^smooth$/i.test(smooth?.text) && /^feature/i.test(featured?.text);
  return asks ? { smooth: smooth.id, featured: featured.id } : undefined;
}

function isVotes(votes: CatalogueRows | Table): votes is CatalogueRows {
  return !pl.DataFrame.isDataFrame(votes) && pl.DataFrame.isDataFrame(votes.frame);
}
