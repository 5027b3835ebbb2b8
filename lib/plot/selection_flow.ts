/**
 * What each cut of a selection removed.
 *
 * @module
 */

import { columnValues, type Selection } from "../data/mod.ts";
import { count as number, percent } from "../text.ts";
import { Figure } from "./figure.ts";
import { categories, groups, mark, numbers, tooltip, wholeTicks } from "./_marks.ts";
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
    note: `${number(kept[i])} kept${total > 0 ? `, ${share(kept[i], total)}` : ""}` +
      (removed[i] > 0 ? ` · ${number(removed[i])} removed` : ""),
  }));
  const parts = ["kept", "removed", ...missing.some((n) => n > 0) ? ["without a value"] : []];
  const ends = `${number(total)} to ${number(kept.at(-1)!)}`;
  return new Figure({
    description: `${title}: ${cuts.length} cuts, ${ends} rows`,
    title: { text: title, subtitle: ends },
    width: 380,
    height: { step: 34 },
    layer: [
      mark("bar", {
        values: values.filter(({ part, count }) => count > 0 || part === "kept"),
        height: 20,
        y: categories("cut", cuts, { title: null, axis: { labelLimit: 380, grid: false } }),
        x: numbers("count", {
          title: "galaxies",
          scale: { domain: [0, Math.max(1, total)] },
          axis: { values: wholeTicks(0, Math.max(1, total), 4), format: ",d" },
        }),
        color: groups("part", parts, { colors: [palette[0], "#f2b27a", ink.axis] }),
        order: { field: "order", type: "quantitative" },
        tooltip: tooltip(["cut"], ["part"], ["count", undefined, ","]),
      }),
      mark("text", {
        ...{ values: notes, align: "left", dx: 6, text: { field: "note" } },
        ...{ y: categories("cut", cuts), x: numbers("end") },
      }),
    ],
  });
}

function share(part: number, total: number): string {
  const share = part / total;
  return percent(share, share > 0 && share < 0.1 ? 1 : 0);
}
