/**
 * Votes of which a table has only part, and columns whose misspelt names may be the reason.
 *
 * @module
 */

import { nearestName } from "../../nearest.ts";
import type { CatalogueKind } from "./kinds.ts";
import type { Problem } from "./problems.ts";
import { answerColumns, type DecisionTree, type Quantity, type Question } from "./tree.ts";

/** A quantity that a table has of some answers of a question. */
export type IncompleteQuestion = {
  readonly question: Question;
  readonly quantity: Quantity;
  /** Columns that are not there. */
  readonly missing: readonly string[];
};

/** The questions of which a table has a quantity for some answers and not for others. */
export function incompleteQuestions(
  tree: DecisionTree,
  columns: readonly string[],
): IncompleteQuestion[] {
  const found = new Set(columns);
  return (Object.keys(tree.suffixes) as Quantity[]).flatMap((quantity) =>
    tree.questions.flatMap((question): IncompleteQuestion[] => {
      const names = answerColumns(tree, quantity, [question.id]);
      const missing = names.filter((name) => !found.has(name));
      const isWhole = missing.length === 0 || missing.length === names.length;
      return isWhole ? [] : [{ question, quantity, missing }];
    })
  );
}

/** A column whose name is nearly that of votes, which the table lacks. */
export type Misspelling = {
  /** The name in the table. */
  readonly found: string;
  /** The name that it may have been meant to be. */
  readonly expected: string;
};

/** The columns of a table whose names are nearly those of votes that it lacks. */
export function misspelt(
  { tree, required, optional }: Pick<CatalogueKind, "tree" | "required" | "optional">,
  columns: readonly string[],
): Misspelling[] {
  if (tree === null) return [];
  const votes = (Object.keys(tree.suffixes) as Quantity[]).flatMap((quantity) =>
    answerColumns(tree, quantity)
  );
  const partly = incompleteQuestions(tree, columns).flatMap(({ missing }) => missing);
  return columns.flatMap((found): Misspelling[] => {
    if (Object.hasOwn(required, found) || Object.hasOwn(optional, found)) return [];
    const expected = nearestName(found, votes, { within: SLIP }) ??
      nearestName(found, partly, { within: LIKELY_SLIP });
    return expected === undefined || columns.includes(expected) ? [] : [{ found, expected }];
  });
}

/** A slip of the pen: names of votes have 6 to 60 letters. */
const SLIP = 0.12;
/** The same where other answers of the question are there: one letter of "disc_yes". */
const LIKELY_SLIP = 0.2;

/**
 * Problems of the vote columns that seem to be misspelt, but for those that the kind requires: these
 * are told already.
 */
export function spellingProblems(names: readonly string[], kind: CatalogueKind): Problem[] {
  return misspelt(kind, names).filter(({ expected }) => !Object.hasOwn(kind.required, expected))
    .map(({ found, expected }) => ({
      ...{ check: "missing column", column: expected, count: 0, rows: [] },
      message: `column "${expected}" is missing (the unknown "${found}" may be it: pass rename)`,
    }));
}
