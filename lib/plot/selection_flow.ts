/**
 * What each cut of a selection removed.
 *
 * @module
 */

import { columnValues, type Selection } from "../data/mod.ts";
import { Figure } from "./figure.ts";
import { ink, palette } from "./theme.ts";

/**
 * A bar for each cut, as long as the sample that reached it: what it kept, what it removed, and what
 * it removed for want of a value.
 *
 * @param flow The report of a selection
 * @throws {RangeError} When the report has no cuts
 *
 * @example
 * ```ts
 * import { selectRows } from "galaxykit/data";
 * import { selectionFlow } from "galaxykit/plot";
 * import pl from "nodejs-polars";
 * import assert from "node:assert/strict";
 *
 * const galaxies = pl.DataFrame({ r: [15.2, 17.9, 16.4] });
 * const { flow } = selectRows(galaxies, [{ name: "r < 17", keep: pl.col("r").lt(pl.lit(17)) }]);
 * assert.match(await selectionFlow(flow).svg(), /2 kept/);
 * ```
 */
export function selectionFlow(flow: Selection["flow"], options: {
  /** Heading. @default {"Selection"} */
  title?: string;
} = {}): Figure {
  const { title = "Selection" } = options;
  const cuts = Array.from(columnValues(flow, "cut"), String);
  const [before, removed, missing, kept] = ["before", "removed", "missing", "kept"].map((name) =>
    Array.from(columnValues(flow, name), Number)
  );
  if (cuts.length === 0) throw new RangeError("Cannot draw a selection: it has no cuts");
  const total = before[0];
  const values = cuts.flatMap((cut, i) =>
    [
      { part: "kept", count: kept[i] },
      { part: "removed", count: removed[i] - missing[i] },
      { part: "without a value", count: missing[i] },
    ].map((bar, order) => ({ cut, ...bar, order }))
  );
  const notes = cuts.map((cut, i) => ({
    cut,
    end: before[i],
    note: `${number(kept[i])} kept${total > 0 ? `, ${percent(kept[i], total)}` : ""}` +
      (removed[i] > 0 ? ` · ${number(removed[i])} removed` : ""),
  }));
  const parts = ["kept", "removed", ...missing.some((n) => n > 0) ? ["without a value"] : []];
  const y = { field: "cut", type: "nominal" as const, sort: cuts };
  return new Figure({
    description: `${title}: ${cuts.length} cuts, ${number(total)} to ${number(kept.at(-1)!)} rows`,
    title: { text: title, subtitle: `${number(total)} to ${number(kept.at(-1)!)}` },
    width: 380,
    height: { step: 34 },
    layer: [
      {
        data: { values: values.filter(({ part, count }) => count > 0 || part === "kept") },
        mark: { type: "bar", height: 20 },
        encoding: {
          y: { ...y, title: null, axis: { labelLimit: 380, grid: false } },
          x: {
            field: "count",
            type: "quantitative",
            title: "galaxies",
            scale: { domain: [0, Math.max(1, total)] },
            axis: { format: ",.0f", tickCount: 4 },
          },
          color: {
            field: "part",
            scale: { domain: parts, range: [palette[0], "#f2b27a", ink.axis] },
            legend: { orient: "top" },
          },
          order: { field: "order", type: "quantitative" },
          tooltip: [
            { field: "cut" },
            { field: "part" },
            { field: "count", type: "quantitative", format: "," },
          ],
        },
      },
      {
        data: { values: notes },
        mark: { type: "text", align: "left", dx: 6 },
        encoding: {
          y,
          x: { field: "end", type: "quantitative" },
          text: { field: "note" },
        },
      },
    ],
  });
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function percent(part: number, total: number): string {
  const share = 100 * part / total;
  return `${share.toFixed(share > 0 && share < 10 ? 1 : 0)} %`;
}
