/**
 * Curves with the bands of their intervals.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import { ink, palette } from "./theme.ts";

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
  /** Number format of d3, of the y axis. @default {"~g"} */
  format?: string;
  /** Lay the x axis out by ratios. @default {"linear"} */
  scale?: "linear" | "log";
  /** Marks on the x axis. @default {some round numbers} */
  ticks?: readonly number[];
  /** Dashed lines to compare with. @default {none} */
  reference?: readonly { at: number; label: string }[];
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
  const groups = [...new Set(points.map(({ group }) => group ?? ""))];
  return new Figure({
    description: `${title}: ${
      groups.filter((group) => group !== "").join(", ") || options.y
    }, ${points.length} points`,
    title,
    width: 420,
    height: 260,
    layer: [...referenceLayers(reference, options), ...curveLayers(points, options)],
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
  const groups = [...new Set(points.map(({ group }) => group ?? ""))];
  const values = points.map(({ group = "", low, high, value, ...rest }) => ({
    ...rest,
    ...{ group, value, low: low ?? value, high: high ?? value },
  }));
  const x = {
    field: "x",
    type: "quantitative" as const,
    title: xTitle,
    scale: { type: scale, ...(scale === "linear" ? { zero: false } : {}), nice: false, padding: 8 },
    axis: {
      ...(ticks ? { values: [...ticks] } : { tickCount: 6 }),
      ...{ format: "~g", labelFlush: false, domain: true },
    },
  };
  const y = {
    type: "quantitative" as const,
    title: yTitle,
    scale: { zero: false, nice: true },
    axis: { format, tickCount: 6 },
  };
  const color = {
    field: "group",
    type: "nominal" as const,
    scale: { domain: groups, range: palette.slice(0, groups.length) },
    legend: groups.length > 1
      ? {
        ...{ orient: "top" as const, labelLimit: 240 },
        ...{ symbolType: "stroke" as const, symbolOpacity: 1 }, // Not that of the band
      }
      : null,
  };
  const tooltip = [
    ...(groups.length > 1 ? [{ field: "group", type: "nominal" as const, title: "curve" }] : []),
    { field: "x", type: "quantitative" as const, title: xTitle, format: ".3~g" },
    { field: "value", type: "quantitative" as const, title: yTitle, format: ".3~g" },
    { field: "low", type: "quantitative" as const, title: "from", format: ".3~g" },
    { field: "high", type: "quantitative" as const, title: "to", format: ".3~g" },
  ];
  const data = { values };
  return [
    {
      data,
      mark: { type: "area" as const, opacity: 0.15 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
    },
    {
      data,
      mark: { type: "line" as const, point: { size: 22 } },
      encoding: { x, y: { ...y, field: "value" }, color, tooltip },
    },
  ];
}

/** Dashed levels, with their words above them at the right. */
function referenceLayers(
  reference: readonly { at: number; label: string }[],
  { y }: IntervalCurvesOptions,
) {
  if (reference.length === 0) return [];
  const data = { values: [...reference] };
  const level = { field: "at", type: "quantitative" as const, title: y };
  return [
    {
      data,
      mark: { type: "rule" as const, color: ink.note, strokeDash: [4, 3] },
      encoding: { y: level },
    },
    {
      data,
      mark: {
        type: "text" as const,
        ...{ align: "right" as const, baseline: "bottom" as const, dy: -3 },
        color: ink.note,
      },
      encoding: { y: level, x: { value: "width" as const }, text: { field: "label" } },
    },
  ];
}
