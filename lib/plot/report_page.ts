/**
 * Several figures on one web page.
 *
 * @module
 */

import { base64 } from "./display.ts";
import { escapeXml } from "./escape.ts";
import type { Figure } from "./figure.ts";
import { fontFiles } from "./font.ts";
import { fontFamily, ink } from "./theme.ts";

/** A figure on a page of several. */
export type PageSection = {
  heading: string;
  /** What the figure shows, or why there is none. */
  text?: string;
  figure?: Figure;
};

/**
 * One page of drawn figures, without scripts; it opens on a machine without network.
 *
 * @param page.text Plain text below the title, its lines kept
 */
export async function reportPage(
  page: { title: string; text: string; sections: readonly PageSection[] },
): Promise<string> {
  const sections = await Promise.all(
    page.sections.map(async ({ heading, text, figure }) =>
      `<section>
<h2>${escapeXml(heading)}</h2>
${text ? `<p>${escapeXml(text)}</p>` : ""}
${figure ? `<figure>${await figure.svg()}</figure>` : ""}
</section>`
    ),
  );
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
figure { margin: 0; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
</style>
<h1>${escapeXml(page.title)}</h1>
<pre>${escapeXml(page.text)}</pre>
${sections.join("\n")}
</html>
`;
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
