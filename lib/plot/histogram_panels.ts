/**
 * Histograms of several samples on one axis, a panel each.
 *
 * @module
 */

import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import { binRows, type Bins, histogram, type LeftOut, leftOut, tellLeftOut } from "./_histogram.ts";
import {
  headroom,
  mark,
  numbers,
  panelTitle,
  type Reference,
  references,
  tooltip,
  wholeTicks,
} from "./_marks.ts";
import { ink, palette } from "./theme.ts";

/** One panel. */
export type HistogramPanel = {
  /** What the values are of. */
  name: string;
  /** NaN and what lies outside the range is left out, and told. */
  values: ArrayLike<number>;
  /** A line through the panel, with a few words: a median, a threshold. @default {none} */
  mark?: Reference;
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
  const panelOf = ({ name, mark: line }: HistogramPanel, place: number) => {
    const highest = Math.max(1, ...counts[place]);
    const x = numbers("from", { title: label, domain: range, axis: { tickCount: 6 } });
    return {
      ...size,
      // the words of a line take room of their own: titles of all panels at one height
      title: panelTitle(`${name} (${count(totals[place])})`, {
        offset: line || !hasMarks ? 8 : 15,
      }),
      layer: [
        mark("bar", {
          values: binRows({ count: counts[place] }, scale),
          ...{ color: palette[place % palette.length], stroke: "white", strokeWidth: 0.5 },
          ...{ x, x2: { field: "to" } },
          y: numbers("count", {
            title: place % columns === 0 ? counted : null,
            axis: { values: wholeTicks(0, highest, 4), format: ",d" },
          }),
          y2: { datum: 0 },
          tooltip: tooltip(["from", "from", ".3~f"], ["to", "to", ".3~f"], [
            "count",
            counted,
            ",",
          ]),
        }),
        headroom(),
        ...(line ? references([line], { x, color: ink.text, ...sideOf(line.at, range) }) : []),
      ],
    };
  };
  const left = panels.map(({ values }) => leftOut(Array.from(values), scale));
  const sum = (kind: keyof LeftOut) => left.reduce((all, own) => all + own[kind], 0);
  const told = `${count(total)} ${counted}` +
    tellLeftOut({ missing: sum("missing"), outside: sum("outside") });
  const hasLeftOut = sum("missing") + sum("outside") > 0;
  return new Figure({
    description: `${title}: ${told}`,
    title: { text: title, offset: 20, ...(hasLeftOut && { subtitle: told }) },
    spacing: 28,
    columns,
    concat: panels.map(panelOf),
  });
}

/** Words run from their line to the side where there is room. */
function sideOf(at: number, [low, high]: readonly number[]) {
  return at < (low + high) / 2
    ? { align: "left" as const, dx: -2 }
    : { align: "right" as const, dx: 2 };
}
