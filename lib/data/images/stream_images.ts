/**
 * Images that are decoded each time they are asked for.
 *
 * @module
 */

import { type OptionNames, refuseUnknown } from "../../options.ts";
import { assertPositions } from "../source.ts";
import { checkCrop, decodeAll, type DecodeOptions, decodeOptions, listBadFiles } from "./decode.ts";
import type { ScanOptions } from "./image_folder.ts";
import {
  folderList,
  type ImageItem,
  type ImageList,
  itemList,
  type ItemOptions,
  itemOptions,
} from "./image_list.ts";
import { type ImageSet, labelled } from "./image_set.ts";

/** How a stream is decoded. */
export type StreamOptions = DecodeOptions & ScanOptions;

const streamOptions: OptionNames<StreamOptions> = { ...decodeOptions, bad: true };

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
export function streamImageFolder(folder: string, options: StreamOptions): ImageSet {
  refuseUnknown(options, streamOptions, { what: "stream images" });
  return streamOf(folderList(folder, options), options);
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
): ImageSet {
  refuseUnknown(options, { ...streamOptions, ...itemOptions }, { what: "stream images" });
  return streamOf(itemList(items, options), options);
}

function streamOf(list: ImageList, options: StreamOptions): ImageSet {
  checkCrop(options);
  const { name, ids } = list;
  const bad = [...list.bad];
  async function read(indices: Int32Array) {
    assertPositions(indices, { length: ids.length });
    const undecoded = await Promise.all(
      Array.from(indices, async (index) => (await list.read(index, index + 1))[0]),
    );
    const names = Array.from(indices, (index) => ids[index]);
    const decoded = await decodeAll(undecoded, { ...options, names });
    if (decoded.bad.length > 0 && options.bad !== "skip") {
      throw new Error(
        `Cannot decode ${decoded.bad.length} images of a batch from ${name}: ` +
          `${listBadFiles(decoded.bad)}; remove them or skip bad files`,
      );
    }
    for (const { path, reason } of decoded.bad) {
      if (!bad.some((one) => one.path === path)) bad.push({ path, reason });
    }
    return {
      images: decoded.images,
      indices: Int32Array.from(decoded.rows, (row) => indices[row]),
    };
  }
  const { size, cropFraction = 1, filter = "lanczos" } = options;
  const crop = { cropFraction, filter };
  return labelled({ size, crop, length: ids.length, ids, bad, read, [Symbol.dispose]() {} }, list);
}
