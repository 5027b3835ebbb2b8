/**
 * Pictures side by side.
 *
 * @module
 */

import { base64, display, type MediaBundle, saveAs } from "./display.ts";
import { escapeXml } from "./_escape.ts";
import { fitText, textWidth } from "./_font.ts";
import { checkScale, encodeJpeg, encodePng, rasterise } from "./_raster.ts";
import { fontFamily, fontSize, ink } from "./theme.ts";

/** One picture of a grid. */
export type Tile = {
  /** height x width x 3 values in [0, 255], row by row (RGB). */
  pixels: Uint8Array | Uint8ClampedArray;
  /** In pixels. */
  width: number;
  /** In pixels. @default {width} */
  height?: number;
  /** Text below; "\n" starts a new line. @default {none} */
  caption?: string;
};

/** Options of {@linkcode imageGrid}. */
export type ImageGridOptions = {
  /** Heading. @default {none} */
  title?: string;
  /** Tiles in a row. @default {what makes the grid about square, 8 at most} */
  columns?: number;
  /** Heading above each row of tiles; "" for none. @default {none} */
  rows?: readonly string[];
  /** Side of a tile in the figure, in pixels; an oblong picture fits inside. @default {128} */
  tileSize?: number;
  /** Whether pixels blend where a picture is enlarged, instead of showing as squares. @default {true} */
  smooth?: boolean;
  /** What colours in the pictures mean: a bar at the top right, from low to high. @default {none} */
  colors?: { range: readonly string[]; low: string; high: string };
};

/** Leaves a place empty. */
export const blankTile: Tile = { pixels: new Uint8Array(3).fill(255), width: 1 };

const margin = 10;
const gap = 8;
const captionLine = fontSize.note + 3;
const titleHeight = fontSize.title + 12;
const headingHeight = fontSize.label + 9;

/**
 * Lays out pictures with their captions on a white page. A caption too long for its tile goes on in
 * a second line, and is cut where that is full, too.
 *
 * @throws {TypeError} When a tile is a promise, or does not hold width x height x 3 values
 * @throws {RangeError} When there are no tiles or an option is out of range
 *
 * @example
 * ```ts
 * import { imageGrid } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const grey = { pixels: new Uint8Array(32 * 32 * 3).fill(90), width: 32, caption: "smooth" };
 * const grid = imageGrid([grey, grey, grey], { columns: 3, tileSize: 64 });
 * assert.deepEqual([grid.width, grid.height], [228, 101]);
 * assert.equal((await grid.png({ scale: 1 }))[1], 0x50);
 * ```
 */
