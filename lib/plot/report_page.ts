/**
 * Several figures on one web page.
 *
 * @module
 */

import { base64 } from "./display.ts";
import { escapeXml } from "./_escape.ts";
import { Figure } from "./figure.ts";
import { fontFiles } from "./_font.ts";
import type { ImageGrid } from "./image_grid.ts";
import { fontFamily, ink } from "./theme.ts";

/** A part of a page of several. */
export type PageSection = {
  heading: string;
  /** What the figure shows, or why there is none. */
  text?: string;
  /** Rows of texts, as many in each as there are columns. */
  table?: { columns: readonly string[]; rows: readonly (readonly string[])[] };
  figure?: Figure | ImageGrid | readonly (Figure | ImageGrid)[];
  /** Lines below, as a list. */
  notes?: readonly string[];
};

/**
 * One page of tables and drawn figures, without scripts; it opens on a machine without network.
 *
 * @param page.text Plain text below the title, its lines kept
 *
 * @example
 * ```ts
 * import { reportPage } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const table = { columns: ["class", "galaxies"], rows: [["smooth", "19,942"]] };
 * const page = await reportPage({ title: "Classes", text: "", sections: [{ heading: "A", table }] });
 * assert.match(page, /<td>19,942/);
 * ```
 */
export async function reportPage(
  page: { title: string; text: string; sections: readonly PageSection[] },
): Promise<string> {
  const sections = await Promise.all(page.sections.map(sectionOf));
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeXml(page.title)}</title>
<style>
${await fontFaces()}
body { font-family: ${fontFamily}; color: ${ink.text}; margin: 2em auto; padding: 0 1.5em;
  max-width: 1700px; }
h1 { font-size: 1.5em; }
h2 { font-size: 1.15em; margin-top: 2em; }
pre { background: #f6f8fa; padding: 1em; overflow-x: auto; font-size: 0.85em; }
figure { margin: 1em 0; overflow-x: auto; }
svg, img { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 0.9em; }
th, td { text-align: left; padding: 0.25em 1.2em 0.25em 0; border-bottom: 1px solid ${ink.grid};
  font-weight: normal; vertical-align: top; }
th { color: ${ink.note}; }
ul { color: ${ink.note}; font-size: 0.9em; padding-left: 1.2em; }
</style>
<h1>${escapeXml(page.title)}</h1>
${page.text ? `<pre>${escapeXml(page.text)}</pre>` : ""}
${sections.join("\n")}
</html>
`;
}

async function sectionOf({ heading, text, table, figure, notes }: PageSection): Promise<string> {
  const figures = await Promise.all([figure ?? []].flat().map(drawn));
  return `<section>
<h2>${escapeXml(heading)}</h2>
${text ? `<p>${escapeXml(text)}</p>` : ""}
${table ? tableOf(table) : ""}
${figures.join("\n")}
${notes?.length ? `<ul>${notes.map((note) => `<li>${escapeXml(note)}</li>`).join("")}</ul>` : ""}
</section>`;
}

async function drawn(figure: Figure | ImageGrid): Promise<string> {
  if (figure instanceof Figure) return `<figure>${await figure.svg()}</figure>`;
  const image = base64(await figure.png());
  const { width, height } = figure;
  const source = `data:image/png;base64,${image}`;
  return `<figure><img alt="${
    escapeXml(`${figure}`).replaceAll('"', "&quot;")
  }" width="${width}" height="${height}"
  src="${source}"></figure>`;
}

function tableOf({ columns, rows }: NonNullable<PageSection["table"]>): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeXml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>
${[line(columns, "th"), ...rows.map((row) => line(row, "td"))].join("\n")}
</table>`;
}

/** The kit's typeface, so that texts are as wide as the figures were laid out for. */
async function fontFaces(): Promise<string> {
  const faces = await Promise.all(
    fontFiles().map(async (path, i) => {
      const data = base64(await Deno.readFile(path));
      return `@font-face { font-family: Arimo; font-weight: ${i === 0 ? "normal" : "bold"};
  src: url(data:font/ttf;base64,${data}); }`;
    }),
  );
  return faces.join("\n");
}
