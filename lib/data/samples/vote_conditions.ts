/**
 * Votes as numbers that a model is conditioned on: the fraction of every answer beside whether its
 * question was asked, and size and redshift where they are wanted.
 *
 * @module
 */

import { votesReceived } from "../catalogues/fractions.ts";
import { captionTags } from "../catalogues/prompts.ts";
import { type Answer, answersOf, type DecisionTree, questionOf } from "../catalogues/tree.ts";
import { nearestName } from "../../nearest.ts";
import { refuseOutside, refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { mean } from "../../statistics.ts";
import { numberColumn } from "../tables.ts";
import { type CatalogueRows, type FractionKind, voteCounts, voteFractions } from "./vote_labels.ts";

/** What stands where in conditions, as plain JSON. */
export type ConditionLayout = {
  /** Answers in the order of the tree; fractions come first, then for each whether it was asked. */
  readonly answers: readonly string[];
  /**
   * Numbers after those, each with whether it is known: a value x is written as (x - centre) / scale,
   * of logarithms where `isLog`.
   */
  readonly quantities: readonly ConditionQuantity[];
};

/** A number beside the votes. */
export type ConditionQuantity = {
  /** Such as "redshift". */
  readonly name: string;
  /** The column it is read from. */
  readonly column: string;
  /** Whether its natural logarithm is taken. */
  readonly isLog: boolean;
  readonly centre: number;
  readonly scale: number;
};

/** The conditions of galaxies. */
export type VoteConditions = {
  /** [galaxies, width], row by row. */
  readonly values: Float32Array;
  readonly width: number;
  readonly layout: ConditionLayout;
  /** Which fractions they are, where they are of a table. */
  readonly fractions?: FractionKind;
};

/** What conditions are made of. */
export type VoteConditionOptions = {
  /** Which fractions. @default {"debiased"} */
  fractions?: FractionKind;
  /** Votes from which a question counts as asked. @default {5} */
  minimumVotes?: number;
  /** The column of sizes, such as Petrosian radii in arcsec, above 0. @default {none} */
  size?: string;
  /** The column of redshifts, from 0. @default {none} */
  redshift?: string;
  /** That of the conditions a model was trained on. @default {made from the table} */
  layout?: ConditionLayout;
};

/**
 * The conditions of the galaxies of a table: 37 fractions and 37 times whether it was asked, of Galaxy
 * Zoo 2's tree, and two numbers each for size and redshift on request. What was not asked is 0 in
 * both. Debiased fractions beyond [0, 1] are cut to it. Size is written as its logarithm, both are
 * centred and scaled to the table's own mean and deviation. The layout keeps these: give it with the
 * tables that come after, so that the numbers mean the same.
 *
 * @throws {RangeError} When the table lacks the fractions, or a column; when a size is not above 0, or
 * a redshift below 0, or a column has no two different values
 *
 * @example
 * ```ts
 * import { readCatalogue, voteConditions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { values, width, layout } = voteConditions(readCatalogue("data/sky/catalogue.parquet"));
 * assert.deepEqual([values.length, width], [64 * 74, 74]);
 * assert.deepEqual(layout.answers.slice(0, 3), ["a01", "a02", "a03"]);
 * assert.deepEqual([...values.slice(37, 40)], [1, 1, 1]); // Everybody is asked the first question
 * ```
 */
export function voteConditions(
  rows: CatalogueRows,
  options: VoteConditionOptions = {},
): VoteConditions {
  const known = { fractions: true, minimumVotes: true, size: true, redshift: true } as const;
  refuseUnknown(options, { ...known, layout: true }, { what: "make conditions" });
  const { fractions = "debiased", minimumVotes = 5 } = options;
  refuseOutside({ minimumVotes }, { minimumVotes: "[0, ∞)" }, { what: "make conditions" });
  const { kind: { name, tree }, frame } = rows;
  if (tree === null) {
    throw new RangeError(`Cannot make conditions of ${name}: it has no votes`);
  }
  const questions = tree.questions.map(({ id }) => id);
  const { kind, values: shares } = voteFractions(rows, { questions, fractions });
  const counts = voteCounts(rows, questions);
  const received = counts && votesReceived(tree, counts);
  const layout = layoutOf(rows, { ...options, tree });
  const width = widthOf(layout);
  const values = new Float32Array(frame.height * width);
  const count = layout.answers.length;
  for (const question of tree.questions) {
    const own = question.answers.map(({ id }) => [layout.answers.indexOf(id), shares[id]] as const);
    const votes = received?.[question.id];
    for (let row = 0; row < frame.height; row++) {
      const isAsked = (votes === undefined || votes[row] >= minimumVotes) &&
        own.every(([, column]) => Number.isFinite(column[row]));
      if (!isAsked) continue;
      for (const [place, column] of own) {
        values[row * width + place] = Math.min(1, Math.max(0, column[row]));
        values[row * width + count + place] = 1;
      }
    }
  }
  for (const [at, quantity] of layout.quantities.entries()) {
    const column = numberColumn(frame, quantity.column);
    for (let row = 0; row < frame.height; row++) {
      if (!Number.isFinite(column[row])) continue;
      checkQuantity(column[row], quantity, `"${quantity.column}"`);
      values.set([written(column[row], quantity), 1], row * width + 2 * (count + at));
    }
  }
  return { values, width, layout, fractions: kind };
}

/**
 * The condition that somebody asks for: fractions by answer, size and redshift as they are, such as
 * `{ bar: 0.7, redshift: 0.1 }`. Of a question of which some answers are named, the others share what
 * is left; questions that are not named are not asked: train with {@linkcode withoutQuestions}, so
 * that the model knows such conditions.
 *
 * @param request Answers by id (`a06`), by words of captions (`"dust lane"`), or by the end of their
 * columns' names (`bar`, `completely_round`); `size` in the units of its column
 * @throws {RangeError} For a name that is no answer, or several; for a fraction outside [0, 1], fractions of a question
 * above 1 in all, and a size or redshift that the layout lacks
 *
 * @example
 * ```ts
 * import { gz2Tree, readCatalogue, requestedCondition, voteConditions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { layout } = voteConditions(readCatalogue("data/sky/catalogue.parquet"));
 * const { values } = requestedCondition({ bar: 0.7 }, { tree: gz2Tree, layout });
 * const at = layout.answers.indexOf("a06");
 * assert.deepEqual([...values.slice(at, at + 2)].map((x) => x.toFixed(2)), ["0.70", "0.30"]);
 * assert.deepEqual([...values.slice(37 + at, 37 + at + 3)], [1, 1, 0]);
 * ```
 */
export function requestedCondition(
  request: Readonly<Record<string, number>>,
  { tree, layout }: { tree: DecisionTree; layout: ConditionLayout },
): VoteConditions {
  const width = widthOf(layout);
  const values = new Float32Array(width);
  const count = layout.answers.length;
  const named = new Map<string, number>();
  for (const [name, value] of Object.entries(request)) {
    const at = layout.quantities.findIndex((quantity) => quantity.name === name);
    if (at >= 0) {
      const quantity = layout.quantities[at];
      checkQuantity(value, quantity, "the request");
      values.set([written(value, quantity), 1], 2 * (count + at));
      continue;
    }
    if (QUANTITIES.some((quantity) => quantity.name === name)) {
      throw new RangeError(
        `Cannot ask for ${name}: the conditions were made without; name its column (voteConditions' ${name})`,
      );
    }
    const { id } = answerNamed(name, tree);
    refuseOutside({ [name]: value }, { [name]: "[0, 1]" }, { what: "ask for votes" });
    if (named.has(id)) {
      throw new RangeError(`Cannot ask for votes: "${name}" is named twice (${id})`);
    }
    named.set(id, value);
  }
  for (const { id: question, answers } of tree.questions) {
    const own = answers.filter(({ id }) => named.has(id));
    if (own.length === 0) continue;
    const total = own.reduce((sum, { id }) => sum + named.get(id)!, 0);
    const others = answers.length - own.length;
    if (total > 1 + 1e-6 || others === 0 && total < 1 - 1e-6) {
      throw new RangeError(
        `Cannot ask for votes: the fractions of ${question} (${
          own.map(({ text }) => text).join(", ")
        }) must be 1 in all${others === 0 ? "" : " at most"}, found ${total}`,
      );
    }
    const rest = Math.max(0, 1 - total) / others;
    for (const { id } of answers) {
      const place = layout.answers.indexOf(id);
      values[place] = named.get(id) ?? rest;
      values[count + place] = 1;
    }
  }
  return { values, width, layout };
}

/**
 * Conditions of which some questions, sizes and redshifts are taken away, drawn for each galaxy: a
 * model that has seen these in training understands a request that leaves most of it open. From a
 * share of the galaxies are taken away few or nearly all, at a rate that is drawn for each.
 *
 * @returns New ones. The same seed and epoch give the same
 *
 * @example
 * ```ts
 * import { gz2Tree, readCatalogue, voteConditions, withoutQuestions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const whole = voteConditions(readCatalogue("data/sky/catalogue.parquet"));
 * const { values } = withoutQuestions(whole, { tree: gz2Tree, share: 0.5, seed: 1 });
 * const asked = (some: Float32Array) => some.filter((value) => value === 1).length;
 * assert.ok(asked(values) < asked(whole.values));
 * ```
 */
export function withoutQuestions(
  { values, ...conditions }: VoteConditions,
  { tree, share, seed, epoch = 0 }: {
    tree: DecisionTree;
    /** Of the galaxies, from which questions are taken. */
    share: number;
    /** Any integer. */
    seed: number;
    /** Draws anew for each. @default {0} */
    epoch?: number;
  },
): VoteConditions {
  refuseOutside({ share }, { share: "[0, 1]" }, { what: "take questions away" });
  const { width, layout: { answers, quantities } } = conditions;
  const left = values.slice();
  const places = tree.questions.map((question) =>
    question.answers.flatMap(({ id }) => {
      const place = answers.indexOf(id);
      return [place, answers.length + place];
    })
  );
  const others = quantities.map((
    _,
    at,
  ) => [2 * (answers.length + at), 2 * (answers.length + at) + 1]);
  for (let row = 0; row * width < values.length; row++) {
    const random = new Prng(seed, [streams.conditions, epoch, row]);
    if (random.uniform() >= share) continue;
    const rate = random.uniform();
    for (const group of [...places, ...others]) {
      if (random.uniform() >= rate) continue;
      for (const place of group) left[row * width + place] = 0;
    }
  }
  return { ...conditions, values: left };
}

const QUANTITIES = [{ name: "size", isLog: true }, { name: "redshift", isLog: false }] as const;

function widthOf({ answers, quantities }: ConditionLayout): number {
  return 2 * (answers.length + quantities.length);
}

/** The layout that was given, with the columns of this table, or its own. */
function layoutOf(
  rows: CatalogueRows,
  { tree, layout, ...options }: VoteConditionOptions & { tree: DecisionTree },
): ConditionLayout {
  const answers = answersOf(tree).map(({ id }) => id);
  const named = QUANTITIES.filter(({ name }) => options[name] !== undefined);
  if (layout === undefined) {
    const quantities = named.map((quantity) =>
      measured({ ...quantity, column: options[quantity.name]! }, rows)
    );
    return { answers, quantities };
  }
  const names = layout.quantities.map(({ name }) => name).join(" and ");
  const stray = named.find(({ name }) => layout.quantities.every((other) => other.name !== name));
  if (`${answers}` !== `${layout.answers}` || stray !== undefined) {
    throw new RangeError(
      `Cannot make conditions: the layout is of ${layout.answers.length} answers and ${
        names || "no other numbers"
      }, the table has ${answers.length} of "${tree.name}"${
        stray === undefined ? "" : `, and ${stray.name} is asked for`
      }`,
    );
  }
  const quantities = layout.quantities.map((quantity) => ({
    ...quantity,
    column: options[quantity.name as "size"] ?? quantity.column,
  }));
  return { answers, quantities };
}

/** The mean and the deviation of a column. */
function measured(
  quantity: Omit<ConditionQuantity, "centre" | "scale">,
  { frame }: CatalogueRows,
): ConditionQuantity {
  const column = numberColumn(frame, quantity.column);
  const known = Array.from(column).filter((value) => Number.isFinite(value));
  for (const value of known) checkQuantity(value, quantity, `"${quantity.column}"`);
  const values = known.map((value) => quantity.isLog ? Math.log(value) : value);
  if (new Set(values).size < 2) {
    throw new RangeError(
      `Cannot make conditions: "${quantity.column}" has ${values.length} values and no two different ones, so that nothing can be learnt of ${quantity.name}`,
    );
  }
  const centre = mean(values);
  const scale = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return { ...quantity, centre, scale };
}

function checkQuantity(
  value: number,
  { name, isLog }: Pick<ConditionQuantity, "name" | "isLog">,
  where: string,
): void {
  if (Number.isFinite(value) && (isLog ? value > 0 : value >= 0)) return;
  throw new RangeError(
    `Cannot make conditions: a ${name} must be ${
      isLog ? "above 0" : "0 or more"
    }, found ${value} in ${where}`,
  );
}

function written(value: number, { isLog, centre, scale }: ConditionQuantity): number {
  return ((isLog ? Math.log(value) : value) - centre) / scale;
}

/**
 * The answer that somebody means: by its id, its caption, or the end of its column's name.
 *
 * @throws {RangeError} For a name that is no answer, with the nearest, or several
 */
export function answerNamed(name: string, tree: DecisionTree): Answer {
  const all = answersOf(tree);
  const namesOf = (answer: Answer) => [
    answer.id,
    answer.stem,
    // "bar" of "t03_bar_a06_bar"
    answer.stem.slice(answer.stem.indexOf(answer.id) + answer.id.length + 1),
    ...(tree.name === "gz2" ? [captionTags[answer.id]] : []),
  ];
  const found = all.filter((answer) => namesOf(answer).includes(name));
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    throw new RangeError(
      `Cannot ask for votes: "${name}" is an answer to ${
        found.map(({ id }) => `${questionOf(tree, id).stem} (${id})`).join(" and ")
      }; name its id`,
    );
  }
  const nearest = nearestName(name, all.flatMap(namesOf).filter((known) => known));
  throw new RangeError(
    `Cannot ask for votes: there is no answer "${name}"${
      nearest === undefined ? "" : `, nearest is "${nearest}"`
    }`,
  );
}
