/**
 * A figure: a Vega-Lite specification that carries its data, so that it can be shown, saved,
 * reopened and changed anywhere.
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";
import {
  base64,
  display,
  type MediaBundle,
  saveAs,
  shortCoordinates,
  shortNumbers,
} from "./display.ts";
import { figurePage } from "./_page.ts";
import { checkScale, encodePng, rasterise } from "./_raster.ts";
import { theme } from "./theme.ts";
import { drawSvg } from "./_vega.ts";

const schema = "https://vega.github.io/schema/vega-lite/v5.json";

/**
 * A Vega-Lite v5 specification in the house style, with its data inside.
 *
 * A notebook shows a figure that is the value of a cell: JupyterLab and VS Code draw it from the
 * specification, nbconvert and GitHub show the SVG, LaTeX the PNG, a terminal the text. Where a
 * program executes the notebook, write `await Deno.jupyter.display(figure)`: Deno's kernel may send
 * the value of a cell after the cell has ended, when nobody listens any more.
 *
 * @example
 * ```ts
 * import { Figure } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = new Figure({
 *   description: "Volunteers' votes",
 *   data: { values: [{ answer: "smooth", votes: 12 }, { answer: "featured", votes: 30 }] },
 *   mark: "bar",
 *   encoding: { x: { field: "votes", type: "quantitative" }, y: { field: "answer" } },
 * });
 * assert.match(await figure.svg(), /featured/);
 * ```
 */
export class Figure {
  /** The whole specification, as it is saved: changing it changes nothing drawn elsewhere. */
  readonly spec: TopLevelSpec;

  /**
   * @param spec Any Vega-Lite v5 specification; its `config` is laid over the house style, block
   *   by block. `description` is what a screen reader or a terminal is given
   * @throws {TypeError} When the data lies in a file or at an address, or holds what JSON cannot
   */
  constructor(spec: TopLevelSpec) {
    this.spec = plainCopy({ $schema: schema, ...spec, config: { ...theme, ...spec.config } }, "");
  }

  /** The figure as SVG text. Warnings of Vega-Lite about the specification go to the console. */
  svg(): Promise<string> {
    return drawSvg(this.spec, { warn: (message) => console.warn(`Figure: ${message}`) });
  }

  /**
   * The figure as a PNG file's bytes. Text is drawn in the kit's own typeface, whatever fonts the
   * machine has.
   *
   * @throws {RangeError} When the scale is not between 0.1 and 10
   */
  async png(options: {
    /** Pixels of the file for one of the figure. @default {2} */
    scale?: number;
  } = {}): Promise<Uint8Array> {
    const { scale = 2 } = options;
    checkScale(scale);
    const raster = await rasterise(await this.svg(), { scale, background: "white" });
    return encodePng(raster, { scale });
  }

  /** One HTML page that needs no network: the figure drawn by the scripts it brings along. */
  async html(): Promise<string> {
    return figurePage(this.spec, await this.svg());
  }

  /**
   * Saves the figure as `.svg`, `.png` (at scale 2), `.html` or `.json` (the specification).
   *
   * @throws {RangeError} When the extension is another one
   */
  save(path: string): Promise<void> {
    return saveAs(path, {
      ".svg": () => this.svg(),
      ".png": () => this.png(),
      ".html": () => this.html(),
      ".json": () => Promise.resolve(JSON.stringify(this.spec, null, 2) + "\n"),
    });
  }

  /** What a terminal shows for the figure. */
  toString(): string {
    return `Figure: ${this.spec.description ?? "no description"}`;
  }

  /** Everything a notebook may want to show; short enough for one of several figures to be kept. */
  async [display](): Promise<MediaBundle> {
    const svg = await this.svg();
    const png = await encodePng(await rasterise(svg, { scale: 2, background: "white" }), {
      scale: 2,
      palette: true,
    });
    return {
      "application/vnd.vegalite.v5+json": shortNumbers(this.spec) as Record<string, unknown>,
      "image/svg+xml": shortCoordinates(svg),
      "image/png": base64(png),
      "text/plain": this.toString(),
    };
  }
}

/** A deep copy of what JSON can hold; anything else is refused with the place it stands at. */
function plainCopy<T>(value: T, place: string): T {
  if (Array.isArray(value)) {
    return value.map((item, i) => plainCopy(item, `${place}[${i}]`)) as T;
  }
  if (value instanceof Date) return value.toJSON() as T;
  if (typeof value === "object" && value !== null) {
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const inside = place ? `${place}.${key}` : key;
      if (key === "url" && /(^|\.)data$/.test(place)) {
        throw new TypeError(
          `Cannot make a figure: its data must be inside: ${inside} is "${item}"`,
        );
      }
      copy[key] = plainCopy(item, inside);
    }
    return copy as T;
  }
  const fits = typeof value === "number"
    ? Number.isFinite(value)
    : value === null || typeof value === "string" || typeof value === "boolean";
  if (fits) return value;
  const found = typeof value === "number" ? String(value) : `a ${typeof value}`;
  throw new TypeError(`Cannot make a figure: values must be what JSON holds: ${place} is ${found}`);
}
