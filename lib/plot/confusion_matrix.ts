/**
 * Which class is taken for which.
 *
 * @module
 */

import { columnValues, type Table } from "../data/tables.ts";
import { isMissing } from "../missing.ts";
import { count as number, percent as percentage } from "../text.ts";
import { Figure } from "./figure.ts";
import { textWidth } from "./_font.ts";
import { categories, mark, tooltip } from "./_marks.ts";
import { fontSize, ink, sequential } from "./theme.ts";

/** Counts by true class (row) and predicted class (column), in the order of `classes`. */
export type ConfusionCounts = {
  matrix: ArrayLike<ArrayLike<number>>;
  classes: readonly string[];
};

/** The lighter ones: black stands out from all of them, with a contrast of 6 or more. */
const shades = sequential.slice(0, 4);

/** Options of {@linkcode confusionMatrix}. */
export type ConfusionMatrixOptions = {
  /** Heading. @default {"Confusion matrix"} */
  title?: string;
  /** What the classes of the rows are called. @default {"true class"} */
  truth?: string;
  /** Column of the true classes, in a table. @default {"target"} */
  target?: string;
  /** Column of the predicted classes, in a table. @default {"prediction"} */
  prediction?: string;
  /** Order of the classes, in a table. @default {those found, sorted} */
  classes?: readonly string[];
};

/**
 * A heat map of true against predicted classes: the count, and below it and as colour the share of
 * the true class (each row sums to 100 %). The subtitle gives the number of objects and accuracy.
 *
 * @param data A table with a column of true and one of predicted classes, or counts
 * @throws {TypeError} When the matrix is not square or does not fit the classes
 * @throws {RangeError} When it is empty, has one class, or holds what is not a count
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = confusionMatrix({
 *   target: ["smooth", "smooth", "spiral"],
 *   prediction: ["smooth", "spiral", "spiral"],
 * });
 * assert.match(await figure.svg(), /n = 3, accuracy 66.7 %/);
 * ```
 */
export function confusionMatrix(
  data: Table | ConfusionCounts,
  options: ConfusionMatrixOptions = {},
): Figure {
  const { matrix, classes } = isCounts(data) ? checkCounts(data) : countPairs(data, options);
  const { title = "Confusion matrix", truth = "true class" } = options;
  const totals = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = totals.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new RangeError(`Cannot draw a confusion matrix: it counts no objects`);
  const right = matrix.reduce((sum, row, i) => sum + row[i], 0);

  const values = matrix.flatMap((row, i) =>
    row.map((count, j) => ({
      true: classes[i],
      predicted: classes[j],
      count,
      share: totals[i] === 0 ? 0 : count / totals[i],
      text: number(count),
      percent: percent(count, totals[i]),
    }))
  );
  const { cell, size } = layOut(classes.length, values.map(({ text }) => text));
  const widest = Math.max(...classes.map((name) => textWidth(name, { size: fontSize.label })));
  const axis = { ticks: false, domain: false, grid: false, labelLimit: 240 };
  const length = { step: cell };
  const color = {
    condition: [{ test: "datum.count === 0", value: ink.axis }],
    value: "#000000",
  };
  const words = (field: string, { dy, fontSize }: { dy: number; fontSize: number }) =>
    mark("text", { fontSize, dy, text: { field }, color });
  return new Figure({
    description: `${title}: ${classes.length} classes, ${summary(right, total)}`,
    title: { text: title, subtitle: summary(right, total), frame: "group" },
    data: { values },
    width: length,
    height: length,
    encoding: {
      x: categories("predicted", classes, {
        title: "predicted class",
        axis: { ...axis, labelAngle: widest > cell - 6 ? -45 : 0 },
      }),
      y: categories("true", classes, { title: truth, axis }),
    },
    layer: [
      mark("rect", {
        stroke: ink.grid,
        strokeWidth: 1,
        color: {
          field: "share",
          type: "quantitative",
          scale: { domain: [0, 1], range: shades, interpolate: "rgb" },
          legend: null,
        },
        tooltip: tooltip(
          ["true", truth],
          ["predicted", "predicted class"],
          ["count", undefined, ","],
          ["percent", `share of the ${truth}`],
        ),
      }),
      words("text", { fontSize: size, dy: -0.5 * size }),
      words("percent", { fontSize: 0.8 * size, dy: 0.6 * size }),
    ],
    config: { scale: { bandPaddingInner: 0, bandPaddingOuter: 0 } },
  });
}

