/**
 * How one quantity is distributed, in one sample or in several.
 *
 * @module
 */

import { columnValues, numberColumn, type Table } from "../data/tables.ts";
import { isMissing } from "../missing.ts";
import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import {
  binEdge,
  type Bins,
  histogram,
  innerRange,
  leftOut,
  riceBins,
  tellLeftOut,
} from "./_histogram.ts";
import { groups, legendColumns, mark, numbers } from "./_marks.ts";

/** Options of {@linkcode distributions}. */
export type DistributionsOptions = {
  /** Column of the quantity. */
  column: string;
  /** Column that names each row's sample. @default {one sample} */
  by?: string;
  /** Text of the axis, with the unit. @default {the column's name} */
  label?: string;
  /** @default {2 n^(1/3) for n values (Rice's rule), from 8 to 60} */
  bins?: number;
  /** Lowest and highest value shown. @default {those that hold all but 0.4 % of the rows} */
  range?: readonly [number, number];
  /** Heading. @default {"Distribution of …"} */
  title?: string;
};

/**
 * Histograms of a quantity, one line for each sample, scaled so that the area below each is 1:
 * redshifts of classes, magnitudes of two surveys.
 *
 * @throws {RangeError} When the table lacks a column, or no row has a value
 *
 * @example
 * ```ts
 * import { distributions } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const table = { z: [0.03, 0.05, 0.08, 0.04], class: ["spiral", "spiral", "smooth", "smooth"] };
 * const figure = distributions(table, { column: "z", by: "class", label: "redshift" });
 * assert.match(await figure.svg(), /spiral \(2\)/);
 * ```
 */
export function distributions(table: Table, options: DistributionsOptions): Figure {
  const { column, by, label = column, title = `Distribution of ${label}` } = options;
  const values = numberColumn(table, column);
  const samples = by === undefined ? [""] : sampleNames(columnValues(table, by));
  const names = by === undefined ? undefined : columnValues(table, by);
  const [low, high] = options.range ?? innerRange(values);
  const bins: Bins = { low, high, count: options.bins ?? riceBins(values) };
  const lines = samples.map((name) => {
    const own = names === undefined ? values : values.filter((_, row) => names[row] === name);
    const known = own.filter(Number.isFinite);
    const counts = histogram(known, bins);
    const scale = known.length * (high - low) / bins.count;
    return {
      name: by === undefined ? "" : `${name} (${count(known.length)})`,
      size: known.length,
      densities: Array.from(counts, (n) => known.length === 0 ? 0 : n / scale),
    };
  }).filter(({ size }) => size > 0);
  if (lines.length === 0) {
    throw new RangeError(`Cannot draw the distribution of "${column}": no row has a value`);
  }
  const total = lines.reduce((sum, { size }) => sum + size, 0);
  const named = values.filter((_, row) => names === undefined || !isMissing(names[row]));
  const missing = values.length - total;
  const { outside } = leftOut(named, bins);
  return new Figure({
    description: `${title}: ${count(total)} values${tellLeftOut({ missing: 0, outside })}`,
    title: {
      text: title,
      subtitle: `${count(total)} galaxies${tellLeftOut({ missing, outside: 0 })}`,
    },
    width: 420,
    height: 220,
    data: {
      values: lines.flatMap(({ name, densities }) =>
        // the last bin ends at the upper edge, where the step comes down to 0
        [...densities, 0].map((density, bin) => ({ name, value: binEdge(bin, bins), density }))
      ),
    },
    ...mark("area", {
      interpolate: "step-after",
      line: { interpolate: "step-after", strokeWidth: 1.8 },
      fillOpacity: lines.length > 1 ? 0.1 : 0.25,
      x: numbers("value", { title: label, domain: [low, high] }),
      y: numbers("density", { title: "density", stack: null, axis: { tickCount: 4 } }),
      color: {
        ...groups("name", lines.map(({ name }) => name)),
        legend: by === undefined
          ? null
          : { symbolType: "stroke", ...legendColumns(lines.map(({ name }) => name)) },
      },
    }),
  });
}

/** The names of the samples, those with most rows first; rows without a name are left out. */
export function sampleNames(column: ArrayLike<unknown>): unknown[] {
  const counts = new Map<unknown, number>();
  for (const name of Array.from(column)) {
    if (!isMissing(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1))
    .map(([name]) => name);
}
