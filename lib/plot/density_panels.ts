/**
 * Predicted numbers against true ones, a panel each.
 *
 * @module
 */

import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import { fitText } from "./_font.ts";
import { type Bins, cellsOf } from "./_histogram.ts";
import { mark, numbers, panelTitle, tooltip } from "./_marks.ts";
import { fontSize, ink, sequential } from "./theme.ts";

/** The true and the predicted numbers of one quantity. */
export type TruePredicted = {
  /** What the numbers are of. */
  name: string;
  /** NaN is left out, with its prediction. */
  target: ArrayLike<number>;
  prediction: ArrayLike<number>;
  /** Lines of text below the name: the question, a score. They are cut to fit. @default {none} */
  notes?: readonly string[];
};

/** Options of {@linkcode densityPanels}. */
export type DensityPanelsOptions = {
  /** Heading. */
  title: string;
  /** Ends of both axes. @default {[0, 1]} */
  range?: readonly [number, number];
  /** Along each axis. @default {40} */
  bins?: number;
  /** Panels in a row. @default {4} */
  columns?: number;
  /** Texts of the axes. @default {"true fraction" and "predicted fraction"} */
  labels?: { target: string; prediction: string };
};

const side = 150;

/**
 * Maps of the number of galaxies over true and predicted value, shaded by the logarithm so that single
 * galaxies show beside the many; on the dashed line both agree.
 *
 * @throws {RangeError} When there are no panels, or none has a value in the range
 *
 * @example
 * ```ts
 * import { densityPanels } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const target = [0.1, 0.5, 0.9];
 * const figure = densityPanels([{ name: "Smooth", target, prediction: [0.2, 0.5, 0.8], notes: ["r 1.00"] }], {
 *   title: "Vote fractions",
 * });
 * assert.match(await figure.svg(), /Smooth \(3\)/);
 * ```
 */
export function densityPanels(
  panels: readonly TruePredicted[],
  options: DensityPanelsOptions,
): Figure {
  const { title, range = [0, 1], bins: perAxis = 40, columns = 4 } = options;
  const { labels = { target: "true fraction", prediction: "predicted fraction" } } = options;
  const bins: Bins = { low: range[0], high: range[1], count: perAxis };
  const cells = panels.map(({ target, prediction }) =>
    cellsOf({ x: target, y: prediction }, { x: bins, y: bins })
  );
  const most = Math.max(0, ...cells.flat().map(({ n }) => n));
  if (most === 0) {
    throw new RangeError(
      `Cannot draw predictions against the truth: ${panels.length} panels have no value from ${
        range[0]
      } to ${range[1]}`,
    );
  }
  const ends = [{ x: range[0], y: range[0] }, { x: range[1], y: range[1] }];
  const axis = (text: string) => (isShown: boolean) => ({
    title: isShown ? text : null,
    domain: range,
    axis: { tickCount: 3, grid: false, domain: true, ticks: true, format: "~g" },
  });
  const [xAxis, yAxis] = [axis(labels.target), axis(labels.prediction)];
  return new Figure({
    ...headed(title, panels),
    columns,
    spacing: 24,
    concat: panels.map(({ name, notes }, place) => {
      const isLast = place + columns >= panels.length;
      const x = numbers("x", xAxis(isLast));
      const y = numbers("y", yAxis(place % columns === 0));
      return {
        ...{ width: side, height: side },
        title: titleOf({ name, notes }, {
          width: side,
          galaxies: cells[place]!.reduce((sum, { n }) => sum + n, 0),
        }),
        layer: [
          mark("rect", {
            ...{ values: cells[place]!, x, y, x2: { field: "x2" }, y2: { field: "y2" } },
            color: {
              field: "n",
              type: "quantitative" as const,
              scale: { type: "log", domain: [1, Math.max(2, most)], range: shades },
              legend: {
                ...{ orient: "right", gradientLength: 120, title: "galaxies" },
                ...{ values: powers(most), format: ",d" },
              },
            },
            tooltip: tooltip(["n", "galaxies", ","]),
          }),
          mark("line", {
            ...{ values: ends, x, y, color: ink.axis },
            strokeDash: [4, 3],
            strokeWidth: 1,
          }),
        ],
      };
    }),
  });
}

/** The heading of a figure of panels, and what it says to those who hear it. */
export function headed(title: string, panels: readonly TruePredicted[]) {
  const told = panels.map(({ name, notes = [] }) => [name, ...notes].join(" "));
  return { description: `${title}: ${told.join("; ")}`, title: { text: title, offset: 18 } };
}

/** The heading of a panel: its name, of how many galaxies it is, and lines below as wide as it is. */
export function titleOf(
  { name, notes = [] }: Pick<TruePredicted, "name" | "notes">,
  { width, galaxies }: { width: number; galaxies: number },
) {
  return panelTitle(`${name} (${count(galaxies)})`, {
    subtitle: notes.map((text) => fitText(text, { size: fontSize.note, width })),
  });
}

/** Light enough for one galaxy, and never the white of none. */
const shades = ["#cfe1f2", ...sequential.slice(2)];

/** 1, 10, 100 …, and the highest number where that is far from them. */
function powers(most: number): number[] {
  const values = [];
  for (let value = 1; value <= most; value *= 10) values.push(value);
  return values;
}
