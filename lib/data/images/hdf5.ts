/**
 * Images in HDF5 files, such as GalaxyMNIST and Galaxy10 DECaLS: read block by block, in a worker.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { checkCrop } from "./decode.ts";
import type { Hdf5Layout, Hdf5Summary } from "./hdf5_file.ts";
import { type ImageList, stampOf } from "./image_list.ts";
import type { ImageSet } from "./image_set.ts";
import { loadList, type LoadOptions, loadOptions } from "./load_images.ts";
import type { Pixels } from "./pixels.ts";

/** Galaxy10 DECaLS (Leung and Bovy): 17,736 images of 256 x 256 pixels in ten classes. */
export const GALAXY10_DECALS: Hdf5Layout = {
  images: "images",
  labels: "ans",
  classes: [
    "disturbed",
    "merging",
    "round smooth",
    "in-between round smooth",
    "cigar shaped smooth",
    "barred spiral",
    "unbarred tight spiral",
    "unbarred loose spiral",
    "edge-on without bulge",
    "edge-on with bulge",
  ],
};

/** GalaxyMNIST (Walmsley): 10,000 images of 64 x 64 or 224 x 224 pixels in four classes. */
export const GALAXY_MNIST: Hdf5Layout = {
  images: "images",
  labels: "labels",
  classes: ["smooth round", "smooth cigar", "edge-on disk", "unbarred spiral"],
};

/** Bytes of stored images that are read at once, about. */
const BLOCK_BYTES = 2 ** 26;

/**
 * Decodes the images of an HDF5 file, which is never held whole: a block of images at a time goes to
 * memory or, with `cache`, to a file. Ids are the positions in the file.
 *
 * @throws {Error} When the file is missing, truncated or damaged
 * @throws {TypeError} When a data set is missing, or has another type or shape
 * @throws {RangeError} When a label has no class, or the images do not fit
 *
 * @example
 * ```ts
 * import { GALAXY_MNIST, loadHdf5Images } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(
 *   loadHdf5Images("missing.hdf5", { ...GALAXY_MNIST, size: 64 }),
 *   { message: 'Cannot read "missing.hdf5": no such file' },
 * );
 * ```
 */
export async function loadHdf5Images(
  path: string,
  options: LoadOptions & Hdf5Layout,
): Promise<ImageSet> {
  refuseUnknown(options, { ...loadOptions, images: true, labels: true, classes: true }, {
    what: "load images",
  });
  checkCrop(options);
  const { images, labels, classes } = options;
  using reader = new Reader();
  const summary = await reader.ask<Hdf5Summary>({ path, layout: { images, labels, classes } });
  return await loadList(listOf(reader, { path, summary, layout: options }), options);
}

function listOf(
  reader: Reader,
  { path, summary, layout }: { path: string; summary: Hdf5Summary; layout: Hdf5Layout },
): ImageList {
  const { count, height, width, channels, labels } = summary;
  const length = height * width * channels;
  let ahead: { start: number; values: Promise<Uint8Array> } | undefined;
  return {
    name: `"${path}"`,
    ids: Array.from({ length: count }, (_, index) => `${index}`),
    labels,
    classes: [...layout.classes],
    bad: [],
    block: blockSize(summary, length),
    async read(start, end) {
      const values =
        await (ahead?.start === start ? ahead.values : reader.ask<Uint8Array>({ start, end }));
      ahead = undefined;
      if (end < count) { // the next block is read while this one is resized
        const next = { start: end, end: Math.min(count, 2 * end - start) };
        ahead = { start: end, values: reader.ask<Uint8Array>(next) };
        ahead.values.catch(() => {}); // thrown where it is awaited
      }
      return Array.from({ length: end - start }, (_, index): Pixels => ({
        data: values.subarray(index * length, (index + 1) * length),
        width,
        height,
        channels,
      }));
    },
    stamps: () => Array(count).fill(`${stampOf(path)} ${layout.images}`),
  };
}

/** Images to read at once: whole chunks, since each is decompressed as a whole. */
function blockSize({ count, chunk }: Hdf5Summary, length: number): number {
  const chunks = Math.max(1, Math.floor(BLOCK_BYTES / length / chunk));
  return Math.max(2, Math.min(count, chunks * chunk));
}

/** The worker that has the file open. Answers come in the order of the questions. */
class Reader implements Disposable {
  #worker = new Worker(new URL("./hdf5_worker.ts", import.meta.url), { type: "module" });
  #waiting: PromiseWithResolvers<unknown>[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if ("error" in data) reject(asError(data.error));
      else resolve(data.answer);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#waiting.shift()?.reject(new Error(`Cannot read HDF5: ${event.message}`));
    };
  }

  ask<Answer>(question: unknown): Promise<Answer> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.push(waiting);
    this.#worker.postMessage(question);
    return waiting.promise as Promise<Answer>;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** An error as it was thrown in the worker. */
function asError({ name, message }: { name: string; message: string }): Error {
  const kinds: Record<string, ErrorConstructor> = { TypeError, RangeError };
  return new (kinds[name] ?? Error)(message);
}
