/**
 * The decision tree that volunteers walk: questions, answers, who is asked what, and the columns
 * in which a catalogue keeps the votes.
 *
 * @module
 */

import { nearestName } from "../../nearest.ts";

/** What a column can hold for one answer; not every catalogue has all of them. */
export type Quantity =
  /** Votes for the answer. */
  | "count"
  /** Votes, each volunteer weighted by consistency. */
  | "weight"
  /** Share of the votes at its question. */
  | "fraction"
  /** Share of the weighted votes at its question. */
  | "weighted_fraction"
  /** Share corrected for what distance hides. */
  | "debiased"
  /** 1 where the answer is in the clean sample, else 0. */
  | "flag"
  /** Share of all volunteers of the galaxy, asked or not (Kaggle). */
  | "cumulative";

/** One button under a question. */
export type Answer = {
  /** Unique in its tree: "a01". */
  readonly id: string;
  /** What the volunteer reads: "Smooth". */
  readonly text: string;
  /** Its columns' names without the suffix: "t01_smooth_or_features_a01_smooth". */
  readonly stem: string;
  /** Question that follows; null at the end of the tree. */
  readonly next: string | null;
};

/** One question and its answers. */
export type Question = {
  /** Unique in its tree: "t01". */
  readonly id: string;
  /** What the volunteer reads. */
  readonly text: string;
  /** Start of its answers' columns: "t01_smooth_or_features". */
  readonly stem: string;
  readonly answers: readonly Answer[];
  /**
   * Who is asked: the volunteers who gave one of these answers; empty when everybody is. These are
   * the nearest answers that decide it: GZ2's t05 comes after "not edge-on", whatever was said of
   * bar and arms in between.
   */
  readonly after: readonly string[];
};

/** A decision tree; questions stand in an order in which each comes after those it depends on. */
export type DecisionTree = {
  /** Short name: "gz2". */
  readonly name: string;
  /** Survey and source. */
  readonly title: string;
  readonly questions: readonly Question[];
  /** What follows an answer's stem in the name of its column, by quantity. */
  readonly suffixes: Readonly<Partial<Record<Quantity, string>>>;
};

/** A question as a tree is written down: its answers as [id, text, next]. */
export type QuestionSpec = {
  readonly id: string;
  readonly text: string;
  readonly stem: string;
  readonly answers: readonly (readonly [id: string, text: string, next: string | null])[];
  /** Who is asked, where the table counts otherwise than the arrows say. @default {derived} */
  readonly after?: readonly string[];
};

/**
 * Makes a tree from its questions in the order in which volunteers meet them.
 *
 * @throws {RangeError} When an answer leads to a question that does not exist, an id is used twice,
 * or the questions run in a circle
 *
 * @example
 * ```ts
 * import { answerColumns, decisionTree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const tree = decisionTree({
 *   name: "rings",
 *   title: "A tree of one's own",
 *   suffixes: { fraction: "_fraction" },
 *   stem: (question, id) => `${question.stem}_${id}`,
 *   questions: [{
 *     id: "disc",
 *     text: "Is it a disc?",
 *     stem: "disc",
 *     answers: [["yes", "Yes", "ring"], ["no", "No", null]],
 *   }, {
 *     id: "ring",
 *     text: "Is there a ring?",
 *     stem: "ring",
 *     answers: [["ringed", "Yes", null], ["ringless", "No", null]],
 *   }],
 * });
 * assert.deepEqual(tree.questions[1].after, ["yes"]);
 * assert.equal(answerColumns(tree, "fraction", ["ring"])[0], "ring_ringed_fraction");
 * ```
 */
export function decisionTree(spec: {
  readonly name: string;
  readonly title: string;
  readonly suffixes: DecisionTree["suffixes"];
  readonly questions: readonly QuestionSpec[];
  /** The stem of an answer's columns. */
  readonly stem: (question: QuestionSpec, id: string, text: string) => string;
}): DecisionTree {
  const { name, title, suffixes, stem } = spec;
  checkSpec(name, spec.questions);
  const sorted: Question[] = [];
  for (const question of spec.questions) {
    sorted.push({
      id: question.id,
      text: question.text,
      stem: question.stem,
      answers: question.answers.map(([id, text, next]) => ({
        id,
        text,
        stem: stem(question, id, text),
        next,
      })),
      after: question.after ?? deciding(spec.questions, question.id),
    });
  }
  return { name, title, suffixes, questions: inOrder(name, sorted) };
}

/** The answers of a tree in its order, or of some of its questions. */
export function answersOf(tree: DecisionTree, questions?: readonly string[]): Answer[] {
  const chosen = questions?.map((id) => questionOf(tree, id)) ?? tree.questions;
  return chosen.flatMap((question) => question.answers);
}

/**
 * A question by its id, or the question to which an answer belongs by the answer's id.
 *
 * @throws {RangeError} When the tree has neither
 */
export function questionOf(tree: DecisionTree, id: string): Question {
  const found = tree.questions.find((question) =>
    question.id === id || question.answers.some((answer) => answer.id === id)
  );
  if (found) return found;
  const known = tree.questions.flatMap((q) => [q.id, ...q.answers.map((answer) => answer.id)]);
  throw unknown(`question or answer`, id, tree, known);
}

/**
 * An answer by its id or by the stem of its columns.
 *
 * @throws {RangeError} When the tree has no such answer
 */
export function answerOf(tree: DecisionTree, idOrStem: string): Answer {
  const all = answersOf(tree);
  const found = all.find((answer) => answer.id === idOrStem || answer.stem === idOrStem);
  if (found) return found;
  throw unknown("answer", idOrStem, tree, all.map((answer) => answer.id));
}

