/**
 * Curves with the bands of their intervals.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import {
  anyNumber,
  axisFormat,
  groups,
  mark,
  numbers,
  type Reference,
  references,
  tooltip,
} from "./_marks.ts";

/** A point of a curve. */
export type CurvePoint = {
  x: number;
  value: number;
  /** Ends of its interval. @default {no band} */
  low?: number;
  high?: number;
  /** The curve that it is of, told apart by colour. @default {one curve} */
  group?: string;
};

/** Options of {@linkcode intervalCurves}. */
export type IntervalCurvesOptions = {
  /** Heading. */
  title: string;
  /** Text of the x axis, with the unit. */
  x: string;
  /** Text of the y axis, with the unit. */
  y: string;
  /** Number format of d3, of the y axis, which takes digits of its own. @default {"~g"} */
  format?: string;
  /** Lay the x axis out by ratios. @default {"linear"} */
  scale?: "linear" | "log";
  /** Marks on the x axis. @default {some round numbers} */
  ticks?: readonly number[];
  /** Dashed lines to compare with. @default {none} */
  reference?: readonly Reference[];
};

/**
 * Draws values over a number, a curve for each group, with their intervals as bands.
 *
 * @throws {RangeError} When there are no points, or a value lies outside its interval
 *
 * @example
 * ```ts
 * import { intervalCurves } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = intervalCurves([
 *   { x: 3, value: 0.3, low: 0.28, high: 0.32 },
 *   { x: 40, value: 0.2, low: 0.18, high: 0.22 },
 * ], { title: "Label noise", x: "volunteers", y: "share of wrong labels", scale: "log" });
 * assert.match(await figure.svg(), /volunteers/);
 * ```
 */
export function intervalCurves(
  points: readonly CurvePoint[],
  options: IntervalCurvesOptions,
): Figure {
  const { title, reference = [] } = options;
  checkPoints(points);
  const names = new Set(points.map(({ group }) => group ?? ""));
  return new Figure({
    description: `${title}: ${
      [...names].filter((name) => name !== "").join(", ") || options.y
    }, ${points.length} points`,
    title,
    width: 420,
    height: 260,
    layer: [
      ...references(reference, { y: numbers("at", { title: options.y }) }),
      ...curveLayers(points, options),
    ],
  });
}

/** Refuses what cannot be drawn. */
export function checkPoints(points: readonly CurvePoint[]): void {
  if (points.length === 0) throw new RangeError("Cannot draw curves: there are no points");
  for (const { x, value, low = value, high = value, group } of points) {
    if (low <= value && value <= high && Number.isFinite(x)) continue;
    throw new RangeError(
      `Cannot draw curves: a value must lie in its interval: ${
        group ? `${group}, ` : ""
      }${value} in [${low}, ${high}] at ${x}`,
    );
  }
}

/** Bands, lines and points of curves. */
export function curveLayers(
  points: readonly CurvePoint[],
  { x: xTitle, y: yTitle, format = "~g", scale = "linear", ticks }: Omit<
    IntervalCurvesOptions,
    "title"
  >,
) {
  const names = [...new Set(points.map(({ group }) => group ?? ""))];
  const values = points.map(({ x, value, group = "", low = value, high = value }) => ({
    ...{ x, value, group, low, high },
  }));
  const x = numbers("x", {
    title: xTitle,
    scale: { type: scale, ...(scale === "linear" && { zero: false }), nice: false, padding: 8 },
    axis: { ...(ticks ? { values: [...ticks] } : { tickCount: 6 }), format: anyNumber },
  });
  const ends = [
    Math.min(...values.map(({ low }) => low)),
    Math.max(...values.map(({ high }) => high)),
  ] as const;
  const y = { title: yTitle, scale: { zero: false, nice: true }, axis: axisFormat(format, ends) };
  const color = groups("group", names, {
    ...{ symbolType: "stroke", symbolOpacity: 1 }, // Not that of the band
  });
  return [
    mark("area", {
      ...{ values, x, color, opacity: 0.15 },
      y: numbers("low", y),
      y2: { field: "high" },
    }),
    mark("line", {
      ...{ values, x, color, point: { size: 22 } },
      y: numbers("value", y),
      tooltip: tooltip(
        ...(names.length > 1 ? [["group", "curve"] as const] : []),
        ["x", xTitle, ".3~g"],
        ["value", yTitle, ".3~g"],
        ["low", "from", ".3~g"],
        ["high", "to", ".3~g"],
      ),
    }),
  ];
}
