/**
 * Errors of predictions against what they may depend on: redshift, magnitude, size.
 *
 * @module
 */

import { quantile } from "../statistics.ts";
import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import { cellsOf, innerRange } from "./_histogram.ts";
import { mark, numbers, panelTitle, tooltip } from "./_marks.ts";
import { ink, palette } from "./theme.ts";

/** Errors and a quantity beside them. */
export type ResidualPanel = {
  /** What the errors are of. */
  name: string;
  /** Text of the x axis, with the unit. */
  label: string;
  /** The quantity. NaN is left out. */
  x: ArrayLike<number>;
  /** Prediction − truth. NaN is left out. */
  residual: ArrayLike<number>;
};

/** Options of {@linkcode residualPanels}. */
export type ResidualPanelsOptions = {
  /** Heading. */
  title: string;
  /** Text of the y axes. @default {"predicted − true"} */
  y?: string;
  /** Panels in a row. @default {3} */
  columns?: number;
  /** Groups of equally many galaxies, of which medians are shown. @default {up to 12, of 20 or more} */
  groups?: number;
};

const size = { width: 210, height: 150 };

/**
 * Maps of the number of galaxies over a quantity and the error, with the median error and the range of
 * the middle 68 % in groups of equally many galaxies.
 *
 * @throws {RangeError} When there are no panels, or one has no galaxy with both numbers
 *
 * @example
 * ```ts
 * import { residualPanels } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const x = Array.from({ length: 100 }, (_, i) => i / 500);
 * const residual = x.map((z, i) => 0.1 * Math.sin(i) - z / 2);
 * const figure = residualPanels([{ name: "Spiral", label: "redshift", x, residual }], { title: "Errors" });
 * assert.match(await figure.svg(), /redshift/);
 * ```
 */
export function residualPanels(
  panels: readonly ResidualPanel[],
  options: ResidualPanelsOptions,
): Figure {
  const { title, y: yTitle = "predicted − true", columns = 3 } = options;
  if (panels.length === 0) throw new RangeError("Cannot draw errors: there are no panels");
  const known = panels.map(({ name, label, x, residual }) => {
    const rows = Array.from({ length: x.length }, (_, row) => ({ x: x[row]!, e: residual[row]! }))
      .filter(({ x, e }) => Number.isFinite(x) && Number.isFinite(e));
    if (rows.length > 0) return rows;
    throw new RangeError(`Cannot draw errors of "${name}": no galaxy has an error and a ${label}`);
  });
  const [low, high] = innerRange(known.flatMap((rows) => rows.map(({ e }) => e)));
  const half = Math.max(Math.abs(low), Math.abs(high));
  return new Figure({
    description: `${title}: ${panels.map(({ name, label }) => `${name} by ${label}`).join("; ")}`,
    title: { text: title, offset: 18 },
    columns,
    spacing: 30,
    concat: panels.map(({ name, label }, place) => {
      const rows = known[place]!;
      const [from, to] = innerRange(rows.map(({ x }) => x));
      const wanted = options.groups ?? Math.max(1, Math.min(12, Math.floor(rows.length / 20)));
      const values = medians(rows, wanted);
      const map = cellsOf({ x: rows.map(({ x }) => x), y: rows.map(({ e }) => e) }, {
        x: { low: from, high: to, count: 36 },
        y: { low: -half, high: half, count: 30 },
      });
      const most = Math.max(...map.map(({ n }) => n));
      const x = numbers("x", { title: label, domain: [from, to], axis: { tickCount: 5 } });
      const errors = { title: place % columns === 0 ? yTitle : null, domain: [-half, half] };
      const y = numbers("y", { ...errors, axis: { tickCount: 5 } });
      return {
        ...size,
        title: panelTitle(`${name} (${count(rows.length)})`),
        layer: [
          mark("rect", {
            ...{ values: map, x, y, clip: true },
            ...{ x2: { field: "x2" }, y2: { field: "y2" } },
            color: {
              field: "n",
              type: "quantitative" as const,
              scale: {
                type: "sqrt",
                domain: [1, Math.max(2, most)],
                range: ["#e9edf0", "#7d8791"],
              },
              legend: null,
            },
          }),
          mark("line", {
            values: [{ x: from, y: 0 }, { x: to, y: 0 }],
            ...{ x, y, color: ink.text, strokeDash: [4, 3], strokeWidth: 1 },
          }),
          mark("area", {
            ...{ values, x, color: palette[0], opacity: 0.2, clip: true },
            y: numbers("low", errors),
            y2: { field: "high" },
          }),
          mark("line", {
            ...{
              values,
              x,
              y,
              color: palette[0],
              clip: true,
              point: { size: 20, color: palette[0] },
            },
            tooltip: tooltip(["x", label, ".3~g"], ["y", "median error", ".3f"], [
              ...["n", "galaxies", ","] as const,
            ]),
          }),
        ],
      };
    }),
    resolve: { scale: { color: "independent" } },
  });
}

type Row = { x: number; e: number };

/** The middle of each of some groups of equally many galaxies. */
function medians(rows: readonly Row[], wanted: number) {
  const sorted = [...rows].sort((a, b) => a.x - b.x);
  return Array.from({ length: wanted }, (_, group) => {
    const own = sorted.slice(
      Math.floor(group * sorted.length / wanted),
      Math.floor((group + 1) * sorted.length / wanted),
    );
    const errors = Float64Array.from(own, ({ e }) => e).sort();
    return {
      x: quantile(own.map(({ x }) => x), 0.5),
      ...{ y: quantile(errors, 0.5), n: own.length },
      ...{ low: quantile(errors, 0.16), high: quantile(errors, 0.84) },
    };
  });
}
