/**
 * Images decoded once, into memory or into a cache on disk.
 *
 * @module
 */

import { type OptionNames, refuseUnknown } from "../../options.ts";
import {
  type BadFile,
  checkCrop,
  type DecodeOptions,
  decodeOptions,
  listBadFiles,
} from "./decode.ts";
import type { FileMapping } from "../../file_mapping.ts";
import { cachedImages } from "./image_cache.ts";
import type { ScanOptions } from "./image_folder.ts";
import {
  decodeList,
  folderList,
  type ImageItem,
  type ImageList,
  itemList,
  type ItemOptions,
  itemOptions,
} from "./image_list.ts";
import { heldPictures, type ImageSet, labelled, takeLabels } from "./image_set.ts";
import { assertImagesFit } from "./memory.ts";

/** Where and how a set is decoded. */
export type LoadOptions = DecodeOptions & ScanOptions & {
  /**
   * Folder for decoded images. With it a set is decoded once, however often it is loaded, and does
   * not have to fit in memory: its pages are read when they are touched. A call that was ended goes
   * on where it stood. A changed image or option makes a new file; delete old ones at will.
   *
   * @default {none: decoded into memory}
   */
  cache?: string;
  /**
   * Whether every image of a cache is compared with its checksum, which reads it all; otherwise
   * eight parts of it are.
   *
   * @default {false}
   */
  verify?: boolean;
};

/** All of {@linkcode LoadOptions}. */
export const loadOptions: OptionNames<LoadOptions> = {
  ...decodeOptions,
  bad: true,
  cache: true,
  verify: true,
};

/**
 * Decodes a folder with one subfolder per class: 12 kB an image at 64 pixels, 49 kB at 128. See
 * {@linkcode scanImageFolder} and {@linkcode decodeImage} for what is read and how.
 *
 * @returns The images in order of class and name, and with `bad: "skip"` the files left out
 * @throws {Error} When the folder, a file in it or the cache cannot be used
 * @throws {RangeError} When an option is out of range, or the images do not fit in memory or on disk
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
 * assert.equal(set.images!.length, 6 * 32 * 32 * 3);
 * assert.deepEqual([...set.labels], [0, 0, 1, 1, 2, 2]);
 * ```
 */
export async function loadImageFolder(folder: string, options: LoadOptions): Promise<ImageSet> {
  refuseUnknown(options, loadOptions, { what: "load images" });
  checkCrop(options);
  return await loadList(folderList(folder, options), options);
}

/**
 * Decodes a list of images: files that a catalogue names, or bytes and pixels in memory.
 *
 * @returns The images in the order of the list, and with `bad: "skip"` those left out
 * @throws {Error} When files are missing or damaged, or the cache cannot be used
 * @throws {TypeError} When some items have a class or targets and others have none
 * @throws {RangeError} When an id repeats, an option is out of range, or the images do not fit
 *
 * @example
 * ```ts
 * import { listImages, loadImages } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 3, size: 48, seed: 1 });
 * const items = listImages(folder).files.map(({ id, path }, index) => (
 *   { id, image: path, targets: [index / 10] }
 * ));
 * const set = await loadImages(items, { size: 32, targetNames: ["smooth"] });
 * assert.deepEqual([set.ids.length, set.targets?.values.length], [3, 3]);
 * ```
 */
export async function loadImages(
  items: readonly ImageItem[],
  options: LoadOptions & ItemOptions,
): Promise<ImageSet> {
  refuseUnknown(options, { ...loadOptions, ...itemOptions }, { what: "load images" });
  checkCrop(options);
  return await loadList(itemList(items, options), options);
}

/** Decodes a list, into memory or through a cache. */
export async function loadList(list: ImageList, options: LoadOptions): Promise<ImageSet> {
  const { cache, size, verify } = options;
  if (cache === undefined) {
    const { images, bad } = await decodeInto(list, options);
    return finish(list, { images, bad, options });
  }
  const { mapping, bad } = await cachedImages(cache, { list, options, verify });
  try {
    const images = new Uint8Array(
      mapping.buffer,
      0,
      (list.ids.length - bad.length) * size ** 2 * 3,
    );
    return finish(list, { images, bad, options, mapping });
  } catch (error) {
    mapping[Symbol.dispose]();
    throw error;
  }
}

type Loaded = { images: Uint8Array; bad: (BadFile & { index: number })[] };

/** All images of a list in one array, those that fail left out. */
async function decodeInto(list: ImageList, options: LoadOptions): Promise<Loaded> {
  const { size, memoryLimit } = options;
  const count = list.ids.length;
  assertImagesFit(count, { size, memoryLimit });
  // Files cost nothing before they are decoded; what is read in blocks is decoded block by block.
  const step = list.block === 1 ? count : list.block;
  let images: Uint8Array = new Uint8Array(step < count ? count * size ** 2 * 3 : 0);
  let length = 0;
  const bad: Loaded["bad"] = [];
  for await (const chunk of decodeList(list, { ...options, step })) {
    if (step < count) images.set(chunk.images, length);
    else images = chunk.images;
    length += chunk.images.length;
    bad.push(...chunk.bad);
  }
  return { images: images.subarray(0, length), bad };
}

/** A set of what was decoded; refuses what the options do not let pass. */
function finish(
  list: ImageList,
  { images, bad, options: { size, cropFraction = 1, filter = "lanczos", bad: ifBad }, mapping }:
    & Loaded
    & {
      options: LoadOptions;
      mapping?: FileMapping;
    },
): ImageSet {
  const count = list.ids.length;
  if (bad.length > 0 && ifBad !== "skip") {
    throw new Error(
      `Cannot decode ${bad.length} of the ${count} images of ${list.name}: ` +
        `${listBadFiles(bad)}; remove them or skip bad files`,
    );
  }
  const failed = new Set(bad.map(({ index }) => index));
  const rows = Int32Array.from(list.ids.keys()).filter((index) => !failed.has(index));
  if (rows.length === 0) throw new Error(`Cannot use ${list.name}: none of the images decodes`);
  const labels = takeLabels(list, rows);
  const lost = list.classes.find((_, label) =>
    list.labels.includes(label) && !labels.labels.includes(label)
  );
  if (lost !== undefined) {
    throw new Error(`Cannot use class "${lost}" of ${list.name}: none of its images decodes`);
  }
  const pictures = heldPictures(images, {
    size,
    ids: labels.ids,
    crop: { cropFraction, filter },
    bad: [...list.bad, ...bad.map(({ path, reason }) => ({ path, reason }))],
    mapping,
  });
  return labelled(pictures, labels);
}
