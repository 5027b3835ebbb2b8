/**
 * How true and predicted numbers are distributed, a panel for each quantity.
 *
 * @module
 */

import { headed, titleOf, type TruePredicted } from "./density_panels.ts";
import { Figure } from "./figure.ts";
import { binEdge, type Bins, histogram } from "./_histogram.ts";
import { groups, headroom, mark, numbers } from "./_marks.ts";

const size = { width: 150, height: 90 };
const names = ["true", "predicted"];

/**
 * Two histograms in each panel, of the true and of the predicted values, of the same galaxies and
 * scaled so that the area below each is 1.
 *
 * @throws {RangeError} When there are no panels, or none has a value in the range
 *
 * @example
 * ```ts
 * import { pairedHistograms } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = pairedHistograms([
 *   { name: "Bar", target: [0, 0.1, 0.9], prediction: [0.1, 0.2, 0.5], notes: ["KS 0.33"] },
 * ], { title: "Vote fractions" });
 * assert.match(await figure.svg(), /KS 0.33/);
 * ```
 */
export function pairedHistograms(
  panels: readonly TruePredicted[],
  options: {
    /** Heading. */
    title: string;
    /** Text of the x axes. @default {"vote fraction"} */
    label?: string;
    /** Ends of the x axes. @default {[0, 1]} */
    range?: readonly [number, number];
    /** @default {30} */
    bins?: number;
    /** Panels in a row. @default {4} */
    columns?: number;
  },
): Figure {
  const { title, label = "vote fraction", range = [0, 1], bins: wanted = 30, columns = 4 } =
    options;
  const bins: Bins = { low: range[0], high: range[1], count: wanted };
  const densities = panels.map(({ target, prediction }) => {
    const rows = Array.from(target).flatMap((value, row) => Number.isNaN(value) ? [] : [row]);
    return {
      total: rows.length,
      lines: [target, prediction].map((values) => {
        const counts = histogram(rows.map((row) => values[row]!), bins);
        const scale = rows.length * (range[1] - range[0]) / bins.count;
        return Array.from(counts, (n) => rows.length === 0 ? 0 : n / scale);
      }),
    };
  });
  if (densities.every(({ lines }) => lines.flat().every((density) => density === 0))) {
    throw new RangeError(
      `Cannot draw distributions: ${panels.length} panels have no value from ${range[0]} to ${
        range[1]
      }`,
    );
  }
  return new Figure({
    ...headed(title, panels),
    columns,
    spacing: 24,
    concat: panels.map(({ name, notes }, place) => ({
      ...size,
      title: titleOf({ name, notes }, { width: size.width, galaxies: densities[place]!.total }),
      layer: [
        mark("area", {
          values: densities[place]!.lines.flatMap((line, of) =>
            // The last bin ends at the upper edge, where the step comes down to 0
            [...line, 0].map((density, bin) => ({
              ...{ name: names[of], value: binEdge(bin, bins), density },
            }))
          ),
          interpolate: "step-after",
          line: { interpolate: "step-after", strokeWidth: 1.5 },
          fillOpacity: 0.15,
          x: numbers("value", {
            title: place + columns >= panels.length ? label : null,
            domain: range,
            axis: { tickCount: 3, format: "~g" },
          }),
          y: numbers("density", {
            title: place % columns === 0 ? "density" : null,
            stack: null,
            axis: { tickCount: 3 },
          }),
          color: { ...groups("name", names), legend: { symbolType: "stroke", symbolOpacity: 1 } },
        }),
        headroom(),
      ],
    })),
  });
}
