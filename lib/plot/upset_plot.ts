/**
 * Which labels occur together.
 *
 * @module
 */

import { type Combination, combinations, type Members } from "../data/mod.ts";
import { Figure } from "./figure.ts";
import { ink, palette } from "./theme.ts";

/** Options of {@linkcode upsetPlot}. */
export type UpsetPlotOptions = {
  /** Heading. @default {"Labels together"} */
  title?: string;
  /** How many combinations are shown, the commonest first. @default {30} */
  columns?: number;
  /** Combinations with fewer rows are left out. @default {1} */
  minimum?: number;
};

/**
 * An UpSet plot (Lex et al. 2014, IEEE TVCG 20, 1983): a column for each combination of labels, its
 * dots joined, its number of rows as a bar above; a line for each label, its number of rows as a bar
 * at the right. A row of the table counts in one column.
 *
 * @throws {RangeError} When there are no labels with rows, or an option is out of range
 *
 * @example
 * ```ts
 * import { upsetPlot } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const members = { bar: Int32Array.of(0, 2, 3), ring: Int32Array.of(0, 1) };
 * assert.match(await upsetPlot(members).svg(), /4 rows, 3 combinations/);
 * ```
 */
export function upsetPlot(members: Members, options: UpsetPlotOptions = {}): Figure {
  const { title = "Labels together", columns = 30, minimum = 1 } = options;
  for (const [name, value] of Object.entries({ columns, minimum })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot draw an UpSet plot: ${name} must be 1, 2, 3, …: ${value}`);
  }
  const all = combinations(members);
  const shown = all.filter(({ count }) => count >= minimum).slice(0, columns);
  if (shown.length === 0) {
    throw new RangeError(
      `Cannot draw an UpSet plot: no combination of labels has ${minimum} rows or more`,
    );
  }
  const labels = Object.keys(members).filter((label) => members[label].length > 0)
    .sort((a, b) => members[b].length - members[a].length);
  const x = { field: "column", type: "ordinal" as const, axis: null };
  // lines by number: panels that share names may sort them each in their own way
  const y = {
    field: "line",
    type: "ordinal" as const,
    scale: { domain: labels.map((_, line) => line) },
  };
  const labelAxis = {
    labelExpr: `${JSON.stringify(labels)}[datum.value]`,
    labelLimit: 300,
    grid: false,
  };
  const rows = all.reduce((sum, { count }) => sum + count, 0);
  const left = all.length - shown.length;
  const width = { step: Math.max(16, widest(shown) + 6) };
  return new Figure({
    description: `${title}: ${labels.length} labels, ${all.length} combinations`,
    title: {
      text: title,
      subtitle: `${number(rows)} rows, ${number(all.length)} combinations` +
        (left > 0 ? `, of which ${number(left)} smaller ones are not shown` : ""),
    },
    columns: 2,
    spacing: { row: 6, column: 14 },
    bounds: "flush",
    concat: [
      {
        width,
        height: 150,
        data: {
          values: shown.map(({ count }, column) => ({ column, count, text: number(count) })),
        },
        encoding: {
          x,
          y: {
            field: "count",
            type: "quantitative",
            title: "rows with exactly these labels",
            axis: { tickCount: 4, format: ",.0f", offset: 4 },
          },
        },
        layer: [
          {
            mark: { type: "bar", color: palette[0], width: { band: 0.62 } },
            encoding: { tooltip: [{ field: "count", type: "quantitative", format: "," }] },
          },
          {
            mark: { type: "text", baseline: "bottom", dy: -3, fontSize: 9 },
            encoding: { text: { field: "text" } },
          },
        ],
      },
      {
        width: 1,
        height: 1,
        data: { values: [{}] },
        mark: { type: "text" },
        encoding: { text: { value: "" } },
      },
      {
        width,
        height: { step: 20 },
        layer: [
          {
            data: { values: stripes(labels, shown.length) },
            mark: { type: "rect", color: "#f3f5f7" },
            encoding: { x, y: { ...y, title: null, axis: labelAxis } },
          },
          {
            data: { values: dots(labels, shown, false) },
            mark: { type: "circle", size: 70, color: "#d5d9de", opacity: 1 },
            encoding: { x, y },
          },
          {
            data: { values: joints(labels, shown) },
            mark: { type: "rule", strokeWidth: 2.5, color: ink.text },
            encoding: { x, y: { ...y, field: "first" }, y2: { field: "last" } },
          },
          {
            data: { values: dots(labels, shown, true) },
            mark: { type: "circle", size: 90, color: ink.text, opacity: 1 },
            encoding: { x, y, tooltip: [{ field: "label" }] },
          },
        ],
      },
      {
        width: 130,
        height: { step: 20 },
        data: {
          values: labels.map((label, line) => ({
            line,
            count: members[label].length,
            text: number(members[label].length),
          })),
        },
        encoding: {
          y: { ...y, axis: null },
          x: {
            field: "count",
            type: "quantitative",
            title: "rows with the label",
            axis: { tickCount: 2, format: ",.0f" },
          },
        },
        layer: [
          { mark: { type: "bar", color: palette[5], height: { band: 0.62 } } },
          {
            mark: { type: "text", align: "left", dx: 4, fontSize: 9 },
            encoding: { text: { field: "text" } },
          },
        ],
      },
    ],
  });
}

/** Every other line shaded, to lead the eye. */
function stripes(labels: readonly string[], columns: number) {
  return labels.flatMap((_, line) =>
    line % 2 === 0 ? Array.from({ length: columns }, (_, column) => ({ line, column })) : []
  );
}

function dots(labels: readonly string[], shown: readonly Combination[], filled: boolean) {
  return shown.flatMap((combination, column) =>
    labels.map((label, line) => ({ column, line, label }))
      .filter(({ label }) => combination.labels.includes(label) === filled)
  );
}

/** From the uppermost to the lowest label of each combination. */
function joints(labels: readonly string[], shown: readonly Combination[]) {
  return shown.flatMap((combination, column) => {
    const lines = combination.labels.map((label) => labels.indexOf(label));
    return lines.length < 2 ? [] : [{
      column,
      first: Math.min(...lines),
      last: Math.max(...lines),
    }];
  });
}

function widest(shown: readonly Combination[]): number {
  return Math.max(...shown.map(({ count }) => 5 * number(count).length));
}

function number(value: number): string {
  return value.toLocaleString("en");
}
