/**
 * What the recipes of papers have in common: items, each drawn from a run's files, and the page that
 * shows them beside what was published.
 *
 * @module
 */

import { join } from "node:path";
import { writeTable } from "../data/mod.ts";
import { writeFileAtomic } from "../files.ts";
import { type Figure, type ImageGrid, type PageSection, reportPage } from "../plot/mod.ts";

/** A figure, table or number of a paper, or one that the kit adds. */
export type Item<Run> = {
  /** A short title of its own. */
  title: string;
  /** Whether the kit adds it to what the paper shows. @default {false} */
  isOwn?: boolean;
  /** What the source leaves open, says twice, or contradicts, and what was decided. */
  notes: readonly string[];
  /** Draws it from a run's files. */
  draw(run: Run): ItemResult | Promise<ItemResult>;
};

/** What an item came to. */
export type ItemResult = {
  /** Published numbers beside the run's own, as texts. */
  table?: { columns: string[]; rows: string[][] };
  /** By the names that their files get. */
  figures?: Record<string, Figure | ImageGrid>;
  /** The run's numbers, for programs. */
  values?: Record<string, unknown>;
  /** More notes, on this very run. */
  notes?: readonly string[];
};

/** A run's items, drawn. */
export type Reproduction = {
  /** Path of the page. */
  page: string;
  /** Each item's result by its name. */
  results: Record<string, ItemResult>;
};

/**
 * Draws items and writes `figures/*.png` (and `.svg`), `tables/*.csv`, `report.json` and one page,
 * `report.html`, into a folder.
 *
 * @param items By their names, in the order of the page
 */
export async function writeReport<Run>(
  out: string,
  { run, items, title, text, onItem }: {
    run: Run;
    items: Readonly<Record<string, Item<Run>>>;
    title: string;
    /** Plain text below the title. */
    text: string;
    onItem?: (name: string) => void;
  },
): Promise<Reproduction> {
  const results: Record<string, ItemResult> = {};
  const sections: PageSection[] = [];
  for (const [name, item] of Object.entries(items)) {
    onItem?.(name);
    const result = await item.draw(run);
    const { table, figures = {}, notes = [] } = result;
    for (const [file, figure] of Object.entries(figures)) await save(out, file, figure);
    if (table) writeTable(join(out, "tables", `${name}.csv`), columnsOf(table));
    results[name] = result;
    sections.push({
      heading: `${name}: ${item.title}`,
      table,
      figure: Object.values(figures),
      notes: [...item.notes, ...notes],
    });
  }
  const values = Object.fromEntries(
    Object.entries(results).map(([name, { values = {} }]) => [name, values]),
  );
  writeFileAtomic(join(out, "report.json"), `${JSON.stringify(values, null, 2)}\n`);
  const page = join(out, "report.html");
  writeFileAtomic(page, await reportPage({ title, text, sections }));
  return { page, results };
}

async function save(out: string, name: string, figure: Figure | ImageGrid): Promise<void> {
  const path = join(out, "figures", name);
  await figure.save(`${path}.png`);
  if ("svg" in figure) await figure.save(`${path}.svg`);
}

function columnsOf({ columns, rows }: NonNullable<ItemResult["table"]>): Record<string, string[]> {
  return Object.fromEntries(columns.map((name, at) => [name || "of", rows.map((row) => row[at])]));
}
