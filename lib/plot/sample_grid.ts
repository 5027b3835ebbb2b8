/**
 * Pictures of a sample, a row for each class.
 *
 * @module
 */

import { decodeImages, encodeLabels, Prng, streams } from "../data/mod.ts";
import { count as number } from "../text.ts";
import { blankTile, type ImageGrid, imageGrid, type ImageGridOptions } from "./image_grid.ts";

/** Options of {@linkcode sampleGrid}. */
export type SampleGridOptions = Pick<ImageGridOptions, "title" | "tileSize"> & {
  /** File of each galaxy's image. */
  paths: readonly string[];
  /** Class of each galaxy; of galaxies without one (null) no picture is shown. @default {one class} */
  labels?: readonly (string | null)[];
  /** Order of the classes. @default {those found, sorted} */
  classes?: readonly string[];
  /** Text below each galaxy's picture; "\n" starts a new line. @default {none} */
  captions?: readonly string[];
  /** Pictures of each class, drawn at random; fewer where it has fewer. @default {6} */
  perClass?: number;
  /** Any integer. @default {0} */
  seed?: number;
};

/**
 * Draws some galaxies of each class at random and shows their pictures, cut to the centred square.
 *
 * @throws {RangeError} When there are no galaxies to show
 * @throws {TypeError} When paths, labels and captions differ in number
 * @throws {Error} When a file cannot be decoded
 *
 * @example
 * ```ts
 * import { scanImageFolder } from "galaxykit/data";
 * import { sampleGrid } from "galaxykit/plot";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 12, size: 48, seed: 1 });
 * const { files } = scanImageFolder(folder);
 * const grid = await sampleGrid({
 *   paths: files.map(({ path }) => path),
 *   labels: files.map((file) => file.class),
 *   perClass: 2,
 *   seed: 1,
 * });
 * assert.match(grid.toString(), /images/);
 * ```
 */
export async function sampleGrid(options: SampleGridOptions): Promise<ImageGrid> {
  const { paths, title, tileSize = 128, perClass = 6, seed = 0, captions } = options;
  const labels = options.labels ?? paths.map(() => "");
  for (const [name, list] of Object.entries({ labels, captions: captions ?? paths })) {
    if (list.length === paths.length) continue;
    throw new TypeError(
      `Cannot draw a sample: each path has one of the ${name}: ` +
        `${paths.length} paths and ${list.length} ${name} found`,
    );
  }
  const known = [...paths.keys()].filter((i) => labels[i] !== null);
  const classes = options.classes ??
    (options.labels ? encodeLabels(known.map((i) => labels[i])).classes : [""]);
  const drawn = classes.map((name, place) => {
    const members = known.filter((i) => labels[i] === name);
    const order = new Prng(seed, [streams.draw, place]).permutation(members.length);
    return {
      name,
      count: members.length,
      shown: [...order.subarray(0, perClass)].map((i) => members[i]),
    };
  }).filter(({ shown }) => shown.length > 0);
  if (drawn.length === 0) throw new RangeError("Cannot draw a sample: it has no galaxies");
  const columns = Math.max(...drawn.map(({ shown }) => shown.length));
  const chosen = drawn.flatMap(({ shown }) => shown);
  const size = 2 * tileSize; // as the file of a figure is saved, at scale 2
  const pixels = await decodeImages(chosen.map((i) => paths[i]), { size });
  const length = size * size * 3;
  const tiles = new Map(chosen.map((i, place) => [i, {
    pixels: pixels.subarray(place * length, (place + 1) * length),
    width: size,
    caption: captions?.[i],
  }]));
  return imageGrid(
    drawn.flatMap(({ shown }) =>
      Array.from({ length: columns }, (_, i) => tiles.get(shown[i]) ?? blankTile)
    ),
    {
      title,
      tileSize,
      columns,
      rows: drawn.map(({ name, count }) => name === "" ? "" : `${name} (${number(count)})`),
    },
  );
}
