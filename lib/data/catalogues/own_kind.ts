/**
 * Kinds of table that users declare: their columns, ids, classes, questions.
 *
 * @module
 */

import { type OptionNames, refuseUnknown } from "../../options.ts";
import type { MissingValues } from "../formats/missing.ts";
import { type Answers, type PairTree, pairTree } from "./campaign_trees.ts";
import { answerSpecs, type CatalogueKind, type ColumnSpec, type ColumnType } from "./kind.ts";
import type { DecisionTree, Quantity } from "./tree.ts";

/**
 * What a column of one's own holds: a type, "fraction" (0 to 1) or "count" (0 or more), or a type
 * with its range.
 */
export type OwnColumn = ColumnType | "fraction" | "count" | ColumnSpec;

/** A kind of table as a user declares it; plain data, so that a JSON file can hold it. */
export type OwnKind = {
  /** Short name, such as "rings". */
  readonly name: string;
  /** What it is and where it comes from. @default {the name} */
  readonly title?: string;
  /** Columns that can identify a row, the best first. */
  readonly ids: readonly string[];
  /** Columns that must be there. @default {none} */
  readonly columns?: Readonly<Record<string, OwnColumn>>;
  /** Columns that may be there, and may have empty cells. @default {none} */
  readonly optional?: Readonly<Record<string, OwnColumn>>;
  /** Columns of classes or numbers to learn, of a table without votes. @default {none} */
  readonly labels?: readonly string[];
  /** Answers by question: the columns are QUESTION_ANSWER. @default {no votes} */
  readonly questions?: Answers;
  /** The answer, as QUESTION_ANSWER, after which a question is asked. @default {asked of everybody} */
  readonly after?: PairTree["after"];
  /** What follows in the names of the vote columns. @default {{ count: "", fraction: "_fraction" }} */
  readonly suffixes?: Readonly<Partial<Record<Quantity, string>>>;
  /** A tree of another form, instead of `questions`. @default {none} */
  readonly tree?: DecisionTree;
  /** Values that mean "none", for all columns or by column. @default {none} */
  readonly missing?: MissingValues;
};

const ownKindNames: OptionNames<OwnKind> = {
  ...{ name: true, title: true, ids: true, columns: true, optional: true, labels: true },
  ...{ questions: true, after: true, suffixes: true, tree: true, missing: true },
};

const types: Readonly<Record<string, ColumnSpec>> = {
  id: { type: "id" },
  integer: { type: "integer" },
  number: { type: "number" },
  text: { type: "text" },
  fraction: { type: "number", range: [0, 1] },
  count: { type: "number", range: [0, Number.MAX_SAFE_INTEGER] },
};

const quantityNames: OptionNames<Partial<Record<Quantity, string>>> = {
  ...{ count: true, weight: true, fraction: true, weighted_fraction: true },
  ...{ debiased: true, flag: true, cumulative: true },
};

/** What votes may be, by quantity; a question that nobody was asked has none. */
const quantities: Readonly<Record<Quantity, ColumnSpec>> = {
  count: { ...types.count, missing: true },
  weight: { ...types.count, missing: true },
  fraction: { ...types.fraction, missing: true },
  weighted_fraction: { ...types.fraction, missing: true },
  debiased: { type: "number", missing: true },
  flag: { type: "number", range: [0, 1], missing: true },
  cumulative: { ...types.fraction, missing: true },
};

/**
 * Makes a kind of table of one's own, which `readCatalogue` and `openSurvey` take as `kind`, and
 * `deno task catalogue FILE --kind KIND.json` as a JSON file.
 *
 * Other columns may be there, too.
 *
 * @throws {RangeError} When a part is unknown, or the questions make no tree
 *
 * @example
 * ```ts
 * import { catalogueKindOf, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const rings = catalogueKindOf({
 *   name: "rings",
 *   ids: ["objid"],
 *   columns: { objid: "id", z: "number" },
 *   questions: { disc: ["yes", "no"], ring: ["yes", "no"] },
 *   after: { ring: "disc_yes" },
 *   missing: { z: -9999 },
 * });
 * const path = `${Deno.makeTempDirSync()}/rings.csv`;
 * Deno.writeTextFileSync(path, `objid,z,disc_yes,disc_no,ring_yes,ring_no
 * 587722981736120347,-9999,30,10,20,10
 * `);
 * const { frame, kind } = readCatalogue(path, { kind: rings });
 * assert.deepEqual(kind.tree?.questions[1].after, ["disc_yes"]);
 * assert.deepEqual(frame.row(0), ["587722981736120347", null, 30, 10, 20, 10]);
 * ```
 */