/**
 * The name of the column that holds a quantity of an answer.
 *
 * @throws {RangeError} When the tree has no such answer, or its catalogues no such quantity
 *
 * @example
 * ```ts
 * import { answerColumn, decals5Tree, gz2Tree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.equal(answerColumn(gz2Tree, "a04", "debiased"), "t02_edgeon_a04_yes_debiased");
 * assert.equal(answerColumn(decals5Tree, "bar_weak", "fraction"), "bar_weak_fraction");
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments
export function answerColumn(tree: DecisionTree, answer: string, quantity: Quantity): string {
  return answerOf(tree, answer).stem + suffixOf(tree, quantity);
}

/**
 * The columns that hold a quantity of every answer, in the tree's order, or of some questions.
 *
 * @throws {RangeError} When the tree has no such question, or its catalogues no such quantity
 *
 * @example
 * ```ts
 * import { answerColumns, gz2Tree } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.equal(answerColumns(gz2Tree, "count").length, 37);
 * assert.deepEqual(answerColumns(gz2Tree, "fraction", ["t03"]), [
 *   "t03_bar_a06_bar_fraction",
 *   "t03_bar_a07_no_bar_fraction",
 * ]);
 * ```
 */
// deno-lint-ignore galaxykit/few-arguments
export function answerColumns(
  tree: DecisionTree,
  quantity: Quantity,
  questions?: readonly string[],
): string[] {
  const suffix = suffixOf(tree, quantity);
  return answersOf(tree, questions).map((answer) => answer.stem + suffix);
}

/**
 * The answers that a volunteer gives on the way to a question, from the first one on; a question
 * with several ways in has several paths, one that everybody meets has one empty path.
 *
 * @example
 * ```ts
 * import { gz2Tree, pathsTo } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(pathsTo(gz2Tree, "t10"), [["a02", "a05", "a08"]]);
 * assert.deepEqual(pathsTo(gz2Tree, "t06"), [["a01"], ["a02"]]);
 * ```
 */
export function pathsTo(tree: DecisionTree, question: string): string[][] {
  const { after } = questionOf(tree, question);
  if (after.length === 0) return [[]];
  return after.flatMap((answer) =>
    pathsTo(tree, questionOf(tree, answer).id).map((path) => [...path, answer])
  );
}

function suffixOf(tree: DecisionTree, quantity: Quantity): string {
  const suffix = tree.suffixes[quantity];
  if (suffix !== undefined) return suffix;
  throw unknown("quantity", quantity, tree, Object.keys(tree.suffixes));
}

/** An error that names the nearest, answers also by their columns. */
function unknown(
  what: string,
  value: string,
  tree: DecisionTree,
  known: readonly string[],
): RangeError {
  const answers = answersOf(tree).filter(({ id }) => known.includes(id));
  const stems = new Map(answers.map(({ stem, id }) => [stem, id]));
  const nearest = nearestName(value, [...known, ...stems.keys()]);
  const hint = nearest === undefined ? "" : `, did you mean "${stems.get(nearest) ?? nearest}"?`;
  const some = known.slice(0, 12).join(", ") + (known.length > 12 ? ", …" : "");
  return new RangeError(
    `Cannot find ${what} "${value}" in the tree "${tree.name}": it has ${some}${hint}`,
  );
}

function checkSpec(name: string, questions: readonly QuestionSpec[]): void {
  const ids = questions.map((question) => question.id);
  const answers = questions.flatMap((question) => question.answers.map(([id]) => id));
  for (const [index, id] of [...ids, ...answers].entries()) {
    if ([...ids, ...answers].indexOf(id) === index) continue;
    throw new RangeError(`Cannot make the tree "${name}": the id "${id}" is used twice`);
  }
  for (const [id, , next] of questions.flatMap((question) => question.answers)) {
    if (next === null || ids.includes(next)) continue;
    throw new RangeError(
      `Cannot make the tree "${name}": answer "${id}" leads to "${next}", which is no question`,
    );
  }
}

/**
 * The answers that decide whether a question is asked. It starts from those with an arrow to it;
 * where all answers of a question are among them, that question decides nothing and those before it
 * do.
 */
function deciding(questions: readonly QuestionSpec[], id: string): string[] {
  const into = (target: string) =>
    questions.flatMap((q) => q.answers.filter(([, , next]) => next === target).map(([a]) => a));
  const found = new Set(into(id));
  for (let changed = true; changed;) {
    changed = false;
    for (const question of questions) {
      const all = question.answers.map(([answer]) => answer);
      if (!all.every((answer) => found.has(answer))) continue;
      all.forEach((answer) => found.delete(answer));
      into(question.id).forEach((answer) => found.add(answer));
      changed = true;
    }
  }
  const order = questions.flatMap((question) => question.answers.map(([answer]) => answer));
  return order.filter((answer) => found.has(answer));
}

/** Each question behind those that decide it, otherwise as given. */
function inOrder(name: string, questions: readonly Question[]): Question[] {
  const ordered: Question[] = [];
  const answered = new Set<string>();
  const left = [...questions];
  while (left.length > 0) {
    const index = left.findIndex((question) => question.after.every((id) => answered.has(id)));
    if (index < 0) {
      throw new RangeError(
        `Cannot make the tree "${name}": the questions ${
          left.map((question) => question.id).join(", ")
        } wait for each other`,
      );
    }
    const [question] = left.splice(index, 1);
    ordered.push(question);
    question.answers.forEach((answer) => answered.add(answer.id));
  }
  return ordered;
}
