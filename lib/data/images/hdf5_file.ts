/**
 * Images and labels in HDF5 files.
 *
 * @module
 */

import type { Dataset, File } from "h5wasm/node";
import { openHdf5 } from "../../hdf5.ts";

/** Which data sets of a file are what. */
export type Hdf5Layout = {
  /** uint8, n x height x width x 3, or n x height x width for grey. */
  images: string;
  /** Whole numbers from 0, n of them. */
  labels: string;
  /** Class names, in the order of labels. */
  classes: readonly string[];
};

/** What there is in a file. */
export type Hdf5Summary = {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  /** Images that are compressed together. */
  chunk: number;
  labels: Int32Array;
};

/** An open file: what is in it, and its pixels. */
export type Hdf5Images = {
  summary: Hdf5Summary;
  /** The images of positions `start` to `end - 1`, one after the other. */
  read(start: number, end: number): Uint8Array;
};

/**
 * Opens a file and checks that it is laid out as said.
 *
 * @throws {Error} When the file is missing, truncated or damaged
 * @throws {TypeError} When a data set is missing, or has another type or shape
 * @throws {RangeError} When a label has no class
 */
export async function openHdf5Images(path: string, layout: Hdf5Layout): Promise<Hdf5Images> {
  const file = await openHdf5(path);
  const { images, labels, classes } = layout;
  const data = dataset(file, images, path);
  const { dtype, shape, chunk } = data;
  const channels = shape.length === 3 ? 1 : shape[3];
  const fits = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (!fits || (dtype !== "<B" && dtype !== ">B")) {
    throw new TypeError(
      `Cannot use data set "${images}" of "${path}": uint8 of n x height x width x 3 is wanted, ` +
        `${dtype} of ${shape.join(" x ")} found`,
    );
  }
  const [count, height, width] = shape;
  const found = readLabels(dataset(file, labels, path), { count, classes, path });
  return {
    summary: { count, height, width, channels, chunk, labels: found },
    read: (start, end) =>
      attempt(
        path,
        () => data.slice([[start, end]]) as Uint8Array,
        ` at images ${start} to ${end - 1}`,
      ),
  };
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
type Described = {
  dtype: unknown;
  shape: number[];
  /** Length of a chunk along the first axis. */
  chunk: number;
  slice: Dataset["slice"];
};

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
