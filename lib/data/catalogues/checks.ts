/**
 * What the values of a catalogue must satisfy: ranges, ids once, fractions that sum, counts that
 * agree with their totals.
 *
 * @module
 */

import pl, { type DataFrame, type Expr } from "nodejs-polars";
import { type CatalogueKind, type ColumnSpec, columnSpec } from "./kinds.ts";
import { columnProblem, type Problem, rowProblem, shownRows } from "./problems.ts";
import { answerColumns, answersOf, type Quantity, type Question } from "./tree.ts";

/** A condition that no row may fulfil. */
type Rule = {
  readonly check: Problem["check"];
  readonly columns: readonly string[];
  /** True in a bad row; null counts as good. */
  readonly bad: Expr;
  readonly says: string;
};

/**
 * Checks the values of a table as far as its columns go, and gives all problems with their first
 * rows; none for a good table. Sums and totals need all of their columns.
 *
 * @example
 * ```ts
 * import { catalogueKind, checkCatalogue } from "galaxykit/data";
 * import pl from "nodejs-polars";
 * import assert from "node:assert/strict";
 *
 * const frame = pl.DataFrame({
 *   dr7objid: ["587722981736120347", "587722981736579107"],
 *   t06_odd_a14_yes_fraction: [0.25, 1.3],
 * });
 * const problems = checkCatalogue(frame, catalogueKind("gz2_extract"));
 * assert.deepEqual(problems.map(({ message }) => message), [
 *   'column "t06_odd_a14_yes_fraction" must be between 0 and 1: row 2 (587722981736579107) 1.3',
 * ]);
 * ```
 */
export function checkCatalogue(frame: DataFrame, kind: CatalogueKind): Problem[] {
  const { specs, problems } = typedColumns(frame, kind);
  const columns = new Set(specs.map(({ name }) => name));
  const rules = [
    ...columnRules(frame, specs),
    ...idRules(frame, kind),
    ...sumRules(columns, kind),
    ...totalRules(columns, kind),
  ];
  if (rules.length === 0) return problems;
  const counts = frame.select(...rules.map(({ bad }, i) => bad.sum().alias(`${i}`))).row(0);
  return problems.concat(
    rules.flatMap((rule, i) => counts[i] > 0 ? [problemOf(frame, kind, rule, counts[i])] : []),
  );
}

/** The column that identifies a table's rows, if it has one. */
export function idColumn(frame: DataFrame, kind: CatalogueKind): string | undefined {
  return kind.ids.find((name) => frame.columns.includes(name));
}

/** A column that the kind knows. */
type KnownColumn = {
  readonly name: string;
  readonly spec: ColumnSpec;
};

/** The columns that the kind knows and whose values can be looked at; the others are problems. */
function typedColumns(
  frame: DataFrame,
  kind: CatalogueKind,
): { specs: KnownColumn[]; problems: Problem[] } {
  const specs: KnownColumn[] = [];
  const problems: Problem[] = [];
  const dtypes = frame.dtypes.map(String);
  for (const [i, name] of frame.columns.entries()) {
    const spec = columnSpec(kind, name);
    if (!spec) continue;
    const isNumeric = /Int|Float/.test(dtypes[i]);
    if (isNumeric || spec.type === "text" || spec.type === "id") specs.push({ name, spec });
    else problems.push(columnProblem(name, `column "${name}" must hold numbers: ${dtypes[i]}`));
  }
  return { specs, problems };
}

/** The columns that have something wrong, told by their extremes: to make a rule is slow. */
function columnRules(frame: DataFrame, specs: readonly KnownColumn[]): Rule[] {
  const nulls = record(
    specs.map(({ name }) => name),
    (names) => frame.select(...names).nullCount(),
  );
  const numeric = specs.filter(({ spec }) => spec.type === "integer" || spec.type === "number");
  const names = numeric.map(({ name }) => name);
  const lowest = record(names, () => frame.select(...names).min());
  const highest = record(names, () => frame.select(...names).max()); // passes over NaN
  const floats = numeric.filter(({ spec }) => spec.type === "number").map(({ name }) => name);
  const nan = record(floats, () => frame.select(pl.cols(floats).isNan().any()));
  const empty = specs.filter(({ name, spec }) => !spec.missing && nulls[name] > 0);
  const outside = numeric.filter(({ name, spec }) => {
    const [low, high] = spec.range ?? finite;
    return lowest[name] < low || highest[name] > high || nan[name];
  });
  return [
    ...empty.map(({ name }): Rule => ({
      check: "empty",
      columns: [name],
      bad: pl.col(name).isNull(),
      says: `column "${name}" must have a value in every row`,
    })),
    ...outside.map(({ name, spec }) => rangeRule(name, { ...spec, lowest: lowest[name] })),
  ];
}

const finite = [-Number.MAX_VALUE, Number.MAX_VALUE] as const;

/** What a column must be. Its lowest value may be −99, −9999 and their like, which are no numbers. */
function rangeRule(name: string, { range, lowest }: ColumnSpec & { lowest: number }): Rule {
  const [low, high] = range ?? finite;
  const hint = /^-99+(\.9+)?$/.test(`${lowest}`) ? ` (pass missing where ${lowest} is none)` : "";
  const bound = (range ? `between ${low} and ${high}` : "finite") + hint;
  return {
    check: "range",
    columns: [name],
    bad: pl.col(name).gtEq(low).and(pl.col(name).ltEq(high)).not(), // NaN is above all to polars
    says: `column "${name}" must be ${bound}`,
  };
}

/** The one row of an aggregate, by column. */
// deno-lint-ignore no-explicit-any
function record(names: string[], aggregate: (names: string[]) => DataFrame): Record<string, any> {
  return names.length > 0 ? aggregate(names).toRecords()[0] : {};
}