export function catalogueKindOf(own: OwnKind): CatalogueKind {
  if (typeof own !== "object" || own === null) {
    throw new RangeError(`Cannot make a kind of table: an object is wanted, ${own} found`);
  }
  const { name, title = name, ids, columns = {}, optional = {}, labels } = own;
  const what = { what: `make the kind "${name}"` };
  refuseUnknown(own, ownKindNames, what);
  if (typeof name !== "string" || name === "" || !Array.isArray(ids) || ids.length === 0) {
    throw new RangeError(
      `Cannot make the kind ${JSON.stringify(name ?? null)}: it must have a name, and ids, the ` +
        "columns that can identify a row",
    );
  }
  checkSuffixes(own);
  if (own.tree && own.questions) {
    throw new RangeError(`Cannot make the kind "${name}": give questions or a tree, not both`);
  }
  const tree = own.tree ??
    (own.questions === undefined ? null : pairTree({
      ...{ name, title, questions: own.questions, after: own.after, suffixes: own.suffixes },
    }));
  const required = specs(columns, name);
  const given = missingNames(own.missing);
  const isEmpty = (column: string) => given === undefined || given.includes(column);
  return {
    ...{ name, title, tree, ids, labels, open: true, countedFractions: false },
    missing: own.missing,
    required: own.missing === undefined ? required : Object.fromEntries(
      Object.entries(required).map((
        [column, spec],
      ) => [column, isEmpty(column) && spec.type !== "id" ? { ...spec, missing: true } : spec]),
    ),
    optional: {
      ...Object.fromEntries(ids.filter((id) => !(id in required)).map((id) => [id, types.text])),
      ...Object.fromEntries(
        Object.entries(specs(optional, name)).map((
          [column, spec],
        ) => [column, { ...spec, missing: true }]),
      ),
      ...(tree === null ? {} : answerSpecs(
        tree,
        Object.fromEntries(
          Object.keys(tree.suffixes).map((key) => [key, quantities[key as Quantity]]),
        ),
      )),
    },
  };
}

/** Refuses endings of names that are of no quantity, or the same for two. */
function checkSuffixes({ name, suffixes = {} }: OwnKind): void {
  const what = `make the kind "${name}" (suffixes)`;
  refuseUnknown(suffixes, quantityNames, { what });
  const ends = Object.values(suffixes);
  const repeated = ends.find((end, i) => typeof end !== "string" || ends.indexOf(end) !== i);
  if (repeated === undefined) return;
  throw new RangeError(
    `Cannot ${what}: each quantity must have a text of its own: ${JSON.stringify(suffixes)} found`,
  );
}

/** The columns that have declared missing values, or undefined where all may have them. */
function missingNames(missing: MissingValues | undefined): string[] | undefined {
  return missing === undefined || Array.isArray(missing) ? undefined : Object.keys(missing);
}

function specs(
  columns: Readonly<Record<string, OwnColumn>>,
  kind: string,
): Record<string, ColumnSpec> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const spec = typeof column === "string" ? types[column] : column ?? undefined;
      if (spec !== undefined && Object.hasOwn(types, spec.type)) return [name, spec];
      throw new RangeError(
        `Cannot make the kind "${kind}": column "${name}" must be one of ${
          Object.keys(types).join(", ")
        }: ${JSON.stringify(column)} found`,
      );
    }),
  );
}

/**
 * Reads a kind of table from a JSON file, the parts of {@linkcode OwnKind}.
 *
 * @throws {SyntaxError} When the file is no JSON
 * @throws {RangeError} When it declares no kind
 */
export function readCatalogueKind(path: string): CatalogueKind {
  let own: unknown;
  try {
    own = JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : `it must be JSON (${(cause as Error).message})`;
    throw new SyntaxError(`Cannot read the kind "${path}": ${reason}`, { cause });
  }
  if (typeof own !== "object" || own === null || Array.isArray(own)) {
    throw new RangeError(`Cannot read the kind "${path}": it must hold an object`);
  }
  return catalogueKindOf(own as OwnKind);
}
