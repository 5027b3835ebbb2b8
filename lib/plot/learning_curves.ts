/**
 * How a training went.
 *
 * @module
 */

import { columnNames, columnValues, type Table } from "../data/tables.ts";
import { Figure } from "./figure.ts";
import { groups, mark, numbers, tooltip, wholeTicks } from "./_marks.ts";
import { type Phase, phaseMarks } from "./phases.ts";
import { palette } from "./theme.ts";

/** One row an epoch: `{ epoch: 1, phase: "head", train_loss: 0.7, validation_loss: 0.6, … }`. */
export type HistoryRow = Readonly<Record<string, number | string | null | undefined>>;

/** The name of the quantity stands above the panel, where its axis begins. */
const heading = {
  titleX: 0,
  titleAngle: 0,
  titleAlign: "left",
  titleBaseline: "bottom",
  titleFontSize: 12,
  titleFontWeight: "bold",
} as const;

/** Options of {@linkcode learningCurves}. */
export type LearningCurvesOptions = {
  /** Heading. @default {"Learning curves"} */
  title?: string;
  /** Column of the epoch, which grows from row to row. @default {"epoch"} */
  epoch?: string;
  /** Quantities to draw, a panel each. @default {all that follow "train_" or "validation_"} */
  metrics?: readonly string[];
  /** Stretches to mark, in order. @default {those of the column "phase", where there is one} */
  phases?: readonly Phase[];
};

type Point = { epoch: number; value: number; split: string };

const splits = [["train", "training"], ["validation", "validation"]] as const;
const spacing = 40;
const panel = { width: 320, height: 220 };

/**
 * Loss, accuracy and whatever else was noted by epoch, for training and validation: the columns
 * `train_X` and `validation_X` make the panel X. A null leaves its epoch out of the line, as when
 * validation runs every few epochs.
 *
 * @param history A table, or rows, with one row an epoch
 * @throws {RangeError} When it is empty, lacks a column, holds NaN, or its epochs do not grow
 *
 * @example
 * ```ts
 * import { learningCurves } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = learningCurves([
 *   { epoch: 1, train_loss: 0.69, validation_loss: 0.6, validation_accuracy: 0.71 },
 *   { epoch: 2, train_loss: 0.52, validation_loss: 0.5, validation_accuracy: 0.78 },
 * ]);
 * assert.match(await figure.svg(), /Accuracy/);
 * ```
 */
export function learningCurves(
  history: Table | readonly HistoryRow[],
  options: LearningCurvesOptions = {},
): Figure {
  const { title = "Learning curves", epoch = "epoch" } = options;
  const table = historyTable(history);
  const epochs = checkEpochs(Array.from(columnValues(table, epoch)), epoch);
  const metrics = options.metrics ?? findMetrics(table);
  const phases = options.phases ?? phasesOf(table, epochs);
  const points = Object.fromEntries(
    metrics.map((metric) => [metric, pointsOf(table, { epochs, metric })]),
  );
  const drawn = new Set(Object.values(points).flat().map(({ split }) => split));
  const names = splits.map(([, name]) => name).filter((name) => drawn.has(name));
  const [first, last] = [epochs[0], epochs[epochs.length - 1]];
  const domain: [number, number] = first === last ? [first - 1, first + 1] : [first, last];
  const marks = phaseMarks(phases, { first, last, domain, width: panel.width, spacing });
  const titleY = marks.length > 0 ? -22 : -10;
  const color = {
    ...groups("split", names, {
      colors: palette.filter((_, i) => i < splits.length && drawn.has(splits[i][1])),
    }),
    legend: {},
  };
  return new Figure({
    description: `${title}: ${metrics.join(", ")} in ${epochs.length} epochs`,
    title,
    columns: 2,
    spacing,
    concat: metrics.map((metric) => ({
      ...panel,
      layer: [
        ...marks,
        mark("line", {
          values: points[metric],
          point: { size: epochs.length <= 30 ? 36 : 4 },
          x: numbers("epoch", {
            title: "epoch",
            domain,
            axis: { values: wholeTicks(first, last, 10), format: "d" },
          }),
          y: numbers("value", {
            title: metric[0].toUpperCase() + metric.slice(1).replaceAll("_", " "),
            domain: padded(points[metric]),
            axis: { tickCount: 6, labelPadding: 8, ...heading, titleY },
          }),
          color,
          tooltip: tooltip(["epoch", undefined, "d"], ["split"], ["value", undefined, ".4~g"]),
        }),
      ],
    })),
    resolve: { scale: { color: "shared" } },
  });
}

/** A history in columns; a field that a row lacks is null there. */
export function historyTable(history: Table | readonly HistoryRow[]): Table {
  if (!Array.isArray(history)) return history as Table;
  const rows: readonly HistoryRow[] = history;
  if (rows.length === 0) {
    throw new RangeError("Cannot draw learning curves: the history has no rows");
  }
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return Object.fromEntries(
    [...names].map((name) => [name, rows.map((row) => row[name] ?? null)]),
  );
}

/** The stretches of equal values in the column "phase". */
function phasesOf(table: Table, epochs: number[]): Phase[] {
  if (!columnNames(table).includes("phase")) return [];
  const names = Array.from(columnValues(table, "phase"), String);
  return names.flatMap((label, row) =>
    label === names[row - 1] ? [] : [{ from: epochs[row], label }]
  );
}

function findMetrics(table: Table): string[] {
  const names = columnNames(table);
  const found = names.map((name) => /^(?:train|validation)_(.+)$/.exec(name)?.[1]);
  const metrics = [...new Set(found.filter((metric) => metric !== undefined))];
  if (metrics.length > 0) return metrics;
  throw new RangeError(
    `Cannot draw learning curves: no column train_… or validation_… among ${names.join(", ")}`,
  );
}

function checkEpochs(values: unknown[], name: string): number[] {
  if (values.length === 0) {
    throw new RangeError("Cannot draw learning curves: the history has no rows");
  }
  values.forEach((value, row) => {
    if (Number.isFinite(value) && (row === 0 || Number(value) > Number(values[row - 1]))) return;
    const before = row === 0 ? "" : ` after ${values[row - 1]}`;
    throw new RangeError(
      `Cannot draw learning curves: "${name}" must grow from row to row: ` +
        `row ${row} has ${value}${before}`,
    );
  });
  return values as number[];
}

function pointsOf(table: Table, { epochs, metric }: { epochs: number[]; metric: string }): Point[] {
  const names = columnNames(table);
  const points: Point[] = [];
  for (const [split, name] of splits) {
    const column = `${split}_${metric}`;
    if (!names.includes(column)) continue;
    Array.from(columnValues(table, column)).forEach((value, row) => {
      if (value === null) return;
      if (!Number.isFinite(value)) {
        throw new RangeError(
          `Cannot draw learning curves: "${column}" must be finite: ` +
            `epoch ${epochs[row]} has ${value}`,
        );
      }
      points.push({ epoch: epochs[row], value: Number(value), split: name });
    });
  }
  if (points.length > 0) return points;
  throw new RangeError(
    `Cannot draw learning curves: no value of train_${metric} or validation_${metric} among ` +
      names.join(", "),
  );
}

/** The range of the values with a margin, so that a single one has a scale too. */
function padded(points: Point[]): [number, number] {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.05 * (high - low), 0.01 * Math.abs(high)) || 1;
  return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
}
