/**
 * Maps laid over pictures: where a network looks, where two images differ.
 *
 * @module
 */

import {
  blankTile,
  type ImageGrid,
  imageGrid,
  type ImageGridOptions,
  type Tile,
} from "./image_grid.ts";
import { inferno } from "./theme.ts";

/** A picture and the map that belongs to it. */
export type OverlayPanel = Tile & {
  /** height x width values from 0 to 1, row by row. */
  map: ArrayLike<number>;
  /** Text below the overlay; `caption` stands below the picture. @default {none} */
  mapCaption?: string;
};

const shades = Array.from({ length: 256 }, (_, level) => shade(level / 255));

/**
 * Colours a map and lays it over a picture. Both are mixed with the same weight everywhere, and the
 * colours grow lighter evenly (inferno), so that on the dark sky of a galaxy's picture the lightness
 * of the result is that of the map, and the galaxy still shows.
 *
 * @returns height x width x 3 values in [0, 255]
 * @throws {TypeError} When the map does not have a value for each pixel
 * @throws {RangeError} When a value is not in [0, 1]
 *
 * @example
 * ```ts
 * import { overlay } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const pixels = Uint8Array.of(0, 0, 0, 100, 100, 100);
 * assert.deepEqual([...overlay(pixels, [0, 1], { opacity: 0.5 })], [0, 0, 2, 176, 178, 132]);
 * ```
 */
export function overlay(
  pixels: ArrayLike<number>,
  map: ArrayLike<number>,
  { opacity = 0.5 }: {
    /** Weight of the map's colour, 0 to 1. @default {0.5} */
    opacity?: number;
  } = {},
): Uint8Array {
  if (pixels.length !== 3 * map.length) {
    throw new TypeError(
      `Cannot lay a map over a picture: ${pixels.length / 3} pixels and ${map.length} values found`,
    );
  }
  return Uint8Array.from(pixels, (value, i) => {
    const place = map[Math.floor(i / 3)];
    if (!(place >= 0 && place <= 1)) {
      throw new RangeError(
        `Cannot lay a map over a picture: its values must lie in [0, 1]: ${place}`,
      );
    }
    const color = shades[Math.round(255 * place)][i % 3];
    return Math.round((1 - opacity) * value + opacity * color);
  });
}

/**
 * Pairs of a picture and its overlay, side by side; null leaves a place empty.
 *
 * @param options As of an image grid; `columns` counts pairs. @default {columns: 3}
 * @throws {TypeError} When a map does not have a value for each pixel
 * @throws {RangeError} When there are no panels, or a value is not in [0, 1]
 *
 * @example
 * ```ts
 * import { overlayGrid } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const pixels = new Uint8Array(8 * 8 * 3).fill(40);
 * const map = Float32Array.from({ length: 64 }, (_, i) => i / 63);
 * const grid = overlayGrid([{ pixels, width: 8, map, caption: "smooth", mapCaption: "0.97" }]);
 * assert.equal((await grid.png({ scale: 1 }))[1], 0x50);
 * ```
 */
export function overlayGrid(
  panels: readonly (OverlayPanel | null)[],
  options: Pick<ImageGridOptions, "title" | "rows" | "columns" | "tileSize"> & {
    /** Weight of the map's colour, 0 to 1. @default {0.5} */
    opacity?: number;
  } = {},
): ImageGrid {
  const { opacity, columns = 3, ...rest } = options;
  const tiles = panels.flatMap((panel): Tile[] => {
    if (panel === null) return [blankTile, blankTile];
    const { map, mapCaption, ...picture } = panel;
    const pixels = overlay(picture.pixels, map, { opacity });
    return [picture, { ...picture, pixels, caption: mapCaption }];
  });
  return imageGrid(tiles, {
    ...rest,
    columns: 2 * columns,
    colors: { range: inferno, low: "map: none", high: "strongest" },
  });
}

/** The colour of a value, between two steps of the scale. */
function shade(value: number): [number, number, number] {
  const place = value * (inferno.length - 1);
  const below = Math.min(inferno.length - 2, Math.floor(place));
  const [a, b] = [inferno[below], inferno[below + 1]].map(channels);
  return a.map((channel, i) => channel + (place - below) * (b[i] - channel)) as [
    number,
    number,
    number,
  ];
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
