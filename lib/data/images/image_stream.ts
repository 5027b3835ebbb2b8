/**
 * Labelled images that are decoded each time they are asked for.
 *
 * @module
 */

import { type BadFile, checkCrop, decodeAll, type DecodeOptions, listBadFiles } from "./decode.ts";
import type { ScanOptions } from "./image_folder.ts";
import { folderSource } from "./image_set.ts";
import {
  type ImageItem,
  type ImageSource,
  type ItemOptions,
  itemSource,
  type Labels,
} from "./image_source.ts";

/** Images of one size with their labels, none of them in memory. */
export interface ImageStream extends Labels {
  /** Side of each image, in pixels. */
  size: number;
  /**
   * Decodes some images: `indices.length` x size x size x 3 values. With `bad: "skip"` those that
   * fail are left out: `indices` says which came.
   */
  read(indices: Int32Array): Promise<{ images: Uint8Array; indices: Int32Array }>;
  /** What was left out so far, each file once. */
  bad: BadFile[];
}

/** How a stream is decoded. */
export type StreamOptions = DecodeOptions & ScanOptions;

/**
 * A folder with one subfolder per class, decoded anew in each epoch: nothing is stored, and each
 * epoch takes as long as the first. A cache ({@linkcode loadImageFolder}) is faster from the second.
 *
 * @throws {Error} When the folder cannot be used
 *
 * @example
 * ```ts
 * import { batches, streamImageFolder } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 6, size: 48, seed: 1 });
 * const stream = streamImageFolder(folder, { size: 32 });
 * for await (const { images } of batches(stream, { batchSize: 2, prefetch: 2 })) {
 *   assert.equal(images.length, 2 * 32 * 32 * 3);
 * }
 * ```
 */
export function streamImageFolder(folder: string, options: StreamOptions): ImageStream {
  return streamOf(folderSource(folder, options), options);
}

/**
 * A list of images, decoded when they are asked for.
 *
 * @throws {Error} When files are missing
 * @throws {RangeError} When an id repeats or an option is out of range
 */
export function streamImages(
  items: readonly ImageItem[],
  options: StreamOptions & ItemOptions,
): ImageStream {
  return streamOf(itemSource(items, options), options);
}

function streamOf(source: ImageSource, options: StreamOptions): ImageStream {
  checkCrop(options);
  const { size } = options;
  const length = size * size * 3;
  const bad = [...source.bad];
  const known = new Set<string>();
  return {
    size,
    labels: source.labels,
    classes: source.classes,
    ids: source.ids,
    targets: source.targets,
    bad,
    async read(indices) {
      const sources = await Promise.all(
        Array.from(indices, async (index) => (await source.read(index, index + 1))[0]),
      );
      const names = Array.from(indices, (index) => source.ids[index]);
      const decoded = await decodeAll(sources, { ...options, names });
      if (decoded.bad.length === 0) return { images: decoded.images, indices };
      if (options.bad !== "skip") {
        throw new Error(
          `Cannot decode ${decoded.bad.length} images of a batch from ${source.name}: ` +
            `${listBadFiles(decoded.bad)}; remove them or skip bad files`,
        );
      }
      for (const { path, reason } of decoded.bad) {
        if (!known.has(path)) bad.push({ path, reason });
        known.add(path);
      }
      const failed = new Set(decoded.bad.map(({ index }) => index));
      const rows = Array.from(indices.keys()).filter((row) => !failed.has(row));
      rows.forEach((from, to) =>
        decoded.images.copyWithin(to * length, from * length, (from + 1) * length)
      );
      return {
        images: decoded.images.subarray(0, rows.length * length),
        indices: Int32Array.from(rows, (row) => indices[row]),
      };
    },
  };
}
