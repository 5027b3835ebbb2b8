/**
 * Images before they are decoded, whatever they come from.
 *
 * @module
 */

import type { BadFile, ImageInput } from "./decode.ts";
import { listBadFiles } from "./decode.ts";
import type { ScanOptions } from "./image_folder.ts";
import { crc32 } from "node:zlib";

/** What is known of the images of a set. Row i of each field belongs to image i. */
export interface Labels {
  /** n positions in `classes`; all 0 where there are no classes. */
  labels: Int32Array;
  /** Class names. */
  classes: string[];
  /** n names, each different. */
  ids: string[];
  /** Numbers to predict, e.g. vote fractions. */
  targets?: Targets;
}

/** Several numbers for each image. */
export interface Targets {
  /** n x k numbers, row by row; NaN where unknown. */
  values: Float32Array;
  /** k names. */
  names: string[];
}

/** Images that can be decoded, a range at a time. */
export interface ImageSource extends Labels {
  /** For messages, e.g. the folder. */
  name: string;
  /** Images left out already. */
  bad: BadFile[];
  /** How many images are best read at once, 1 if it does not matter. */
  block: number;
  /** The images of positions `start` to `end - 1`. */
  read(start: number, end: number): ImageInput[] | Promise<ImageInput[]>;
  /** A text for each image that changes when it does. */
  stamps(): string[];
}

/** An image with its labels. */
export interface ImageItem {
  /** Unique in the set, e.g. the object id of a catalogue. */
  id: string;
  /** Path of a file, the bytes of one, or pixels. */
  image: ImageInput;
  /** Class name. */
  class?: string;
  /** Numbers to predict, in the order of `targetNames`. */
  targets?: readonly number[];
}

/** What the items' labels mean. */
export interface ItemOptions extends ScanOptions {
  /** Class names, in the order of labels. @default {those that occur, sorted} */
  classes?: readonly string[];
  /** Names of the numbers to predict. */
  targetNames?: readonly string[];
}

/** Checks items and their files: they must exist, be files, and be labelled alike. */
export function itemSource(items: readonly ImageItem[], options: ItemOptions): ImageSource {
  const twice = firstRepeated(items.map(({ id }) => id));
  if (twice !== undefined) {
    throw new RangeError(`Cannot make an image set: the id "${twice}" occurs more than once`);
  }
  const bad: BadFile[] = [];
  const stamps: string[] = [];
  const good = items.filter(({ image }) => {
    try {
      stamps.push(stampOf(image));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const missing = error instanceof Deno.errors.NotFound;
      bad.push({
        path: String(image),
        reason: missing ? "no such file" : (error as Error).message,
      });
      return false;
    }
  });
  if (bad.length > 0 && options.bad !== "skip") {
    throw new Error(
      `Cannot use ${bad.length} of ${items.length} images: ${listBadFiles(bad)}; ` +
        "remove them or skip bad files",
    );
  }
  if (good.length === 0) throw new RangeError("Cannot make an image set: there is no image in it");
  return {
    name: "the list",
    ids: good.map(({ id }) => id),
    ...classLabels(good, options),
    targets: targetsOf(good, options),
    bad,
    block: 1,
    read: (start, end) => good.slice(start, end).map(({ image }) => image),
    stamps: () => stamps,
  };
}

function classLabels(items: readonly ImageItem[], options: ItemOptions) {
  const found = new Set(items.map((item) => item.class));
  if (found.has(undefined) && found.size > 1) {
    const { id } = items.find((item) => item.class === undefined)!;
    throw new TypeError(`Cannot make an image set: image "${id}" has no class, others have one`);
  }
  const names = [...found].filter((name) => name !== undefined).sort();
  const classes = [...options.classes ?? names];
  const unknown = names.find((name) => !classes.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot make an image set: class "${unknown}" is not among ${classes.join(", ")}`,
    );
  }
  const label = new Map(classes.map((name, index) => [name, index]));
  return { classes, labels: Int32Array.from(items, (item) => label.get(item.class ?? "") ?? 0) };
}

function targetsOf(items: readonly ImageItem[], { targetNames }: ItemOptions): Targets | undefined {
  const names = [...targetNames ?? []];
  const wrong = items.find(({ targets }) => (targets?.length ?? 0) !== names.length);
  if (wrong) {
    throw new TypeError(
      `Cannot make an image set: image "${wrong.id}" has ${wrong.targets?.length ?? 0} targets, ` +
        `${names.length} are named`,
    );
  }
  if (names.length === 0) return undefined;
  return { names, values: Float32Array.from(items.flatMap(({ targets }) => [...targets!])) };
}

/** Length and time of a file, length and checksum of bytes. */
export function stampOf(image: ImageInput): string {
  if (typeof image === "string") {
    const { isFile, size, mtime } = Deno.statSync(image);
    if (!isFile) throw new Error("it is not a file");
    return `${size} ${mtime?.getTime()}`;
  }
  const bytes = image instanceof Uint8Array ? image : image.data;
  return `${bytes.length} ${crc32(bytes)}`;
}

function firstRepeated(ids: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return ids.find((id) => seen.size === seen.add(id).size);
}

/** The given rows of all labels. */
export function takeLabels<T extends Labels>(
  { labels, ids, classes, targets }: T,
  rows: ArrayLike<number>,
): Labels {
  const width = targets?.names.length ?? 0;
  return {
    labels: Int32Array.from(rows, (row) => labels[row]),
    ids: Array.from(rows, (row) => ids[row]),
    classes,
    ...(targets && {
      targets: {
        names: targets.names,
        values: Float32Array.from(
          { length: rows.length * width },
          (_, at) => targets.values[rows[Math.floor(at / width)] * width + at % width],
        ),
      },
    }),
  };
}
