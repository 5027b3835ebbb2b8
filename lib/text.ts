/**
 * Numbers and tables as text.
 *
 * @module
 */

type Align = "left" | "right";

/**
 * Cells in columns, two spaces apart, without a line break at the end.
 *
 * @param columns Headings; none leave out their line
 * @param options `align`: of all columns, or of one after the other, the last for those that follow
 *
 * @example
 * ```ts
 * import { textTable } from "./text.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [["smooth", "1,204"], ["featured", "96"]];
 * assert.equal(
 *   textTable(["class", "galaxies"], rows, { align: ["left", "right"] }),
 *   `
 * class     galaxies
 * smooth       1,204
 * featured        96`.slice(1),
 * );
 * ```
 */
export function textTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { align = "left", indent = 0 }: {
    align?: Align | readonly Align[];
    /** Spaces before each line. @default {0} */
    indent?: number;
  } = {},
): string {
  const lines = columns.length > 0 ? [columns, ...rows] : rows;
  return padded(lines, align)
    .map((cells) => `${" ".repeat(indent)}${cells.join("  ")}`.trimEnd())
    .join("\n");
}

/** A table of Markdown, its columns aligned for those who read it as text, too. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { align = "left" }: { align?: Align | readonly Align[] } = {},
): string {
  const [head, ...body] = padded([columns, ...rows], align);
  const rule = head.map((cell, k) =>
    sideOf(k, align) === "right" ? `${"-".repeat(cell.length - 1)}:` : "-".repeat(cell.length)
  );
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The cells, those of a column of one width. */
function padded(lines: readonly (readonly string[])[], align: Align | readonly Align[]) {
  const widths = (lines[0] ?? []).map((_, k) => Math.max(...lines.map((line) => line[k].length)));
  return lines.map((line) =>
    line.map((cell, k) =>
      sideOf(k, align) === "right" ? cell.padStart(widths[k]) : cell.padEnd(widths[k])
    )
  );
}

function sideOf(column: number, align: Align | readonly Align[]): Align | undefined {
  return typeof align === "string" ? align : align[column] ?? align.at(-1);
}

/** "19,942". */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** "41.1 %". */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** "274 MB", of 10^6 bytes. */
export function megabytes(bytes: number, digits = 0): string {
  return `${Number((bytes / 1e6).toFixed(digits))} MB`;
}

/** A value and the ends of its interval. */
type Within = { value: number; low: number; high: number };

/** "0.912 [0.885, 0.937]". */
export function within({ value, low, high }: Within, digits = 3): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** "90.9 % [88.5, 93.1]"; "–" where there is none. */
export function percentWithin(interval: Within | null): string {
  if (interval === null) return "–";
  const [low, high] = [interval.low, interval.high].map((end) => (100 * end).toFixed(1));
  return `${percent(interval.value)} [${low}, ${high}]`;
}

/** "0.0312", or "< 0.0001". */
export function pValue(probability: number): string {
  return probability < 0.0001 ? "< 0.0001" : probability.toFixed(4);
}
