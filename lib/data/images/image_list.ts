/**
 * Images before they are decoded, whatever they come from.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { OptionNames } from "../../options.ts";
import {
  type BadFile,
  decodeAll,
  type Decoded,
  type DecodeOptions,
  type ImageInput,
  listBadFiles,
} from "./decode.ts";
import { scanImageFolder, type ScanOptions } from "./image_folder.ts";
import { assertDifferent } from "../source.ts";
import type { Labels, Targets } from "./image_set.ts";

/** Images that can be decoded, a range at a time. */
export type ImageList = Labels & {
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
};

/** An image with its labels. */
export type ImageItem = {
  /** Unique in the set, e.g. the object id of a catalogue. */
  id: string;
  /** Path of a file, the bytes of one, or pixels. */
  image: ImageInput;
  /** Class name. */
  class?: string;
  /** Numbers to predict, in the order of `targetNames`. */
  targets?: readonly number[];
  /** What is said of it. */
  text?: string;
};

/** What the items' labels mean. */
export type ItemOptions = ScanOptions & {
  /** Class names, in the order of labels. @default {those that occur, sorted} */
  classes?: readonly string[];
  /** Names of the numbers to predict. */
  targetNames?: readonly string[];
};

/** What {@linkcode ItemOptions} adds. */
export const itemOptions: OptionNames<ItemOptions> = {
  bad: true,
  classes: true,
  targetNames: true,
};

/** The images of a folder's classes. */
export function folderList(folder: string, options: ScanOptions): ImageList {
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

/** Checks items and their files: they must exist, be files, and be labelled alike. */
export function itemList(items: readonly ImageItem[], options: ItemOptions): ImageList {
  if (!Array.isArray(items)) {
    throw new TypeError(
      `Cannot load images: a list of items is wanted, such as { id, image }, found ${typeof items}; a folder is read by loadImageFolder`,
    );
  }
  assertDifferent(items.map(({ id }) => id), { what: "an image set" });
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
    texts: textsOf(good),
    bad,
    block: 1,
    read: (start, end) => good.slice(start, end).map(({ image }) => image),
    stamps: () => stamps,
  };
}

function classLabels(items: readonly ImageItem[], options: ItemOptions) {
  assertAlike(items, "class");
  const found = new Set(items.map((item) => item.class));
  const names = [...found].filter((name) => name !== undefined).sort();
  const classes = [...options.classes ?? names];
  const unknown = names.find((name) => !classes.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot make an image set: class "${unknown}" is not among ${classes.join(", ")}`,
    );
  }
  const label = new Map(classes.map((name, index) => [name, index]));
  return { classes, labels: Int32Array.from(items, (item) => label.get(item.class!) ?? -1) };
}

function textsOf(items: readonly ImageItem[]): string[] | undefined {
  assertAlike(items, "text");
  return items[0].text === undefined ? undefined : items.map(({ text }) => text!);
}

/** All have it, or none. */
function assertAlike(items: readonly ImageItem[], what: "class" | "text"): void {
  const without = items.find((item) => item[what] === undefined);
  if (without === undefined || items.every((item) => item[what] === undefined)) return;
  throw new TypeError(
    `Cannot make an image set: image "${without.id}" has no ${what}, others have one`,
  );
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

/** Decodes a list from `start` on, `step` images at a time; positions are those in the list. */
export async function* decodeList(
  list: ImageList,
  { start = 0, step, ...options }: DecodeOptions & { start?: number; step: number },
): AsyncGenerator<Omit<Decoded, "rows"> & { end: number }> {
  const total = list.ids.length;
  for (let before = start; before < total; before += step) {
    const end = Math.min(before + step, total);
    const names = list.ids.slice(before, end);
    const decoded = await decodeAll(await list.read(before, end), {
      ...options,
      ...{ names, before, total },
    });
    const bad = decoded.bad.map((one) => ({ ...one, index: before + one.index }));
    yield { images: decoded.images, bad, end };
  }
}
