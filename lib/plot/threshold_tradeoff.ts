/**
 * What a label threshold costs and buys, with a slider.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import { checkPoints, curveLayers, type CurvePoint } from "./interval_curves.ts";
import { headroom, mark, numbers, panelTitle } from "./_marks.ts";
import { ink } from "./theme.ts";

/** One of the quantities that a threshold changes. */
export type TradeoffPanel = {
  /** Heading. */
  name: string;
  /** Text of the y axis. */
  label: string;
  /** Values by threshold, in `x`. */
  points: readonly CurvePoint[];
  /** Number format of d3, of the y axis, which takes digits of its own. @default {"~%"} */
  format?: string;
};

/** Options of {@linkcode thresholdTradeoff}. */
export type ThresholdTradeoffOptions = {
  /** Heading. @default {"Threshold trade-off"} */
  title?: string;
  /** Where the slider stands at first: the nearest threshold. @default {0.6} */
  at?: number;
  /** Lines of text for each threshold, beside the panels. @default {none} */
  readout?: (threshold: number) => readonly string[];
};

/**
 * Panels over the threshold of a label. Where scripts run, a slider moves a mark through all panels
 * and shows its numbers; elsewhere the mark stands at one threshold.
 *
 * @throws {RangeError} When there are no panels, no points, or a value lies outside its interval
 *
 * @example
 * ```ts
 * import { thresholdTradeoff } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = thresholdTradeoff([{
 *   name: "Kept galaxies",
 *   label: "share of all",
 *   points: [{ x: 0.5, value: 0.98 }, { x: 0.6, value: 0.79 }, { x: 0.8, value: 0.4 }],
 * }], { readout: (threshold) => [`threshold ${threshold}`] });
 * assert.match(await figure.svg(), /threshold 0.6/);
 * ```
 */
export function thresholdTradeoff(
  panels: readonly TradeoffPanel[],
  options: ThresholdTradeoffOptions = {},
): Figure {
  const { title = "Threshold trade-off", at = 0.6, readout } = options;
  panels.forEach(({ points }) => checkPoints(points));
  const thresholds = [...new Set(panels.flatMap(({ points }) => points.map(({ x }) => x)))]
    .sort((a, b) => a - b);
  if (thresholds.length === 0) {
    throw new RangeError("Cannot draw a threshold trade-off: there are no panels");
  }
  const [first, last] = [thresholds[0], thresholds.at(-1)!];
  const start = thresholds.reduce((best, x) => Math.abs(x - at) < Math.abs(best - at) ? x : best);
  const reach = reachOf(thresholds);
  const test = "threshold >= datum.from && threshold < datum.to";
  // Marks that a filter took would leave the scales, too
  const opacity = { condition: { test, value: 1 }, value: 0 };
  const panelOf = ({ name, label, points, format = "~%" }: TradeoffPanel, place: number) => {
    const marked = points.map((point) => ({ ...point, ...reach(point.x) }));
    const row = panels.slice(2 * Math.floor(place / 2)).slice(0, 2);
    const isLower = !hasLegend(panels[place]) && row.some(hasLegend);
    const x = numbers("x");
    return {
      width: 300,
      height: 190,
      title: panelTitle(name, { offset: isLower ? 33 : 8 }), // At one height in a row
      layer: [
        headroom(),
        mark("rule", {
          values: thresholds.map((x) => ({ x, ...reach(x) })),
          ...{ x, color: ink.axis, opacity },
        }),
        ...curveLayers(points, { x: "label threshold", y: label, format }),
        mark("point", {
          ...{ values: marked, x, y: numbers("value"), size: 70, color: ink.text, opacity },
        }),
      ],
    };
  };
  const apart = { scale: { color: "independent" as const } };
  const grid = { columns: 2, spacing: 28, concat: panels.map(panelOf), resolve: apart };
  return new Figure({
    description: `${title}: ${
      panels.map(({ name }) => name.toLowerCase()).join(", ")
    } at ${thresholds.length} thresholds from ${first} to ${last}`,
    title: { text: title, offset: 18 },
    params: [{
      name: "threshold",
      value: start,
      bind: {
        input: "range",
        name: "label threshold",
        min: first,
        max: last,
        step: Number(((last - first) / Math.max(1, thresholds.length - 1)).toFixed(6)),
      },
    }],
    ...(readout
      ? { spacing: 36, hconcat: [grid, readoutPanel(thresholds, { readout, reach, test })] }
      : grid),
  });
}

/** Several curves are told apart by a legend, which takes room below the name. */
function hasLegend({ points }: TradeoffPanel): boolean {
  return new Set(points.map(({ group }) => group)).size > 1;
}

/** The stretch of the slider in which a threshold is the nearest one. */
function reachOf(thresholds: readonly number[]) {
  return (x: number) => {
    const place = thresholds.indexOf(x);
    const middle = (a: number, b: number) => (a + b) / 2;
    return {
      from: place === 0 ? -1 : middle(thresholds[place - 1], x),
      to: place === thresholds.length - 1 ? 2 : middle(x, thresholds[place + 1]),
    };
  };
}

/** Lines of text, those of the threshold that the slider stands at. */
function readoutPanel(thresholds: readonly number[], { readout, reach, test }: {
  readout: (threshold: number) => readonly string[];
  reach: (x: number) => { from: number; to: number };
  test: string;
}) {
  const lines = thresholds.map(readout);
  const rows = Math.max(...lines.map((own) => own.length));
  return {
    width: 250,
    height: 17 * rows,
    transform: [{ filter: test }],
    ...mark("text", {
      values: lines.flatMap((own, i) =>
        own.map((text, line) => ({ text, line, ...reach(thresholds[i]) }))
      ),
      ...{ align: "left", x: 0, text: { field: "text" } },
      y: numbers("line", {
        scale: { domain: [-0.5, rows - 0.5], reverse: true, nice: false, zero: false },
        axis: null,
      }),
    }),
  };
}
