/**
 * Rows of the bench as text.
 *
 * @module
 */

import { median } from "../lib/statistics.ts";

/** The times of one side, by the clock and, in milliseconds of all threads together, of the processor. */
export type Series = { side: string; times: number[]; processor: number[] };

/** One workload; the engine's series comes first. */
export type Row = { name: string; unit: "ms" | "µs"; series: Series[] };

/** One line a row, with every mode. */
export function summarize({ name, unit, series }: Row): string {
  const sides = series.map(({ side, times }) =>
    `${side} ${format(minimum(times))} (median ${format(median(times))})`
  );
  return `${name}, ${unit}: ${sides.join(", ")}`;
}

const HEAD = [
  ...["workload", "galaxykit, min", "median", "PyTorch's best, min", "median", "mode"],
  ...["ratio of minima", "of medians", "processor, ms", "PyTorch's", "ratio"],
];

/** Minima, medians and ratios to the best mode of PyTorch, as Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ name, unit, series }) => {
    const [ours, ...others] = series;
    const own = [`${name}, ${unit}`, format(minimum(ours!.times)), format(median(ours!.times))];
    if (others.length === 0) return HEAD.map((_, at) => own[at] ?? "");
    const best = smallest(others, ({ times }) => minimum(times));
    const bestMedian = smallest(others, ({ times }) => median(times));
    return [
      ...own,
      format(minimum(best.times)),
      format(median(bestMedian.times)),
      best.side,
      (minimum(ours!.times) / minimum(best.times)).toFixed(2),
      (median(ours!.times) / median(bestMedian.times)).toFixed(2),
      ...processorCells(ours!, others),
    ];
  });
  return [HEAD, HEAD.map((_, at) => at === 0 || at === 5 ? "---" : "---:"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** The least of each side, which changes less with other work on the machine, and the ratio. */
function processorCells(ours: Series, others: readonly Series[]): string[] {
  if (ours.processor.length === 0) return ["", "", ""];
  const least = ({ processor }: Series) => minimum(processor);
  const [own, best] = [least(ours), least(smallest(others, least))];
  return [format(own), format(best), (own / best).toFixed(2)];
}

function smallest(series: readonly Series[], of: (series: Series) => number): Series {
  return series.reduce((best, other) => of(other) < of(best) ? other : best);
}

function minimum(times: number[]): number {
  return Math.min(...times);
}

function format(value: number): string {
  return value.toPrecision(3).replace(/e\+(\d+)/, (_, power) => `·10^${power}`);
}
