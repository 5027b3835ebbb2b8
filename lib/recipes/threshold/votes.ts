/**
 * Votes of the first question, and labels made of them.
 *
 * @module
 */

import pl from "nodejs-polars";
import {
  answerColumn,
  answerValues,
  type Catalogue,
  CatalogueError,
  type Quantity,
  thresholdLabels,
} from "../../data/mod.ts";
import { CLASSES } from "../efficientnet/settings.ts";
import type { FractionKind } from "./settings.ts";

/** Fractions of the first question, a value a galaxy; NaN where there is none. */
export type Shares = { smooth: Float64Array; featured: Float64Array };

/** The votes of a catalogue. */
export type FirstVotes = {
  /** The fractions that make labels. */
  shares: Shares;
  /** Which they are, in words. */
  kind: string;
  /** Fractions of every kind that the table has, by name. */
  kinds: Record<string, Shares>;
  /** Numbers of votes for each of the three answers, where the table has them. */
  counts?: Float64Array[];
};

const QUANTITIES: Record<FractionKind, Quantity> = {
  weighted: "weighted_fraction",
  raw: "fraction",
  debiased: "debiased",
};

/**
 * The votes on "smooth or features?".
 *
 * @param wanted The kind of fractions. @default {the first of weighted, raw that the table has}
 * @throws {RangeError} When the table asks no such question, or lacks the fractions
 * @throws {CatalogueError} When the fractions are not sound
 */
export function firstVotes(
  { kind: { name, tree }, frame, problems }: Catalogue,
  wanted?: FractionKind,
): FirstVotes {
  const question = tree?.questions[0];
  const asks = question?.answers.length === 3 && /^smooth$/i.test(question.answers[0].text) &&
    /^feature/i.test(question.answers[1].text);
  if (!tree || !question || !asks) {
    throw new RangeError(
      `Cannot sweep thresholds on a table of ${name}: its first question does not ask "smooth or features?"`,
    );
  }
  const columns = (quantity: Quantity) =>
    tree.suffixes[quantity] === undefined
      ? []
      : question.answers.map(({ id }) => answerColumn(tree, id, quantity));
  const has = (quantity: Quantity) =>
    columns(quantity).length > 0 && columns(quantity).every((name) => frame.columns.includes(name));
  const values = (quantity: Quantity) =>
    Object.values(answerValues(tree, frame, { quantity, questions: [question.id] }));
  const quantities = has("cumulative")
    ? { published: "cumulative" as const }
    : Object.fromEntries(Object.entries(QUANTITIES).filter(([, quantity]) => has(quantity)));
  const kind = wanted ?? Object.keys(quantities)[0];
  if (kind === undefined || !Object.hasOwn(quantities, kind)) {
    const found = Object.keys(quantities).join(", ") || "none";
    throw new RangeError(
      `Cannot sweep thresholds: ${wanted ?? "vote"} fractions are wanted, the table (${name}) has ${
        found === "published" ? "one kind only; leave --fractions out" : found
      }`,
    );
  }
  const used = columns((quantities as Record<string, Quantity>)[kind]);
  const bad = problems.filter(({ column }) => column.split(" + ").some((c) => used.includes(c)));
  if (bad.length > 0) throw new CatalogueError("the table of votes", name, bad);
  const kinds = Object.fromEntries(
    Object.entries(quantities).map(([kind, quantity]) => {
      const [smooth, featured] = values(quantity);
      return [kind, { smooth, featured }];
    }),
  );
  return { shares: kinds[kind], kind, kinds, counts: has("count") ? values("count") : undefined };
}

/** 0 where smooth, 1 where featured has the larger share and at least the threshold; else -1. */
export function labelsAt({ smooth, featured }: Shares, threshold: number): Int32Array {
  const frame = pl.DataFrame({ smooth, featured });
  const labels = thresholdLabels(frame, {
    classes: { smooth: "smooth", featured: "featured" },
    minimum: threshold,
  });
  return Int32Array.from(
    labels.toArray(),
    (label) => CLASSES.indexOf(label as typeof CLASSES[number]),
  );
}

/** As {@linkcode labelsAt} where more than half of the votes agree. */
export function majorityLabels({ smooth, featured }: Shares): Int32Array {
  return Int32Array.from(
    smooth,
    (share, i) => share > 0.5 ? 0 : featured[i] > 0.5 ? 1 : -1,
  );
}
