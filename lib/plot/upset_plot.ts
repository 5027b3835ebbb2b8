/**
 * Which labels occur together.
 *
 * @module
 */

import { type Combination, combinations, type Members } from "../data/mod.ts";
import { count as number } from "../text.ts";
import { Figure } from "./figure.ts";
import { mark, numbers, tooltip, wholeTicks } from "./_marks.ts";
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
  const x = { field: "column", type: "ordinal", axis: null } as const;
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
  const counts = (title: string, values: number[], offset = 0) =>
    numbers("count", { title, axis: { values, format: ",d", offset } });
  const above = {
    x,
    y: counts("rows with exactly these labels", wholeTicks(0, shown[0].count, 4), 4),
  };
  const beside = {
    x: counts("rows with the label", wholeTicks(0, members[labels[0]].length, 2)),
    y: { ...y, axis: null },
  };
  const numberOf = { text: { field: "text" }, fontSize: 9 };
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
        layer: [
          mark("bar", {
            ...{ ...above, color: palette[0], width: { band: 0.62 } },
            tooltip: tooltip(["count", undefined, ","]),
          }),
          mark("text", { ...above, ...numberOf, baseline: "bottom", dy: -3 }),
        ],
      },
      { width: 1, height: 1, ...mark("text", { values: [{}], text: { value: "" } }) },
      {
        width,
        height: { step: 20 },
        layer: [
          mark("rect", {
            values: stripes(labels, shown.length),
            ...{ x, y: { ...y, title: null, axis: labelAxis }, color: "#f3f5f7" },
          }),
          mark("circle", {
            values: dots(labels, shown, false),
            ...{ x, y, size: 70, color: "#d5d9de", opacity: 1 },
          }),
          mark("rule", {
            values: joints(labels, shown),
            ...{ x, y: { ...y, field: "first" }, y2: { field: "last" } },
            ...{ strokeWidth: 2.5, color: ink.text },
          }),
          mark("circle", {
            values: dots(labels, shown, true),
            ...{ x, y, size: 90, color: ink.text, opacity: 1, tooltip: tooltip(["label"]) },
          }),
        ],
      },
      {
        width: 130,
        height: { step: 20 },
        data: {
          values: labels.map((label, line) => {
            const { length: count } = members[label];
            return { line, count, text: number(count) };
          }),
        },
        layer: [
          mark("bar", { ...beside, color: palette[5], height: { band: 0.62 } }),
          mark("text", { ...beside, ...numberOf, align: "left", dx: 4 }),
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
