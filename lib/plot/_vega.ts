/**
 * Vega and Vega-Lite, loaded at the first drawing.
 *
 * @module
 */

import process from "node:process";
import type * as Vega from "vega";
import type { TopLevelSpec } from "vega-lite";
import { textWidth } from "./_font.ts";

/** What Vega asks about a text that it lays out. */
type TextItem = { fontSize?: number; fontWeight?: string | number; limit?: number };
type TextMetrics = { width(item: TextItem, text: unknown): number };

let loading: Promise<typeof Vega & { compile: typeof import("vega-lite").compile }> | undefined;

/** Draws a Vega-Lite specification as SVG; what the libraries have against it goes to `warn`. */
export async function drawSvg(
  spec: TopLevelSpec,
  options: { warn: (message: string) => void },
): Promise<string> {
  const vega = await (loading ??= load());
  const logger = vega.logger(vega.Warn, undefined, (_method, _level, messages) => {
    options.warn([...messages].join(" "));
  });
  const copy = structuredClone(spec); // Vega marks the data objects it is given
  const compiled = vega.compile(copy, { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

async function load() {
  // Vega's loader of files, unused here, pulls in the deprecated punycode module of Node.
  const warner = process as { noDeprecation?: boolean };
  const { noDeprecation } = warner;
  warner.noDeprecation = true;
  try {
    const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
    // Without a canvas Vega guesses 0.8 em a letter; the font's own widths are at hand.
    (vega as unknown as { textMetrics: TextMetrics }).textMetrics.width = measure;
    return { ...vega, compile };
  } finally {
    warner.noDeprecation = noDeprecation;
  }
}

function measure(item: TextItem, text: unknown): number {
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  const width = textWidth(String(text ?? ""), { size: item.fontSize ?? 11, bold });
  return Math.min(width, item.limit || Infinity); // Vega cuts a longer text
}
