/**
 * Images of one size with what is known of them, wherever their pixels lie.
 *
 * @module
 */

import type { FileMapping } from "../../file_mapping.ts";
import { inspect, someOf } from "../../inspect.ts";
import { type OptionNames, refuseUnknown } from "../../options.ts";
import { count as number } from "../../text.ts";
import { assertDifferent, type Batched, memorySource, type Source, takeRows } from "../source.ts";
import type { BadFile, CropOptions } from "./decode.ts";

/** What is known of the images of a set. Row i of each field belongs to image i. */
export type Labels = {
  /** n positions in `classes`, or -1: of no class. */
  labels: Int32Array;
  /** Class names; none in a set that is not classified. */
  classes: readonly string[];
  /** n names, each different. */
  ids: readonly string[];
  /** Numbers to predict, e.g. vote fractions. */
  targets?: Targets;
  /** n texts, e.g. what volunteers write of the images. */
  texts?: readonly string[];
};

/** Several numbers for each image. */
export type Targets = {
  /** n x k numbers, row by row; NaN where unknown. */
  values: Float32Array;
  /** k names. */
  names: readonly string[];
};

/** Some pictures: b x size x size x 3 values in [0, 255] (NHWC, RGB). */
export type Pictures = Batched & { images: Uint8Array };

/** Some images of a set. */
export type ImageBatch = Pictures & {
  /** b positions in the set's `classes`, or -1. */
  labels: Int32Array;
  /** b x k numbers to predict, where the set has them. */
  targets?: Float32Array;
  /** b texts, where the set has them. */
  texts?: string[];
};

/** An image as `imageGrid` takes it. */
export type ImageTile = { pixels: Uint8Array; width: number; caption: string };

/**
 * Images of one size with their labels, in memory, in a cache on disk, or decoded when they are read.
 *
 * A field that is changed in a copy changes nothing of what is read: {@linkcode relabel} does.
 */
export type ImageSet = Source<ImageBatch> & Labels & {
  /** Side of each image, in pixels. */
  readonly size: number;
  /** How they were cut out of the files, where they were. */
  readonly crop?: Required<Pick<CropOptions, "cropFraction" | "filter">>;
  /** Files left out; those of a stream so far. */
  readonly bad: BadFile[];
  /** n x size x size x 3 values, where all are in memory or in a cache. */
  readonly images?: Uint8Array;
  /**
   * One image, with its class or its id as caption.
   *
   * @throws {RangeError} When there is none at the position
   * @throws {Error} When it cannot be decoded
   */
  tile(index: number): Promise<ImageTile>;
  /** Gives the memory back, or the cache. */
  [Symbol.dispose](): void;
};

/** Pictures of one size, before they are labelled. */
export type PictureSource =
  & Source<Pictures>
  & Pick<ImageSet, "size" | "bad" | "crop" | "images" | typeof Symbol.dispose>;

/**
 * A set of images that are in memory.
 *
 * @throws {RangeError} When lengths disagree, an id occurs twice, or a label has no class
 *
 * @example
 * ```ts
 * import { imageSet } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const images = new Uint8Array(2 * 4 * 4 * 3).fill(200, 48);
 * const set = imageSet({ images, size: 4, labels: [0, 1], classes: ["dark", "bright"] });
 * const { pixels, width, caption } = await set.tile(1);
 * assert.deepEqual([pixels[0], width, caption], [200, 4, "bright"]);
 * ```
 */
export function imageSet(options: ImageSetOptions): ImageSet {
  refuseUnknown(options, { ...labelOptions, images: true, size: true, ids: true }, {
    what: "make an image set",
  });
  const { images, size, ids, ...labels } = options;
  const length = images.length / (size ** 2 * 3);
  if (!Number.isInteger(length) || length === 0) {
    throw new RangeError(
      `Cannot make an image set: images of ${size}x${size} pixels hold a multiple of ${
        size ** 2 * 3
      } values, ${images.length} found`,
    );
  }
  const names = ids ?? Array.from({ length }, (_, index) => `${index}`);
  assertRows("ids", names.length, length);
  assertDifferent(names, { what: "an image set" });
  return labelled(heldPictures(images, { size, ids: names, bad: [] }), labels);
}

/** Images in memory, and what they may be called. */
export type ImageSetOptions = LabelOptions & {
  /** n x size x size x 3 values in [0, 255] (NHWC, RGB). */
  images: Uint8Array;
  /** Side of each image, in pixels. */
  size: number;
  /** n names, each different. @default {the positions} */
  ids?: readonly string[];
};

/** What images may be called. */
export type LabelOptions = {
  /** n positions in `classes`, or -1: of no class. @default {-1 each} */
  labels?: ArrayLike<number>;
  /** Class names. @default {none} */
  classes?: readonly string[];
  /** Numbers to predict. @default {none} */
  targets?: Targets;
  /** n texts. @default {none} */
  texts?: readonly string[];
};

const labelOptions: OptionNames<LabelOptions> = {
  labels: true,
  classes: true,
  targets: true,
  texts: true,
};

