/**
 * Labelled images of one size, in memory or in a cache on disk.
 *
 * @module
 */

import { cachedImages } from "./image_cache.ts";
import { type BadFile, decodeAll, type DecodeOptions, listBadFiles } from "./decode.ts";
import { scanImageFolder, type ScanOptions } from "./image_folder.ts";
import {
  type ImageItem,
  type ImageSource,
  type ItemOptions,
  itemSource,
  type Labels,
  stampOf,
  takeLabels,
} from "./image_source.ts";
import { assertImagesFit } from "./memory.ts";

/** Decoded images of one size with their labels. Row i of each field belongs to image i. */
export interface ImageSet extends Labels {
  /** n x size x size x 3 values in [0, 255] (NHWC, RGB). */
  images: Uint8Array;
  /** Side of each image, in pixels. */
  size: number;
  /** Tells the system which images come next, where they lie on disk. */
  readAhead?(indices: ArrayLike<number>): void;
}

/** A set with what was left out of it. Dispose it to give the memory back. */
export type LoadedSet = ImageSet & { bad: BadFile[] } & Disposable;

/** Where and how a set is decoded. */
export interface LoadOptions extends DecodeOptions, ScanOptions {
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
}

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
 * assert.equal(set.images.length, 6 * 32 * 32 * 3);
 * assert.deepEqual([...set.labels], [0, 0, 1, 1, 2, 2]);
 * ```
 */
export function loadImageFolder(folder: string, options: LoadOptions): Promise<LoadedSet> {
  return loadSource(folderSource(folder, options), options);
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
): Promise<LoadedSet> {
  return await loadSource(itemSource(items, options), options);
}

/** The images of a folder's classes. */
export function folderSource(folder: string, options: ScanOptions): ImageSource {
  const { classes, files, bad } = scanImageFolder(folder, options);
  return {
    name: `"${folder}"`,
    ids: files.map(({ id }) => id),
    labels: Int32Array.from(files, ({ label }) => label),
    classes,
    bad,
    block: 1,
    read: (start, end) => files.slice(start, end).map(({ path }) => path),
    stamps: () => files.map(({ path }) => stampOf(path)),
  };
}

/** Decodes a source, into memory or through a cache. */
export async function loadSource(source: ImageSource, options: LoadOptions): Promise<LoadedSet> {
  const { cache, size, verify } = options;
  if (cache === undefined) {
    const decoded = await decodeSource(source, options);
    return finish(source, { ...decoded, size, strict: options.bad !== "skip" });
  }
  const { mapping, bad } = await cachedImages(cache, { source, options, verify });
  try {
    const length = size ** 2 * 3;
    const rows = source.ids.length - bad.length;
    const images = new Uint8Array(mapping.buffer, 0, rows * length);
    const set = finish(source, { images, bad, size, strict: options.bad !== "skip" });
    return {
      ...set,
      readAhead(indices) {
        for (let row = 0; row < indices.length; row++) {
          mapping.willNeed(indices[row] * length, length);
        }
      },
      [Symbol.dispose]: () => mapping[Symbol.dispose](),
    };
  } catch (error) {
    mapping[Symbol.dispose]();
    throw error;
  }
}

type Decoded = { images: Uint8Array; bad: (BadFile & { index: number })[] };

/** All images of a source in one array, those that fail left out. */
async function decodeSource(source: ImageSource, options: LoadOptions): Promise<Decoded> {
  const { size, memoryLimit, onProgress } = options;
  const count = source.ids.length;
  const length = size ** 2 * 3;
  assertImagesFit(count, { size, memoryLimit });
  // Files cost nothing before they are decoded; what is read in blocks is decoded block by block.
  const step = source.block === 1 ? count : source.block;
  let images = new Uint8Array(0);
  const bad: Decoded["bad"] = [];
  let row = 0;
  for (let start = 0; start < count; start += step) {
    const end = Math.min(start + step, count);
    const decoded = await decodeAll(await source.read(start, end), {
      ...options,
      names: source.ids.slice(start, end),
      onProgress: onProgress && (({ done }) => onProgress({ done: start + done, total: count })),
    });
    const failed = new Set(decoded.bad.map(({ index }) => index));
    bad.push(...decoded.bad.map((one) => ({ ...one, index: start + one.index })));
    if (step === count) images = decoded.images as Uint8Array<ArrayBuffer>;
    else if (start === 0) images = new Uint8Array(count * length);
    for (let index = 0; index < end - start; index++) {
      if (failed.has(index)) continue;
      if (images !== decoded.images || row !== index) {
        images.set(decoded.images.subarray(index * length, (index + 1) * length), row * length);
      }
      row++;
    }
  }
  return { images: images.subarray(0, row * length), bad };
}

/** A set of what was decoded; refuses what the options do not let pass. */
function finish(
  source: ImageSource,
  { images, bad, size, strict }: Decoded & { size: number; strict: boolean },
): LoadedSet {
  const count = source.ids.length;
  if (bad.length > 0 && strict) {
    throw new Error(
      `Cannot decode ${bad.length} of the ${count} images of ${source.name}: ` +
        `${listBadFiles(bad)}; remove them or skip bad files`,
    );
  }
  const failed = new Set(bad.map(({ index }) => index));
  const rows = [...Array(count).keys()].filter((index) => !failed.has(index));
  const labels = takeLabels(source, rows);
  const present = new Set(labels.labels);
  const lost = source.classes.find((_, label) =>
    !present.has(label) && source.labels.includes(label)
  );
  if (lost !== undefined || rows.length === 0) {
    throw new Error(
      lost === undefined
        ? `Cannot use ${source.name}: none of the images decodes`
        : `Cannot use class "${lost}" of ${source.name}: none of its images decodes`,
    );
  }
  return {
    images,
    size,
    ...labels,
    bad: [...source.bad, ...bad.map(({ path, reason }) => ({ path, reason }))],
    [Symbol.dispose]() {},
  };
}
