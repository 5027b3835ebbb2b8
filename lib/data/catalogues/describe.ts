/**
 * A catalogue in a few lines: what it is, what it holds, who answered what.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { median } from "../../statistics.ts";
import { count } from "../../text.ts";
import { answerValues, votesReceived } from "./fractions.ts";
import { incompleteQuestions } from "./incomplete.ts";
import type { Catalogue } from "./read.ts";
import { answerColumns, type DecisionTree, type Quantity } from "./tree.ts";

/** The fractions to show of a question, the first that a table has. */
const shown: readonly Quantity[] = ["weighted_fraction", "fraction", "debiased", "cumulative"];

/**
 * Describes a catalogue as text: its kind, size and ids; per question the mean fraction of each
 * answer and the median number of votes, where the table has them.
 *
 * @example
 * ```ts
 * import { describeCatalogue, readCatalogue } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/mapping.csv`;
 * Deno.writeTextFileSync(path, "objid,sample,asset_id\n587722981736120347,original,1\n");
 * assert.equal(
 *   describeCatalogue(readCatalogue(path)),
 *   `gz2_filename_mapping: Galaxy Zoo 2, object ids and image files (asset_id.jpg)
 * 1 row, 3 columns, identified by asset_id`,
 * );
 * ```
 */
export function describeCatalogue({ kind, frame: given, id }: Catalogue): string {
  const frame = nullForNan(given);
  const rows = `${count(frame.height)} ${frame.height === 1 ? "row" : "rows"}`;
  const lines = [
    `${kind.name}: ${kind.title}`,
    `${rows}, ${frame.width} columns${id ? `, identified by ${id}` : ""}`,
  ];
  const empty = frame.nullCount().row(0).reduce((sum, count) => sum + count, 0);
  if (empty > 0) lines.push(`${count(empty)} empty cells`);
  if (kind.tree) lines.push(...questionLines(frame, kind.tree));
  else lines.push(...columnLines(frame));
  return lines.join("\n");
}

/** The table with null for NaN: one notion of an empty cell. */
function nullForNan(frame: DataFrame): DataFrame {
  const floats = frame.columns.filter((_, i) => /Float/.test(String(frame.dtypes[i])));
  return frame.withColumns(...floats.map((name) => pl.col(name).fillNan(pl.lit(null)).alias(name)));
}

function questionLines(frame: DataFrame, tree: DecisionTree): string[] {
  const present = new Set(frame.columns);
  return tree.questions.flatMap(({ id, text, answers }) => {
    const has = (quantity: Quantity) =>
      quantity in tree.suffixes &&
      answerColumns(tree, quantity, [id]).every((name) => present.has(name));
    const quantity = shown.find(has);
    if (quantity === undefined) return [];
    const columns = answerColumns(tree, quantity, [id]);
    const partly = incompleteQuestions(tree, frame.columns)
      .filter((one) => one.question.id === id && shown.includes(one.quantity))
      .map((one) => `       ${one.quantity} is not whole: no column ${one.missing.join(", ")}`);
    // of a question that nobody was asked the fractions are zero, and no part of the mean
    const asked = quantity === "cumulative"
      ? pl.lit(true)
      : columns.slice(1).reduce((sum, name) => sum.add(pl.col(name)), pl.col(columns[0])).gt(0);
    const means = frame.filter(asked).select(...columns.map((name) => pl.col(name).mean())).row(0);
    const parts = answers.map(({ text }, i) => `${text}: ${means[i]?.toFixed(2) ?? "–"}`);
    const votes = has("count") ? `; median votes ${medianVotes(frame, tree, id)}` : "";
    const line = `       mean ${quantity}: ${parts.join(", ")}${votes}`;
    return [`  ${id}  ${text}`, line, ...partly];
  });
}

/** Of the galaxies whose counts are known. */
function medianVotes(frame: DataFrame, tree: DecisionTree, question: string): string {
  const counts = answerValues(tree, frame, { quantity: "count", questions: [question] });
  const known = votesReceived(tree, counts)[question].filter((n) => !Number.isNaN(n));
  return known.length === 0 ? "–" : `${median(known)}`;
}

/** Extremes of each column of numbers, for tables without a tree. */
function columnLines(frame: DataFrame): string[] {
  const numeric = frame.columns.filter((_, i) => /Int|Float/.test(String(frame.dtypes[i])));
  if (numeric.length === 0) return [];
  const [low, high] = [frame.select(...numeric).min(), frame.select(...numeric).max()];
  const empty = frame.select(...numeric).nullCount().row(0);
  return numeric.map((name, i) => {
    const range = low.row(0)[i] === null ? "empty" : `${low.row(0)[i]} to ${high.row(0)[i]}`;
    return `  ${name}  ${range}${empty[i] > 0 ? `, ${empty[i]} empty` : ""}`;
  });
}