export function imageGrid(tiles: readonly Tile[], options: ImageGridOptions = {}): ImageGrid {
  const { title, rows, colors, tileSize = 128, smooth = true } = options;
  const { columns = Math.min(8, Math.ceil(Math.sqrt(tiles.length))) } = options;
  if (tiles.length === 0) throw new RangeError("Cannot draw an image grid: it has no tiles");
  for (const [name, value] of Object.entries({ columns, tileSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot draw an image grid: ${name} must be 1, 2, 3, …: ${value}`);
  }
  tiles.forEach((tile, i) => {
    if (tile instanceof Promise) {
      throw new TypeError(
        `Cannot draw an image grid: tile ${i} is a promise; await it, or all: await Promise.all(tiles)`,
      );
    }
    if (typeof tile !== "object" || tile === null) {
      throw new TypeError(
        `Cannot draw an image grid: tile ${i} must be { pixels, width }, found ${typeof tile} ${tile}`,
      );
    }
    const { pixels, width, height = width } = tile;
    if (width > 0 && height > 0 && pixels?.length === width * height * 3) return;
    throw new TypeError(
      `Cannot draw an image grid: tile ${i} of ${width} x ${height} pixels must hold ` +
        `${width * height * 3} values: ${pixels?.length ?? "none"}`,
    );
  });
  return new ImageGrid(tiles, {
    title,
    rows,
    colors,
    columns: Math.min(columns, tiles.length),
    tileSize,
    smooth,
  });
}

/** Pictures with captions, to be saved or shown in a notebook. Made by {@linkcode imageGrid}. */
export class ImageGrid {
  /** In pixels, at scale 1. */
  readonly width: number;
  /** In pixels, at scale 1. */
  readonly height: number;
  readonly #tiles: readonly Tile[];
  readonly #options: ImageGridOptions & { columns: number; tileSize: number };
  /** Top of each row of tiles. */
  readonly #tops: number[];

  /** @ignore */
  constructor(
    tiles: readonly Tile[],
    options: ImageGridOptions & { columns: number; tileSize: number },
  ) {
    this.#tiles = tiles;
    this.#options = options;
    const { columns, tileSize, title, rows, colors } = options;
    this.#tops = [];
    let top = margin + (title || colors ? titleHeight : 0);
    for (let i = 0; i < tiles.length; i += columns) {
      top += rows?.[i / columns] ? headingHeight : 0;
      this.#tops.push(top);
      const lines = tiles.slice(i, i + columns)
        .map(({ caption }) => captionLines(caption, tileSize).length);
      const most = Math.max(...lines);
      top += tileSize + (most > 0 ? most * captionLine + 4 : 0) + gap;
    }
    this.width = 2 * margin + columns * tileSize + (columns - 1) * gap;
    this.height = top - gap + margin;
  }

  /**
   * The grid as a PNG file's bytes.
   *
   * @throws {RangeError} When the scale is not between 0.1 and 10
   */
  async png(options: {
    /** Pixels of the file for one of the figure. @default {2} */
    scale?: number;
  } = {}): Promise<Uint8Array> {
    const { scale = 2 } = options;
    checkScale(scale);
    return encodePng(await this.#draw(scale), { scale });
  }

  /**
   * Saves the grid as `.png`, at scale 2.
   *
   * @throws {RangeError} When the extension is another one
   */
  save(path: string): Promise<void> {
    return saveAs(path, { ".png": () => this.png() });
  }

  /** What a terminal shows for the grid. */
  toString(): string {
    const count = this.#tiles.length;
    return `ImageGrid: ${this.#options.title ?? "no title"}, ${count} image${
      count === 1 ? "" : "s"
    }`;
  }

  /** Everything a notebook may want to show. */
  async [display](): Promise<MediaBundle> {
    return {
      "image/jpeg": base64(await encodeJpeg(await this.#draw(1))),
      "text/plain": this.toString(),
    };
  }

  /** Page with texts first, pictures over it. */
  async #draw(scale: number) {
    const { default: sharp } = await import("sharp");
    const { columns, tileSize, smooth } = this.#options;
    const page = await rasterise(this.#texts(), { scale, background: "white" });
    const side = Math.max(1, Math.round(tileSize * scale));
    const pictures = await Promise.all(this.#tiles.map(async (tile, i) => {
      const { width, height = width } = tile;
      const factor = side / Math.max(width, height);
      const [w, h] = [width, height].map((edge) => Math.max(1, Math.round(edge * factor)));
      const input = await sharp(tile.pixels, { raw: { width, height, channels: 3 } })
        .resize(w, h, { fit: "fill", kernel: factor > 1 && !smooth ? "nearest" : "lanczos3" })
        .raw()
        .toBuffer();
      const x = margin + (i % columns) * (tileSize + gap);
      return {
        input,
        raw: { width: w, height: h, channels: 3 as const },
        left: Math.round(x * scale) + Math.floor((side - w) / 2),
        top: Math.round(this.#tops[Math.floor(i / columns)] * scale) + Math.floor((side - h) / 2),
      };
    }));
    const { width, height } = page;
    const pixels = await sharp(page.pixels, { raw: { width, height, channels: 4 } })
      .composite(pictures)
      .raw()
      .toBuffer();
    return { pixels, width, height };
  }

  #texts(): string {
    const { columns, tileSize, title, rows = [], colors } = this.#options;
    const captions = this.#tiles.flatMap(({ caption }, i) => {
      const x = margin + (i % columns) * (tileSize + gap) + tileSize / 2;
      const y = this.#tops[Math.floor(i / columns)] + tileSize + captionLine;
      return captionLines(caption, tileSize).map((line, n) => {
        const place = { x, y: y + n * captionLine, width: tileSize };
        return words(line, { ...place, size: fontSize.note, anchor: "middle" });
      });
    });
    const width = this.width - 2 * margin;
    const headings = this.#tops.map((top, row) =>
      words(rows[row] ?? "", { x: margin, y: top - 6, width, size: fontSize.label, bold: true })
    );
    const legend = colors ? colorBar(colors, this.width - margin) : { width: 0, svg: "" };
    const heading = words(title ?? "", {
      ...{ x: margin, y: margin + fontSize.title, width: width - legend.width },
      ...{ size: fontSize.title, bold: true },
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}">
${[heading, ...captions, ...headings, legend.svg].join("\n")}
</svg>`;
  }
}

/** A line of text; what is longer than its room is cut. */
function words(text: string, { x, y, size, width = Infinity, bold = false, anchor = "start" }: {
  x: number;
  y: number;
  size: number;
  width?: number;
  bold?: boolean;
  anchor?: "start" | "middle";
}): string {
  const look = `font-family="${fontFamily}" font-size="${size}" fill="${ink.text}"${
    bold ? ' font-weight="bold"' : ""
  }`;
  return `<text x="${x}" y="${y}" ${look} text-anchor="${anchor}">${
    escapeXml(fitText(text, { size, width, bold }))
  }</text>`;
}

/** A bar of colours between its two ends, as high as the title, ending at `right`. */
function colorBar(
  { range, low, high }: NonNullable<ImageGridOptions["colors"]>,
  right: number,
): { width: number; svg: string } {
  const [bar, space, size] = [80, 5, fontSize.note];
  const [before, after] = [low, high].map((text) => textWidth(text, { size }) + space);
  const left = right - after - bar;
  const y = margin + fontSize.title;
  const stops = range.map((color, i) =>
    `<stop offset="${i / (range.length - 1)}" stop-color="${color}"/>`
  );
  return {
    width: before + bar + after + 2 * space,
    svg: `<linearGradient id="colors">${stops.join("")}</linearGradient>
<rect x="${left}" y="${y - 9}" width="${bar}" height="10" fill="url(#colors)"/>
${words(low, { x: left - before, y, size })}
${words(high, { x: left + bar + space, y, size })}`,
  };
}

function captionLines(caption = "", width: number): string[] {
  return caption === "" ? [] : caption.split("\n").flatMap((line) => wrap(line, width));
}

/** A line, or two where it is too long: parted at a space, or in the word where there is none. */
function wrap(line: string, width: number): string[] {
  const fits = (text: string) => textWidth(text, { size: fontSize.note }) <= width;
  if (fits(line)) return [line];
  const letters = [...line];
  let end = letters.length - 1;
  while (end > 1 && !fits(letters.slice(0, end).join("").trimEnd())) end--;
  const space = letters.lastIndexOf(" ", end);
  if (space > 0) end = space;
  return [letters.slice(0, end), letters.slice(end)].map((part) => part.join("").trim());
}
