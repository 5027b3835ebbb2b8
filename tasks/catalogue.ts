/**
 * `deno task catalogue [FILE]`: what a table is, what is wrong with it, and how it looks.
 *
 * @module
 */

import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  describeCatalogue,
  openSurvey,
  problemTable,
  readCatalogue,
  readCatalogueKind,
  writeTable,
} from "galaxykit/data";
import { catalogueFigures, cataloguePage } from "galaxykit/plot";
import { runCommand } from "../lib/cli.ts";
import { isFolder, writeFileAtomic } from "../lib/files.ts";

/** The catalogue that comes with the kit. */
const SKY = fileURLToPath(new URL("../data/sky/catalogue.parquet", import.meta.url));

await runCommand({
  name: "catalogue",
  summary: "Tell what a table is and check it; the exit code is 1 when it has problems.",
  words: {
    value: "FILE",
    description:
      "a table of any format (docs/formats.md), or a survey's folder (the kit's sky if not given)",
  },
  options: {
    kind: {
      type: "string",
      value: "NAME",
      description: "what it must be (gz2_hart2016, …), or a JSON file that declares a kind",
    },
    table: { type: "string", value: "NAME", description: "which table of FITS or VOTable" },
    keep: { type: "boolean", description: "allow columns that the kind does not know" },
    page: {
      type: "string",
      value: "FILE",
      description: "HTML page of figures (runs/NAME.html, where there are any)",
    },
    report: { type: "string", value: "FILE", description: "write the problems as a table too" },
  },
}, async ({ kind, keep, page, report, table }, { words }) => {
  if (words.length > 1) {
    throw new RangeError(`Cannot read ${words.length} files: name one, deno task catalogue FILE`);
  }
  const given = words[0] ?? relative(".", SKY);
  const file = isFolder(given) ? openSurvey(given).table : given;
  const catalogue = readCatalogue(file, {
    kind: kind?.endsWith(".json") ? readCatalogueKind(kind) : kind,
    table,
    extra: keep ? "keep" : "refuse",
    bad: "report",
  });
  const { problems } = catalogue;
  console.log(describeCatalogue(catalogue));
  for (const { message } of problems) console.error(`problem: ${message}`);
  console.log(problems.length === 0 ? "no problems" : `${problems.length} problems`);
  if (report !== undefined) writeTable(report, problemTable(problems));
  const sections = catalogueFigures(catalogue);
  if (page !== undefined || sections.length > 0) {
    const path = page ?? join("runs", `${basename(file).split(".")[0]}.html`);
    Deno.mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic(path, await cataloguePage(catalogue, { sections }));
    console.log(`figures: ${path}`);
  }
  return problems.length > 0 ? 1 : 0;
});
