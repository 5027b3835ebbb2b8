/**
 * Predicted numbers against true ones, a panel each.
 *
 * @module
 */

import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import { fitText } from "./_font.ts";
import { binEdge, binOf, type Bins } from "./_histogram.ts";
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
  const cells = panels.map((panel) => cellsOf(panel, bins));
  const most = Math.max(0, ...cells.flatMap(({ cells }) => cells.map(({ n }) => n)));
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
    description: `${title}: ${
      panels.map(({ name, notes = [] }) => [name, ...notes].join(" ")).join("; ")
    }`,
    title: { text: title, offset: 18 },
    columns,
    spacing: 24,
    concat: panels.map(({ name, notes }, place) => {
      const isLast = place + columns >= panels.length;
      const x = numbers("x", xAxis(isLast));
      const y = numbers("y", yAxis(place % columns === 0));
      return {
        ...{ width: side, height: side },
        title: panelTitle(`${name} (${count(cells[place]!.total)})`, {
          subtitle: fitted(notes, side),
        }),
        layer: [
          mark("rect", {
            ...{ values: cells[place]!.cells, x, y, x2: { field: "x2" }, y2: { field: "y2" } },
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

/** Lines below the heading of a panel, as wide as it is. */
export function fitted(notes: readonly string[] = [], width: number): string[] {
  return notes.map((text) => fitText(text, { size: fontSize.note, width }));
}

/** Light enough for one galaxy, and never the white of none. */
const shades = ["#cfe1f2", ...sequential.slice(2)];

/** 1, 10, 100 …, and the highest number where that is far from them. */
function powers(most: number): number[] {
  const values = [];
  for (let value = 1; value <= most; value *= 10) values.push(value);
  return values;
}

/** The bins that hold a galaxy, and how many galaxies there are. */
function cellsOf({ target, prediction }: TruePredicted, bins: Bins) {
  const counts = new Int32Array(bins.count ** 2);
  let total = 0;
  for (let row = 0; row < target.length; row++) {
    const [i, j] = [binOf(target[row]!, bins), binOf(prediction[row]!, bins)];
    if (i < 0 || j < 0) continue;
    counts[i * bins.count + j]!++;
    total++;
  }
  const cells = [...counts.entries()].filter(([, n]) => n > 0).map(([place, n]) => {
    const [i, j] = [Math.floor(place / bins.count), place % bins.count];
    return {
      ...{ x: binEdge(i, bins), x2: binEdge(i + 1, bins) },
      ...{ y: binEdge(j, bins), y2: binEdge(j + 1, bins), n },
    };
  });
  return { cells, total };
}