function idRules(frame: DataFrame, kind: CatalogueKind): Rule[] {
  const id = idColumn(frame, kind);
  if (id === undefined) return [];
  const unique = frame.select(pl.col(id).nUnique().alias("n")).row(0)[0] === frame.height;
  if (unique) return [];
  const bad = pl.col(id).isDuplicated().and(pl.col(id).isNotNull());
  return [{ check: "duplicate", columns: [id], bad, says: `column "${id}" must not repeat` }];
}

/** Printed with three digits, each fraction is off by up to 0.0005; Kaggle prints six. */
const rounding: Partial<Record<Quantity, number>> = {
  fraction: 5e-4,
  weighted_fraction: 5e-4,
  cumulative: 1e-6,
};

function sumRules(present: ReadonlySet<string>, kind: CatalogueKind): Rule[] {
  const { tree } = kind;
  if (!tree) return [];
  return Object.entries(rounding).flatMap(([quantity, digit]) => {
    if (!(quantity in tree.suffixes)) return [];
    return tree.questions.flatMap((question): Rule[] => {
      const columns = answerColumns(tree, quantity as Quantity, [question.id]);
      const parents = question.after.map((id) =>
        answersOf(tree).find((answer) => answer.id === id)!.stem
      );
      const cumulative = quantity === "cumulative";
      if (!hasAll(present, [...columns, ...(cumulative ? parents : [])])) return [];
      const tolerance = digit * (columns.length + (cumulative ? parents.length : 0)) + 1e-6;
      const sum = total(columns);
      const wanted = cumulative && parents.length > 0 ? total(parents) : pl.lit(1);
      const off = sum.sub(wanted).abs().gt(tolerance);
      return [{
        check: "sum",
        columns,
        // a question that nobody was asked has zeros only
        bad: cumulative ? off : off.and(sum.neq(0)),
        says: `the ${quantity} of question ${question.id} must sum to ` +
          (cumulative && parents.length > 0 ? `${parents.join(" + ")}` : "1"),
      }];
    });
  });
}

function totalRules(present: ReadonlySet<string>, kind: CatalogueKind): Rule[] {
  const { tree } = kind;
  if (!tree || !("count" in tree.suffixes)) return [];
  const rules: Rule[] = [];
  const counts = answerColumns(tree, "count");
  const first = answerColumns(tree, "count", [tree.questions[0].id]);
  for (const [name, columns] of [["total_votes", counts], ["total_classifications", first]]) {
    if (typeof name !== "string" || !hasAll(present, [name, ...columns])) continue;
    rules.push(totalRule(name, columns as string[]));
  }
  for (const question of tree.questions) {
    const columns = answerColumns(tree, "count", [question.id]);
    const name = question.stem + (kind.totalSuffix ?? "");
    if (kind.totalSuffix && hasAll(present, [name, ...columns])) {
      rules.push(totalRule(name, columns));
    }
    rules.push(...shareRules(present, kind, question));
  }
  return rules;
}

function totalRule(name: string, columns: string[]): Rule {
  return {
    check: "total",
    columns: [name],
    bad: total(columns).sub(pl.col(name)).abs().gt(0.01),
    says: `column "${name}" must be the sum of the counts`,
  };
}

/** Fractions against counts: equal shares, or at least none where there is no vote. */
function shareRules(
  present: ReadonlySet<string>,
  kind: CatalogueKind,
  question: Question,
): Rule[] {
  const tree = kind.tree!;
  const counts = answerColumns(tree, "count", [question.id]);
  const fractions = answerColumns(tree, "fraction", [question.id]);
  if (!hasAll(present, [...counts, ...fractions])) return [];
  const asked = total(counts);
  const tolerance = asked.mul(6e-4).add(1e-6); // three digits, rounded
  return counts.map((count, i) => {
    const [votes, share] = [pl.col(count), pl.col(fractions[i])];
    return {
      check: "total",
      columns: [fractions[i], count],
      bad: kind.countedFractions
        ? share.mul(asked).sub(votes).abs().gt(tolerance)
        : votes.eq(0).and(share.gt(1e-3)),
      says: kind.countedFractions
        ? `column "${fractions[i]}" must be "${count}" over the votes at ${question.id}`
        : `column "${fractions[i]}" must be 0 where "${count}" is 0`,
    };
  });
}

function total(columns: readonly string[]): Expr {
  return columns.slice(1).reduce((sum, name) => sum.add(pl.col(name)), pl.col(columns[0]));
}

function hasAll(present: ReadonlySet<string>, columns: readonly string[]): boolean {
  return columns.every((name) => present.has(name));
}

function problemOf(frame: DataFrame, kind: CatalogueKind, rule: Rule, count: number): Problem {
  const id = idColumn(frame, kind);
  const shown = rule.check === "empty" ? [] : rule.columns;
  const rows = frame.lazy().withRowIndex("row").filter(rule.bad).head(shownRows).select(
    pl.col("row"),
    (id === undefined ? pl.lit("") : pl.col(id).cast(pl.Utf8)).alias("id"),
    ...shown.map((name, i) => pl.col(name).cast(pl.Utf8).alias(`value ${i}`)),
  ).collectSync().rows() as (number | string | null)[][];
  return rowProblem({
    check: rule.check,
    column: rule.columns.join(" + "),
    count,
    says: rule.says,
    rows: rows.map(([row, name, ...values]) => ({
      row: Number(row),
      ...(id !== undefined && id !== rule.columns[0] && name ? { id: String(name) } : {}),
      value: rule.check === "empty" ? "has none" : values.join(rule.check === "sum" ? " + " : ", "),
    })),
  });
}