/**
 * The same images, not copied, with other labels, targets or texts; what is not given stays.
 *
 * @throws {RangeError} When lengths disagree, or a label has no class
 *
 * @example
 * ```ts
 * import { imageSet, relabel } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const set = imageSet({ images: new Uint8Array(2 * 4 * 4 * 3), size: 4 });
 * const rated = relabel(set, { targets: { names: ["smooth"], values: Float32Array.of(0.9, 0.3) } });
 * assert.equal((await rated.read(Int32Array.of(1))).targets![0], Math.fround(0.3));
 * ```
 */
export function relabel(set: ImageSet, options: LabelOptions): ImageSet {
  refuseUnknown(options, labelOptions, { what: "relabel a set" });
  const { labels = set.labels, classes = set.classes, targets = set.targets, texts = set.texts } =
    options;
  return labelled(set, { labels, classes, targets, texts });
}

/** A set of pictures. */
export function labelled(
  pictures: PictureSource,
  { labels, classes = [], targets, texts }: LabelOptions,
): ImageSet {
  const { length, ids, size } = pictures;
  const given = Array.from(labels ?? { length }, (label) => label ?? -1);
  assertRows("labels", given.length, length);
  const twice = classes.find((name, at) => classes.indexOf(name) < at);
  if (twice !== undefined) {
    throw new RangeError(`Cannot make an image set: two classes are called "${twice}"`);
  }
  const wrong = given.findIndex((label) => label !== -1 && !(label in classes));
  if (wrong >= 0) {
    const found = `image "${ids[wrong]}" has label ${given[wrong]}`;
    throw new RangeError(
      `Cannot make an image set: ${found}, wanted -1 or one of ${classes.length} classes`,
    );
  }
  if (targets) assertRows("targets", targets.values.length, length * targets.names.length);
  if (texts) assertRows("texts", texts.length, length);
  const known: Labels = { labels: Int32Array.from(given), classes, ids, targets, texts };
  const set: ImageSet = {
    ...pictures,
    ...known,
    async read(wanted) {
      const { images, indices } = await pictures.read(wanted);
      return { images, ...rowsOf(known, indices) };
    },
    async tile(index) {
      if (!(index in ids)) {
        throw new RangeError(`Cannot show image ${index}: the set has ${length}, from 0`);
      }
      const { images } = await pictures.read(Int32Array.of(index));
      if (images.length === 0) throw new Error(`Cannot show image "${ids[index]}": it is damaged`);
      return { pixels: images, width: size, caption: classes[given[index]] ?? ids[index] };
    },
  };
  return Object.defineProperty(set, inspect, { value: () => describe(set) });
}

/** What a console and a notebook show of a set. */
function describe({ length, size, ids, labels, classes, targets, texts, bad }: ImageSet): string {
  const counts = new Map(
    Map.groupBy(labels, (label) => label).entries()
      .map(([label, rows]) => [label, number(rows.length)]),
  );
  const named = classes.map((name, label) => `${name} ${counts.get(label) ?? 0}`);
  if (classes.length > 0 && counts.has(-1)) named.push(`of none ${counts.get(-1)}`);
  return [
    `ImageSet: ${number(length)} images of ${size}x${size} pixels`,
    `ids: ${someOf(ids, 3)}`,
    ...(classes.length === 0 ? [] : [`classes: ${someOf(named)}`]),
    ...(targets === undefined ? [] : [`targets: ${someOf(targets.names, 3)}`]),
    ...(texts === undefined ? [] : [`texts: one for each image`]),
    ...(bad.length === 0 ? [] : [`bad: ${number(bad.length)} files left out`]),
  ].join("\n  ");
}

/** Pictures that are in memory or mapped to it. */
export function heldPictures(
  images: Uint8Array,
  { size, ids, bad, crop, mapping }: {
    size: number;
    ids: readonly string[];
    bad: BadFile[];
    crop?: PictureSource["crop"];
    /** Where they lie in a file. */
    mapping?: FileMapping;
  },
): PictureSource {
  const length = size ** 2 * 3;
  const { read, fields: _, ...source } = memorySource({ images }, { ids });
  return {
    ...{ ...source, images, size, bad, ...(crop && { crop }) },
    read(indices) {
      if (images.length === 0) throw new Error("Cannot read images: the set was disposed of");
      return read(indices);
    },
    readAhead: (indices) => indices.forEach((index) => mapping?.willNeed(index * length, length)),
    [Symbol.dispose]: () => mapping?.[Symbol.dispose](),
  };
}

function assertRows(what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new RangeError(`Cannot make an image set: ${wanted} ${what} are wanted, ${found} found`);
}

/** What is known of the images at some positions. */
function rowsOf(
  { labels, ids, targets, texts }: Labels,
  indices: Int32Array,
): Omit<ImageBatch, "images"> {
  const numbers = takeRows(
    { labels, ...(targets && { targets: targets.values }) },
    { indices, length: ids.length },
  );
  const own = texts && { texts: Array.from(indices, (index) => texts[index]) };
  return { ...numbers as Batched & { labels: Int32Array }, ...own };
}

/** The labels of the images at some positions. */
export function takeLabels(known: Labels, indices: Int32Array): Labels {
  const { targets: values, ...own } = rowsOf(known, indices);
  const { classes, targets } = known;
  const ids = Array.from(indices, (index) => known.ids[index]);
  return { ...own, classes, ids, targets: targets && { ...targets, values: values! } };
}
