/**
 * What figures are put together from: fields along axes, told apart by colour or told in a tooltip,
 * and the marks that show them.
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";
import { textWidth } from "./_font.ts";
import { fontSize, ink, palette } from "./theme.ts";

/** A layer of a figure. */
export type Layer = Extract<TopLevelSpec, { layer: unknown }>["layer"][number];

type Unit = Extract<Layer, { mark: unknown }>;
type Channels = NonNullable<Unit["encoding"]>;
type MarkDef = Extract<Unit["mark"], { strokeDash?: unknown }>;
type Style = Omit<MarkDef, "type">;

/** A field along an axis. */
export type Position = Extract<Channels["x"], { axis?: unknown }>;

/** Colours that tell a field's values apart, or show its numbers. */
export type Color = Extract<Channels["color"], { scale?: unknown; field?: unknown }>;

const CHANNELS: ReadonlySet<string> = new Set<keyof Channels>(
  [
    "x",
    "x2",
    "y",
    "y2",
    "yOffset",
    "color",
    "size",
    "opacity",
    "text",
    "tooltip",
    "detail",
    "order",
  ],
);

/**
 * A mark for each row. An option that is an object or a list, and a channel of Vega-Lite, says which
 * field the mark shows by it; all others are its looks.
 *
 * @param options Without `values` the rows are those of the whole figure
 */
export function mark(
  type: "area" | "bar" | "circle" | "line" | "point" | "rect" | "rule" | "text",
  { values, ...options }:
    & { values?: readonly Record<string, unknown>[] }
    & {
      [Name in keyof Style | keyof Channels]?:
        | (Name extends keyof Style ? Style[Name] : never)
        | (Name extends keyof Channels ? Channels[Name] : never);
    },
): Omit<Unit, "data"> & { data?: { values: Record<string, unknown>[] } } {
  const isChannel = ([name, value]: [string, unknown]) =>
    CHANNELS.has(name) && typeof value === "object";
  const { encoding = [], looks = [] } = Object.groupBy(
    Object.entries(options),
    (option) => isChannel(option) ? "encoding" : "looks",
  );
  return {
    ...(values && { data: { values: [...values] } }),
    mark: { type, ...Object.fromEntries(looks) },
    encoding: Object.fromEntries(encoding),
  };
}

/** A field of numbers, between the ends of its domain where one is given. */
export function numbers(
  field: string,
  { domain, ...options }: Omit<Position, "field" | "type"> & { domain?: readonly number[] } = {},
): Position & { type: "quantitative" } {
  const scale = domain && { domain: [...domain], nice: false, zero: false };
  return { field, type: "quantitative", ...(scale && { scale }), ...options };
}

/** Round whole numbers from `low` to `high`, for ticks: about `count`, but none twice. */
// deno-lint-ignore galaxykit/few-arguments -- as everywhere
export function wholeTicks(low: number, high: number, count: number): number[] {
  const rough = Math.max(1, (high - low) / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  const start = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - start) / step) + 1 }, (_, i) => start + i * step);
}

/**
 * How an axis writes its numbers by a d3 format that was chosen for single values: whole numbers at
 * whole places (Vega's own step may be a half), others with the digits that tell its ticks apart, so
 * that no label stands twice.
 *
 * @param ends The lowest and the highest value
 */
export function axisFormat(
  format: string,
  [low, high]: readonly [number, number],
): { format: string; values?: number[]; tickCount?: number } {
  if (/d$/.test(format)) return { format, values: wholeTicks(Math.floor(low), Math.ceil(high), 5) };
  return { format: /g$/.test(format) ? anyNumber : format.replace(/\.\d+/, ""), tickCount: 6 };
}

/** As many digits as a number has: d3 would take those of the step, and write 20 as 2e+1. */
export const anyNumber = ".12~g";

/** A field of names, in their order. */
export function categories(
  field: string,
  order: readonly string[],
  options: Omit<Position, "field" | "type" | "sort"> = {},
): Position {
  return { field, type: "nominal", sort: [...order], ...options };
}

/** A colour for each name of a field, with a legend where there are several. */
export function groups(
  field: string,
  names: readonly string[],
  { colors = palette, ...legend }: { colors?: readonly string[] } & NonNullable<Color["legend"]> =
    {},
): Color {
  return {
    field,
    type: "nominal",
    scale: { domain: [...names], range: colors.slice(0, names.length) },
    legend: names.length > 1 ? { ...legendColumns(names), ...legend } : null,
  };
}

/** Columns of a legend whose names do not stand in one row of a figure's usual width. */
export function legendColumns(names: readonly string[]): { columns?: number } {
  const widest = Math.max(...names.map((name) => textWidth(name, { size: fontSize.label }))) + 32;
  return names.length * widest <= 480 ? {} : { columns: Math.max(1, Math.floor(480 / widest)) };
}

/** What shows where the pointer rests: fields with their titles, numbers with their format. */
export function tooltip(
  ...fields: readonly (readonly [field: string, title?: string, format?: string])[]
): Extract<Channels["tooltip"], readonly unknown[]> {
  return fields.map(([field, title, format]) => ({
    field,
    ...(title !== undefined && { title }),
    ...(format === undefined ? { type: "nominal" } : { type: "quantitative", format }),
  }));
}

/** A place along an axis to compare with, and its words. */
export type Reference = { at: number; label: string };

/**
 * Dashed lines across a panel. The words of a line that stands are above the panel, those of one
 * that lies are on it at the right.
 */
export function references(
  lines: readonly Reference[],
  { x, y, color = ink.note, ...style }:
    & { x?: Position; y?: Position }
    & Pick<
      Style,
      "align" | "dx" | "color"
    >,
): Layer[] {
  if (lines.length === 0) return [];
  const place = x ? { x: { ...x, field: "at" } } : { y: { ...y, field: "at" } };
  const words = x
    ? { y: -3 as const }
    : { x: { value: "width" as const }, align: "right" as const, dy: -3 };
  const look = { baseline: "bottom" as const, fontSize: fontSize.note, color: ink.note };
  return [
    mark("rule", { values: lines, ...place, color, strokeDash: [4, 3] }),
    mark("text", {
      values: lines,
      ...place,
      ...words,
      ...look,
      ...style,
      text: { field: "label" },
    }),
  ];
}

/**
 * What a tick's label at the top edge takes of room, unseen: with it in each of them, the headings of
 * panels in a row stand at one height wherever their ticks are.
 */
export function headroom(): Layer {
  const look = { y: 0, fontSize: fontSize.label, baseline: "middle", opacity: 0 } as const;
  return mark("text", { values: [{}], ...look, text: { value: "0" } });
}

/** The heading of a panel, at its left edge. */
export function panelTitle(text: string, { offset = 8, ...options }: {
  subtitle?: string | string[];
  subtitlePadding?: number;
  fontWeight?: "normal";
  /** Pixels between it and the panel. @default {8} */
  offset?: number;
} = {}) {
  const size = { fontSize: fontSize.label, subtitleFontSize: fontSize.note };
  return { text, ...size, offset, frame: "group" as const, ...options };
}
