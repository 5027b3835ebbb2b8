/**
 * Colour against magnitude.
 *
 * @module
 */

import { columnValues, numberColumn, type Table } from "../data/tables.ts";
import { count } from "../text.ts";
import { sampleNames } from "./distributions.ts";
import { Figure } from "./figure.ts";
import { binEdge, binOf, type Bins, innerRange, riceBins, tellLeftOut } from "./_histogram.ts";
import { mark, numbers, tooltip, wholeTicks } from "./_marks.ts";

/** Options of {@linkcode colourMagnitude}. */
export type ColourMagnitudeOptions = {
  /** Column of the magnitude. */
  magnitude: string;
  /** Text of the magnitude's axis. @default {the column's name} */
  label?: string;
  /** Column of the colour, or the two of which it is the difference, the bluer first: ["g", "r"]. */
  colour: string | readonly [string, string];
  /** Column that names each row's sample: a panel for each. @default {one panel} */
  by?: string;
  /** Bins along each axis. @default {2 n^(1/3) for n galaxies, from 8 to 60} */
  bins?: number;
  /** Lowest and highest magnitude shown. @default {those that hold all but 0.4 % of the rows} */
  magnitudeRange?: readonly [number, number];
  /** Bluest and reddest colour shown. @default {those that hold all but 0.4 % of the rows} */
  colourRange?: readonly [number, number];
  /** Heading. @default {"Colour and magnitude"} */
  title?: string;
};

/**
 * A map of the number of galaxies over magnitude (bright at the left) and colour (red at the top),
 * shaded by the square root so that thin regions show.
 *
 * @throws {RangeError} When the table lacks a column, or no row has all values
 *
 * @example
 * ```ts
 * import { colourMagnitude } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const table = { M_r: [-22.1, -20.3, -18.2], g: [17, 17.2, 17.4], r: [16.2, 16.7, 17.1] };
 * const figure = colourMagnitude(table, { magnitude: "M_r", colour: ["g", "r"] });
 * assert.match(await figure.svg(), /g − r/);
 * ```
 */
export function colourMagnitude(table: Table, options: ColourMagnitudeOptions): Figure {
  const { magnitude, colour, by, title = "Colour and magnitude" } = options;
  const x = numberColumn(table, magnitude);
  const [blue, red] = [colour].flat();
  const reds = red === undefined ? undefined : numberColumn(table, red);
  const y = numberColumn(table, blue).map((value, row) => value - (reds?.[row] ?? 0));
  const known = [...x.keys()].filter((row) => Number.isFinite(x[row]) && Number.isFinite(y[row]));
  if (known.length === 0) {
    throw new RangeError(
      `Cannot draw colours and magnitudes: no row has ${
        [magnitude, colour].flat().map((name) => `"${name}"`).join(" and ")
      }`,
    );
  }
  const perAxis = options.bins ?? riceBins(x.filter((_, row) => Number.isFinite(y[row])));
  const [xLow, xHigh] = options.magnitudeRange ?? innerRange(known.map((row) => x[row]));
  const [yLow, yHigh] = options.colourRange ?? innerRange(known.map((row) => y[row]));
  const xBins: Bins = { low: xLow, high: xHigh, count: perAxis };
  const yBins: Bins = { low: yLow, high: yHigh, count: perAxis };
  const names = by === undefined ? undefined : columnValues(table, by);
  const samples = names === undefined ? [""] : sampleNames(names);
  const side = samples.length > 1 ? 200 : 320;
  const panels = samples.map((name) => {
    const rows = names === undefined ? known : known.filter((row) => names[row] === name);
    const values = cells(rows, { x, y, xBins, yBins });
    const most = Math.max(1, ...values.map(({ n }) => n));
    const heading = { text: `${name} (${count(rows.length)})`, fontSize: 12, offset: 6 };
    return {
      ...{ width: side, height: side, title: names === undefined ? undefined : heading },
      ...mark("rect", {
        values,
        x: numbers("x", {
          title: options.label ?? magnitude,
          domain: [xLow, xHigh],
          axis: { tickCount: 5 },
        }),
        x2: { field: "x2" },
        y: numbers("y", {
          title: red === undefined ? blue : `${blue} − ${red}`,
          domain: [yLow, yHigh],
          axis: { tickCount: 5, grid: false, domain: true, ticks: true },
        }),
        y2: { field: "y2" },
        color: {
          field: "n",
          type: "quantitative",
          scale: { type: "sqrt", domainMin: 0, range: shades },
          legend: {
            ...{ orient: "right", gradientLength: 120, title: "galaxies" },
            ...{ values: wholeTicks(0, most, 4), format: ",d" },
          },
        },
        tooltip: tooltip(["n", "galaxies", ","]),
      }),
    };
  });
  const outside = known.filter((row) => binOf(x[row], xBins) < 0 || binOf(y[row], yBins) < 0);
  const left = { missing: x.length - known.length, outside: outside.length };
  const galaxies = `${count(known.length)} galaxies`;
  return new Figure({
    description: `${title}: ${galaxies}${tellLeftOut(left)}`,
    title: { text: title, subtitle: galaxies },
    columns: 3,
    concat: panels,
    resolve: { scale: { color: "independent" } },
  });
}

/** Light enough for one galaxy, and never the white of none. */
const shades = ["#dbe9f6", "#9ecae1", "#4292c6", "#2171b5", "#08519c", "#08306b"];

/** The bins that hold a galaxy. */
function cells(
  rows: readonly number[],
  { x, y, xBins, yBins }: { x: Float64Array; y: Float64Array; xBins: Bins; yBins: Bins },
) {
  const counts = new Int32Array(xBins.count * yBins.count);
  for (const row of rows) {
    const [i, j] = [binOf(x[row], xBins), binOf(y[row], yBins)];
    if (i >= 0 && j >= 0) counts[i * yBins.count + j]++;
  }
  return [...counts.entries()].filter(([, n]) => n > 0).map(([place, n]) => {
    const [i, j] = [Math.floor(place / yBins.count), place % yBins.count];
    return {
      ...{ x: binEdge(i, xBins), x2: binEdge(i + 1, xBins) },
      ...{ y: binEdge(j, yBins), y2: binEdge(j + 1, yBins), n },
    };
  });
}
