/**
 * Numbers with their intervals, one below the other.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import {
  anyNumber,
  categories,
  groups,
  mark,
  numbers,
  type Reference,
  references,
} from "./_marks.ts";
import { ink } from "./theme.ts";

/** A number and the range in which the truth is thought to lie. */
export type IntervalRow = {
  /** What it is of; rows of one name and several groups share a line. */
  name: string;
  value: number;
  low: number;
  high: number;
  /** Told apart by colour. @default {one group} */
  group?: string;
};

/** Options of {@linkcode intervalPlot}. */
export type IntervalPlotOptions = {
  /** Heading. */
  title: string;
  /** Text of the x axis, with the unit. */
  label: string;
  /** Number format of d3, of the values. @default {three decimals, more for narrower intervals} */
  format?: string;
  /** A value to compare with: a published one, that of chance. @default {none} */
  reference?: Reference;
};

/**
 * A point for each number and a bar for its interval, with the value beside it.
 *
 * @throws {RangeError} When there are no rows, or a value lies outside its interval
 *
 * @example
 * ```ts
 * import { intervalPlot } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = intervalPlot([
 *   { name: "two phases", value: 0.91, low: 0.88, high: 0.93 },
 *   { name: "from scratch", value: 0.85, low: 0.82, high: 0.88 },
 * ], { title: "Accuracy", label: "accuracy, 95 % interval" });
 * assert.match(await figure.svg(), /from scratch/);
 * ```
 */
export function intervalPlot(rows: readonly IntervalRow[], options: IntervalPlotOptions): Figure {
  const { title, label, format = `.${decimals(rows)}f`, reference } = options;
  if (rows.length === 0) throw new RangeError("Cannot draw intervals: there are no rows");
  for (const { name, value, low, high } of rows) {
    if (low <= value && value <= high) continue;
    throw new RangeError(
      `Cannot draw intervals: the value must lie in its interval: ${name} is ${value} in [${low}, ${high}]`,
    );
  }
  const parts = [...new Set(rows.map(({ group }) => group ?? ""))];
  const y = categories("name", [...new Set(rows.map(({ name }) => name))], {
    title: null,
    axis: { grid: true, labelLimit: 260, labelPadding: 10 },
  });
  const x = {
    title: label,
    scale: { zero: false, nice: true, padding: 12 },
    axis: { format: anyNumber, grid: true, tickCount: 6 },
  };
  const row = {
    y,
    ...(parts.length > 1 && { yOffset: { field: "group", type: "nominal" as const, sort: parts } }),
    color: groups("group", parts),
  };
  const told = rows.map(({ name, group, value }) => `${name}${group ? `, ${group}` : ""} ${value}`);
  return new Figure({
    description: `${title}: ${told.join("; ")}`,
    title: { text: title, offset: reference ? 24 : 12 },
    width: 420,
    height: { step: parts.length > 1 ? 22 : 30 },
    data: { values: rows.map((row) => ({ ...row, group: row.group ?? "" })) },
    layer: [
      mark("rule", { ...row, x: numbers("low", x), x2: { field: "high" }, strokeWidth: 2 }),
      mark("point", { ...row, x: numbers("value", x), size: 60, opacity: 1 }),
      mark("text", {
        ...{ ...row, x: numbers("value", x), dy: -9, color: ink.text },
        text: { field: "value", type: "quantitative", format },
      }),
      ...(reference ? references([reference], { x: numbers("at", x) }) : []),
    ],
  });
}

/** As many as tell the values apart whose intervals are the narrowest. */
function decimals(rows: readonly IntervalRow[]): number {
  const halves = rows.map(({ low, high }) => (high - low) / 2).filter((half) => half > 0);
  if (halves.length === 0) return 3;
  return Math.min(12, Math.max(3, -Math.floor(Math.log10(Math.min(...halves)))));
}
