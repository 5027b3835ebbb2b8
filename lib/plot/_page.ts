/**
 * A figure as a web page.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { TopLevelSpec } from "vega-lite";
import { escapeXml } from "./_escape.ts";
import { fontFamily, fontSize } from "./theme.ts";

/**
 * A page that shows `svg` and, where scripts run, redraws the specification over it, with tooltips,
 * and sliders above it where it has any.
 * Vega and Vega-Lite are written into the page (0.8 MB): it opens on a machine without network.
 */
export async function figurePage(spec: TopLevelSpec, svg: string): Promise<string> {
  const [vega, vegaLite] = await Promise.all([
    script("vega/build/vega.min.js"),
    script("vega-lite/build/vega-lite.min.js"),
  ]);
  const json = JSON.stringify(spec).replaceAll("<", "\\u003c");
  const title = escapeXml(String(spec.description ?? "Figure"));
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>
#figure { display: flex; flex-direction: column; align-items: flex-start; }
.vega-bindings { order: -1; margin: 1em; font: ${fontSize.title}px ${fontFamily}; }
.vega-bindings input { width: 320px; margin: 0 0.6em; vertical-align: middle; }
</style>
<div id="figure">${svg}</div>
<script>${vega}</script>
<script>${vegaLite}</script>
<script>
const specification = vegaLite.compile(${json}).spec;
new vega.View(vega.parse(specification), { renderer: "svg", container: "#figure", hover: true })
  .runAsync();
</script>
</html>
`;
}

async function script(file: string): Promise<string> {
  const text = await Deno.readTextFile(fileURLToPath(import.meta.resolve(file)));
  return text.replaceAll("</script", "<\\/script").replace(/^\/\/# sourceMappingURL=.*$/m, "");
}
