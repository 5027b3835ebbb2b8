/**
 * What work came to, as a folder that people and programs read: tables, figures, numbers, one page.
 *
 * @module
 */

import { join } from "node:path";
import { writeTable } from "../data/mod.ts";
import { writeFileAtomic, writeJson } from "../files.ts";
import { type Figure, type ImageGrid, type PageSection, reportPage } from "../plot/mod.ts";
import { textTable } from "../text.ts";

/** The numbers of a report's parts, by their names, in its folder. */
export const REPORT = "report.json";

/** What a part of a report shows. */
export type ItemResult = {
  /** Texts: published numbers beside the run's own. */
  table?: { columns: string[]; rows: string[][] };
  /** By the names that their files get. */
  figures?: Record<string, Figure | ImageGrid>;
  /** The run's numbers, for programs. */
  values?: Record<string, unknown>;
  /** Lines below. */
  notes?: readonly string[];
};

/** A part of a report: its name is that of its files, its heading stands on the page. */
export type ReportItem = { name: string; heading: string; result: ItemResult };

/**
 * Writes `figures/*.png` (and `.svg`), `tables/*.csv`, `report.json`, `report.txt` and one page,
 * `report.html`, each whole or not at all.
 *
 * @param out A folder; what it holds else stays
 * @param report.text What was done, in lines, for the head of the page
 * @param report.items Drawn and written one after the other, so that only one is in memory
 * @returns Where the page is, what it says without its figures, and the parts by name
 */
export async function writeReport(
  out: string,
  { title, text, items }: {
    title: string;
    text: string;
    items: AsyncIterable<ReportItem & { headNotes?: readonly string[] }>;
  },
): Promise<{ page: string; text: string; results: Record<string, ItemResult> }> {
  const results: Record<string, ItemResult> = {};
  const sections: PageSection[] = [];
  for await (const { name, heading, result, headNotes = [] } of items) {
    const { table, figures = {}, notes = [] } = result;
    for (const [file, figure] of Object.entries(figures)) await save(out, file, figure);
    if (table) writeTable(join(out, "tables", `${name}.csv`), columnsOf(table));
    results[name] = result;
    sections.push({
      heading: `${name}: ${heading}`,
      table,
      figure: Object.values(figures),
      notes: [...headNotes, ...notes],
    });
  }
  const values = Object.fromEntries(
    Object.entries(results).map(([name, { values = {} }]) => [name, values]),
  );
  writeJson(join(out, REPORT), values);
  const page = join(out, "report.html");
  writeFileAtomic(page, await reportPage({ title, text, sections }));
  const lines = [
    text,
    ...Object.entries(results).map(([name, result]) => textOf(name, result)),
  ].join("\n");
  writeFileAtomic(join(out, "report.txt"), `${title}\n\n${lines}\n`);
  return { page, results, text: lines };
}

async function save(out: string, name: string, figure: Figure | ImageGrid): Promise<void> {
  const path = join(out, "figures", name);
  await figure.save(`${path}.png`);
  if ("svg" in figure) await figure.save(`${path}.svg`);
}

/** Columns by name; one whose name was there before gets a number: "F1", "F1 2". */
function columnsOf({ columns, rows }: NonNullable<ItemResult["table"]>): Record<string, string[]> {
  const named: Record<string, string[]> = {};
  for (const [at, given] of columns.entries()) {
    let name = given || "of";
    for (let number = 2; Object.hasOwn(named, name); number++) name = `${given || "of"} ${number}`;
    named[name] = rows.map((row) => row[at]);
  }
  return named;
}

/** The table of a part and what is to be said of this run. */
function textOf(name: string, { table, notes = [], figures = {} }: ItemResult): string {
  const drawn = Object.keys(figures).map((file) => `figures/${file}.png`).join(", ");
  return [
    `\n${name}${drawn ? `: ${drawn}` : ""}`,
    ...(table
      ? [textTable(table.columns, table.rows, { align: ["left", "right"], indent: 2 })]
      : []),
    ...notes.map((note) => `  ${note}`),
  ].join("\n");
}