function summary(right: number, total: number): string {
  return `n = ${number(total)}, accuracy ${percentage(right / total)}`;
}

/** A whole percentage that says 0 and 100 only when it is so; nothing for an empty cell. */
function percent(count: number, total: number): string {
  if (count === 0) return "";
  const whole = Math.round(100 * count / total);
  if (whole === 0) return "<1%";
  return whole === 100 && count < total ? ">99%" : `${whole}%`;
}

/** Edge of a cell and size of its count, in pixels: smaller for many classes, never unreadable. */
function layOut(classes: number, texts: string[]): { cell: number; size: number } {
  const widest = Math.max(...texts.map((text) => textWidth(text, { size: 1 })));
  const smallest = 8.5;
  const cell = Math.max(34, Math.min(88, Math.round(600 / classes)), widest * smallest + 6);
  const size = Math.max(smallest, Math.min(14, 0.28 * cell, (cell - 6) / widest));
  return { cell: Math.ceil(cell), size: Math.round(10 * size) / 10 };
}

function isCounts(data: Table | ConfusionCounts): data is ConfusionCounts {
  return "matrix" in data && "classes" in data;
}

type Counts = { matrix: number[][]; classes: string[] };

function checkCounts(counts: ConfusionCounts): Counts {
  const classes = checkClasses(counts.classes);
  const matrix = Array.from(counts.matrix, (row) => Array.from(row));
  const shape = `[${matrix.map((row) => row.length).join(", ")}]`;
  const square = matrix.length === classes.length &&
    matrix.every((row) => row.length === classes.length);
  if (!square) {
    throw new TypeError(
      `Cannot draw a confusion matrix: ${classes.length} classes need as many rows and columns: ` +
        `row lengths ${shape}`,
    );
  }
  for (const [i, row] of matrix.entries()) {
    for (const [j, count] of row.entries()) {
      if (Number.isSafeInteger(count) && count >= 0) continue;
      throw new RangeError(
        `Cannot draw a confusion matrix: entries must be counts: row ${i}, column ${j} is ${count}`,
      );
    }
  }
  return { matrix, classes };
}

function countPairs(table: Table, options: ConfusionMatrixOptions): Counts {
  const { target = "target", prediction = "prediction" } = options;
  const truths = classNames(table, target);
  const predictions = classNames(table, prediction);
  if (truths.length !== predictions.length) {
    throw new TypeError(
      `Cannot draw a confusion matrix: columns must have one length: ` +
        `"${target}" has ${truths.length} rows, "${prediction}" has ${predictions.length}`,
    );
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  const found = [...new Set([...truths, ...predictions])].sort(compare);
  const classes = checkClasses(options.classes ?? found);
  const index = new Map(classes.map((name, i) => [name, i]));
  const stranger = found.find((name) => !index.has(name));
  if (stranger !== undefined) {
    throw new RangeError(
      `Cannot draw a confusion matrix: class "${stranger}" is not among ${classes.join(", ")}`,
    );
  }
  const matrix = classes.map(() => new Array<number>(classes.length).fill(0));
  truths.forEach((name, row) => matrix[index.get(name)!][index.get(predictions[row])!]++);
  return { matrix, classes };
}

/** A column as names of classes. */
function classNames(table: Table, column: string): string[] {
  return Array.from(columnValues(table, column) as ArrayLike<unknown>, (name, row) => {
    if (!isMissing(name)) return String(name);
    throw new RangeError(
      `Cannot draw a confusion matrix: row ${row} of "${column}" holds no class; leave such rows out`,
    );
  });
}

function checkClasses(classes: readonly string[]): string[] {
  if (classes.length < 2) {
    throw new RangeError(
      `Cannot draw a confusion matrix: it takes 2 classes or more: ${classes.length} found`,
    );
  }
  const twice = classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RangeError(`Cannot draw a confusion matrix: class "${twice}" is named twice`);
  }
  return [...classes];
}
