/**
 * Labelled images in memory.
 *
 * @module
 */

import { type BadFile, decodeAll, type DecodeOptions, listBadFiles } from "./decode.ts";
import { scanImageFolder, type ScanOptions } from "./image_folder.ts";
import { assertImagesFit } from "./memory.ts";

/** Decoded images of one size with their classes. Row i of each field belongs to image i. */
export interface ImageSet {
  /** n x size x size x 3 values in [0, 255] (NHWC, RGB). */
  images: Uint8Array;
  /** Side of each image, in pixels. */
  size: number;
  /** n positions in `classes`. */
  labels: Int32Array;
  /** Class names. */
  classes: string[];
  /** n names; for an image folder the path inside it, e.g. "spirals/406478.jpg". */
  ids: string[];
}

/**
 * Decodes a folder with one subfolder per class into memory: 12 kB an image at 64 pixels, 49 kB at
 * 128. See {@linkcode scanImageFolder} and {@linkcode decodeImage} for what is read and how.
 *
 * @returns The images in order of class and name, and with `bad: "skip"` the files left out
 * @throws {Error} When the folder or a file in it cannot be used
 * @throws {RangeError} When an option is out of range, or the images do not fit in memory
 *
 * @example
 * ```ts
 * import { loadImageFolder } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 6, size: 48, seed: 1 });
 * const set = await loadImageFolder(folder, { size: 32 });
 * assert.equal(set.images.length, 6 * 32 * 32 * 3);
 * assert.deepEqual([...set.labels], [0, 0, 1, 1, 2, 2]);
 * ```
 */
export async function loadImageFolder(
  folder: string,
  options: DecodeOptions & ScanOptions,
): Promise<ImageSet & { bad: BadFile[] }> {
  const { classes, files, bad } = scanImageFolder(folder, options);
  assertImagesFit(files.length, options);
  const decoded = await decodeAll(files.map(({ path }) => path), options);
  if (decoded.bad.length > 0 && options.bad !== "skip") {
    throw new Error(
      `Cannot decode ${decoded.bad.length} of the ${files.length} images of "${folder}": ` +
        `${listBadFiles(decoded.bad)}; remove them or skip bad files`,
    );
  }
  const failed = new Set(decoded.bad.map(({ path }) => path));
  const good = files.filter(({ path }) => !failed.has(path));
  const present = new Set(good.map(({ label }) => label));
  const empty = classes.find((_, label) => !present.has(label));
  if (empty !== undefined) {
    throw new Error(`Cannot use class "${empty}" of "${folder}": none of its images decodes`);
  }
  const length = options.size ** 2 * 3;
  let row = 0;
  files.forEach(({ path }, index) => {
    if (failed.has(path)) return;
    if (row !== index) {
      decoded.images.copyWithin(row * length, index * length, (index + 1) * length);
    }
    row++;
  });
  return {
    images: decoded.images.subarray(0, row * length),
    size: options.size,
    labels: Int32Array.from(good, ({ label }) => label),
    classes,
    ids: good.map(({ id }) => id),
    bad: [...bad, ...decoded.bad],
  };
}
