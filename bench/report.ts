/**
 * Rows of the bench as text.
 *
 * @module
 */

import { median } from "../lib/statistics.ts";

/** The times of one side. */
export type Series = { side: string; times: number[] };

/** One workload; the engine's series comes first. */
export type Row = { name: string; unit: "ms" | "µs"; series: Series[] };

/** One line a row, with every mode. */
export function summarize({ name, unit, series }: Row): string {
  const sides = series.map(({ side, times }) =>
    `${side} ${format(minimum(times))} (median ${format(median(times))})`
  );
  return `${name}, ${unit}: ${sides.join(", ")}`;
}

/** Minima, medians and ratios to the best mode of PyTorch, as Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ name, unit, series }) => {
    const [ours, ...others] = series;
    const cells = [
      `${name}, ${unit}`,
      format(minimum(ours!.times)),
      format(median(ours!.times)),
    ];
    if (others.length === 0) return [...cells, "", "", "", "", ""];
    const best = smallest(others, minimum);
    const bestMedian = smallest(others, median);
    return [
      ...cells,
      format(minimum(best.times)),
      format(median(bestMedian.times)),
      best.side,
      (minimum(ours!.times) / minimum(best.times)).toFixed(2),
      (median(ours!.times) / median(bestMedian.times)).toFixed(2),
    ];
  });
  const head = [
    "workload",
    "galaxykit, min",
    "median",
    "PyTorch's best, min",
    "median",
    "mode",
    "ratio of minima",
    "of medians",
  ];
  return [head, head.map((_, index) => index === 0 || index === 5 ? "---" : "---:"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function smallest(series: readonly Series[], of: (times: number[]) => number): Series {
  return series.reduce((best, other) => of(other.times) < of(best.times) ? other : best);
}

function minimum(times: number[]): number {
  return Math.min(...times);
}

function format(value: number): string {
  return value.toPrecision(3).replace(/e\+(\d+)/, (_, power) => `·10^${power}`);
}
