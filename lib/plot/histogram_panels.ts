/**
 * Histograms of several samples on one axis, a panel each.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import { binEdge, type Bins, histogram } from "./histogram.ts";
import { fontSize, ink, palette } from "./theme.ts";

/** One panel. */
export type HistogramPanel = {
  /** What the values are of. */
  name: string;
  /** NaN and what lies outside the range is left out. */
  values: ArrayLike<number>;
  /** A line through the panel, with a few words: a median, a threshold. @default {none} */
  mark?: { at: number; label: string };
};

/** Options of {@linkcode histogramPanels}. */
export type HistogramPanelsOptions = {
  /** Heading. */
  title: string;
  /** Text of the x axis, with the unit. */
  label: string;
  /** Ends of the x axis. @default {[0, 1]} */
  range?: readonly [number, number];
  /** @default {20} */
  bins?: number;
  /** What is counted. @default {"galaxies"} */
  counted?: string;
  /** Panels in a row. @default {all} */
  columns?: number;
};

const size = { width: 220, height: 130 };

/**
 * How many values lie in each bin, a panel for each sample, with y axes of their own: the shape of
 * a small sample shows beside that of a large one.
 *
 * @throws {RangeError} When there is no panel, or none has a value in the range
 *
 * @example
 * ```ts
 * import { histogramPanels } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = histogramPanels([
 *   { name: "right", values: [0.9, 0.95, 0.8], mark: { at: 0.9, label: "median 0.90" } },
 *   { name: "wrong", values: [0.6] },
 * ], { title: "Confidence", label: "probability of the predicted class", range: [0.5, 1] });
 * assert.match(await figure.svg(), /right \(3\)/);
 * ```
 */
export function histogramPanels(
  panels: readonly HistogramPanel[],
  options: HistogramPanelsOptions,
): Figure {
  const { title, label, range = [0, 1], bins = 20, counted = "galaxies" } = options;
  const { columns = panels.length } = options;
  const scale: Bins = { low: range[0], high: range[1], count: bins };
  const counts = panels.map(({ values }) => histogram(Array.from(values), scale));
  const totals = counts.map((bins) => bins.reduce((sum, count) => sum + count, 0));
  const total = totals.reduce((sum, count) => sum + count, 0);
  if (total === 0) {
    throw new RangeError(
      `Cannot draw histograms: ${panels.length} samples have no value from ${range[0]} to ${
        range[1]
      }`,
    );
  }
  const hasMarks = panels.some(({ mark }) => mark);
  const panelOf = ({ name, mark }: HistogramPanel, place: number) => ({
    ...size,
    title: {
      text: `${name} (${totals[place].toLocaleString("en")})`,
      // the words of a mark take room of their own: titles of all panels at one height
      ...{ fontSize: fontSize.label, offset: mark || !hasMarks ? 8 : 24 },
      frame: "group" as const,
    },
    layer: [
      {
        data: {
          values: Array.from(counts[place], (count, bin) => ({
            from: binEdge(bin, scale),
            to: binEdge(bin + 1, scale),
            count,
          })),
        },
        mark: {
          type: "bar" as const,
          color: palette[place % palette.length],
          stroke: "white",
          strokeWidth: 0.5,
        },
        encoding: {
          x: {
            field: "from",
            type: "quantitative" as const,
            title: label,
            scale: { domain: [...range], nice: false },
            axis: { tickCount: 6, domain: true, labelFlush: false },
          },
          x2: { field: "to" },
          y: {
            field: "count",
            type: "quantitative" as const,
            title: place % columns === 0 ? counted : null,
            axis: { tickCount: 4, tickMinStep: 1, format: ",d" },
          },
          y2: { datum: 0 },
          tooltip: [
            { field: "from", format: ".3~f" },
            { field: "to", format: ".3~f" },
            { field: "count", title: counted, format: "," },
          ],
        },
      },
      ...(mark ? markLayers(mark, range) : []),
    ],
  });
  return new Figure({
    description: `${title}: ${total.toLocaleString("en")} ${counted}`,
    title: { text: title, offset: 20 },
    spacing: 28,
    columns,
    concat: panels.map(panelOf),
  });
}

/** A dashed line, and its words above the panel on the side where there is room. */
function markLayers({ at, label }: { at: number; label: string }, [low, high]: readonly number[]) {
  const isLeft = at < (low + high) / 2;
  return [
    {
      data: { values: [{ at }] },
      mark: { type: "rule" as const, color: ink.text, strokeDash: [4, 3] },
      encoding: { x: { field: "at", type: "quantitative" as const } },
    },
    {
      data: { values: [{ at, label }] },
      mark: {
        type: "text" as const,
        align: isLeft ? "left" as const : "right" as const,
        baseline: "bottom" as const,
        y: -3,
        dx: isLeft ? -2 : 2,
        fontSize: fontSize.note,
        color: ink.note,
      },
      encoding: {
        x: { field: "at", type: "quantitative" as const },
        text: { field: "label" },
      },
    },
  ];
}
