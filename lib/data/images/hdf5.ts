/**
 * Images in HDF5 files, such as GalaxyMNIST and Galaxy10 DECaLS: read block by block.
 *
 * @module
 */

import type { Dataset, File } from "h5wasm/node";
import { type LoadedSet, type LoadOptions, loadSource } from "./image_set.ts";
import { type ImageSource, stampOf } from "./image_source.ts";
import type { Pixels } from "./pixels.ts";

/** Which data sets of a file are what. */
export interface Hdf5Layout {
  /** uint8, n x height x width x 3, or n x height x width for grey. */
  images: string;
  /** Whole numbers from 0, n of them. */
  labels: string;
  /** Class names, in the order of labels. */
  classes: readonly string[];
}

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
): Promise<LoadedSet> {
  const file = await openHdf5(path);
  try {
    return await loadSource(hdf5Source(file, { ...options, path }), options);
  } finally {
    file.close();
  }
}

async function openHdf5(path: string): Promise<File> {
  let whole;
  try {
    whole = Deno.realPathSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new Error(`Cannot read "${path}": no such file`, { cause });
    }
    throw cause;
  }
  const { default: h5wasm } = await import("h5wasm/node"); // 0.5 s, not for everyone
  // Without this a failed read prints to stderr and returns what happens to lie in memory.
  (await h5wasm.ready).activate_throwing_error_handler();
  try {
    const file = new h5wasm.File(whole, "r");
    if (file.file_id < 0n) throw new Error("it is not opened");
    return file;
  } catch (cause) {
    throw new Error(`Cannot read "${path}": it is no HDF5 file, or truncated`, { cause });
  }
}

function hdf5Source(
  file: File,
  { path, images, labels, classes }: Hdf5Layout & { path: string },
): ImageSource {
  const data = dataset(file, images, path);
  const { dtype, shape } = data;
  const channels = shape.length === 3 ? 1 : shape[3];
  const fits = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (!fits || (dtype !== "<B" && dtype !== ">B")) {
    throw new TypeError(
      `Cannot use data set "${images}" of "${path}": uint8 of n x height x width x 3 is wanted, ` +
        `${dtype} of ${shape.join(" x ")} found`,
    );
  }
  const [count, height, width] = shape;
  const length = height * width * channels;
  return {
    name: `"${path}"`,
    ids: Array.from({ length: count }, (_, index) => `${index}`),
    labels: readLabels(dataset(file, labels, path), { count, classes, path }),
    classes: [...classes],
    bad: [],
    block: blockSize(data, { count, length }),
    read(start, end) {
      const values = attempt(
        path,
        () => data.slice([[start, end]]) as Uint8Array,
        ` at images ${start} to ${end - 1}`,
      );
      return Array.from({ length: end - start }, (_, index): Pixels => ({
        data: values.subarray(index * length, (index + 1) * length),
        width,
        height,
        channels,
      }));
    },
    stamps: () => Array(count).fill(`${stampOf(path)} ${images}`),
  };
}

/** Images to read at once: whole chunks, since each is decompressed as a whole. */
function blockSize(
  { chunk }: Described,
  { count, length }: { count: number; length: number },
): number {
  const chunks = Math.max(1, Math.floor(BLOCK_BYTES / length / chunk));
  return Math.max(2, Math.min(count, chunks * chunk));
}

function readLabels(
  { shape, slice }: Described,
  { count, classes, path }: { count: number; classes: readonly string[]; path: string },
): Int32Array {
  if (shape.length !== 1 || shape[0] !== count) {
    throw new TypeError(
      `Cannot use the labels of "${path}": ${count} are wanted, one an image, ` +
        `${shape.join(" x ")} found`,
    );
  }
  const values = attempt(path, () => slice([]), " at the labels");
  const labels = Array.from(values as ArrayLike<number | bigint>, Number);
  const wrong = labels.findIndex((label) => classes[label] === undefined);
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot use the labels of "${path}": 0 to ${classes.length - 1} are wanted, ` +
        `${labels[wrong]} found at image ${wrong}`,
    );
  }
  return Int32Array.from(labels);
}

/** A data set, with what there is to know of it. */
interface Described {
  dtype: unknown;
  shape: number[];
  /** Length of a chunk along the first axis. */
  chunk: number;
  slice: Dataset["slice"];
}

function dataset(file: File, name: string, path: string): Described {
  const names = attempt(path, () => file.keys());
  const described = attempt(path, () => {
    const found = names.includes(name) ? file.get(name) as Dataset : null;
    if (!found || !("slice" in found)) return undefined;
    const { dtype, shape, metadata } = found;
    const slice: Dataset["slice"] = (ranges) => found.slice(ranges);
    return { dtype, shape: shape ?? [], chunk: metadata.chunks?.[0] ?? 1, slice };
  });
  if (!described) {
    throw new TypeError(
      `Cannot use "${path}": data set "${name}" is wanted, ${names.join(", ")} found`,
    );
  }
  return described;
}

/** Reads something, and says so where it fails. */
function attempt<T>(path: string, read: () => T, where = ""): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`Cannot read "${path}": it is damaged${where}`, { cause });
  }
}
