/**
 * Image files to pixels: plain JPEGs by a quick decoder, all else by sharp (libvips), both on their
 * own threads, so that the event loop stays free.
 *
 * @module
 */

import type sharp from "sharp";
import type { Sharp } from "sharp";
import type { OptionNames } from "../../options.ts";
import type { OnProgress } from "../../progress.ts";
import { forEachConcurrent } from "./concurrency.ts";
import { isFits } from "./fits.ts";
import { type FitsRgbOptions, fitsToRgb } from "./fits_rgb.ts";
import { assertImagesFit } from "./memory.ts";
import { decodeJpeg, plainJpegSide } from "./jpeg.ts";
import type { Pixels } from "./pixels.ts";

/** How an image file becomes a square of pixels. */
export type CropOptions = {
  /** Side of the result, in pixels. */
  size: number;
  /**
   * Part of the short side that the centred square spans, in (0, 1]; exact to one output pixel.
   * 0.875 is the usual "resize to 256, crop to 224".
   *
   * @default {1}
   */
  cropFraction?: number;
  /**
   * How pixels are interpolated and, in a reduction, averaged; PIL's filters of the same names.
   *
   * @default {"lanczos"}
   */
  filter?: Filter;
  /** How FITS files become colours. @default {the defaults of fitsToRgb} */
  fits?: FitsRgbOptions;
};

/** An image before it is decoded: the path of a file, the bytes of one, or pixels of any size. */
export type ImageInput = string | Uint8Array | Pixels;

/** A resampling filter: 3 lobes of the sinc, Catmull and Rom's cubic, or a triangle. */
export type Filter = "lanczos" | "bicubic" | "bilinear";

const KERNELS = { lanczos: "lanczos3", bicubic: "cubic", bilinear: "linear" } as const;

/** How many files are decoded: limits, progress, stop. */
export type DecodeOptions = CropOptions & {
  /**
   * Files in work at once. Two a core keep the cores busy while others are read and copied.
   *
   * @default {2 * navigator.hardwareConcurrency}
   */
  concurrency?: number;
  /**
   * Bytes that the decoded images may take in memory.
   *
   * @default {three quarters of the free memory}
   */
  memoryLimit?: number;
  /** Stops between two images; the promise is then rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Told after each image. */
  onProgress?: OnProgress;
};

/**
 * All of {@linkcode DecodeOptions}, and what else a model's `preprocessing` holds, which is given whole:
 * how its input is normalised, which the model does.
 */
export const decodeOptions: OptionNames<DecodeOptions & { mean?: unknown; std?: unknown }> = {
  size: true,
  cropFraction: true,
  filter: true,
  fits: true,
  concurrency: true,
  memoryLimit: true,
  signal: true,
  onProgress: true,
  mean: true,
  std: true,
};

/** A file that could not be used, and why. */
export type BadFile = {
  path: string;
  reason: string;
};

/**
 * Decodes one image: the centred square of its short side, resized to `size` x `size`, 8-bit sRGB.
 *
 * EXIF orientation is applied. Grey becomes three equal channels, 16 bits become 8, CMYK and
 * embedded colour profiles are converted to sRGB, transparent pixels are laid over black, the first
 * frame of several is taken. A JPEG that is not a plain square and is reduced by more than two is
 * first reduced by 2, 4 or 8 while it is decoded, which changes a pixel of a galaxy by less than one
 * level of 255 on average. An image
 * smaller than `size` is enlarged, by the cubic unless the filter is "bilinear".
 *
 * A FITS file is composed by {@linkcode fitsToRgb} first.
 *
 * @returns `size` x `size` x 3 values in [0, 255], row by row, channels last
 * @throws {Error} When the file cannot be read, or is damaged or truncated above the crop's lower edge
 * @throws {RangeError} When an option is out of range
 *
 * @example
 * ```ts
 * import { decodeImage } from "galaxykit/data";
 * import sharp, { type Sharp } from "sharp";
import type { OnProgress } from "../../progress.ts";
 * import assert from "node:assert/strict";
 *
 * const create = { width: 30, height: 20, channels: 3 as const, background: "red" };
 * const png = await sharp({ create }).png().toBuffer();
 * const pixels = await decodeImage(png, { size: 4 });
 * assert.equal(pixels.length, 4 * 4 * 3);
 * assert.deepEqual([...pixels.subarray(0, 3)], [255, 0, 0]);
 * ```
 */
export async function decodeImage(
  image: ImageInput,
  options: CropOptions,
): Promise<Uint8Array> {
  checkCrop(options);
  const { size, cropFraction = 1, filter = "lanczos" } = options;
  // Reading here saves libvips some 18 openings of the file, one for each format it tries.
  let input = typeof image === "string" ? await Deno.readFile(image) : image;
  if (input instanceof Uint8Array && input.length === 0) throw new Error("the file is empty");
  if (input instanceof Uint8Array && isFits(input)) input = await fitsToRgb(input, options.fits);
  const whole = Math.round(size / cropFraction);
  if (!(input instanceof Uint8Array) && whole === size && isReady(input, size)) {
    return input.data.slice();
  }
  if (input instanceof Uint8Array && (plainJpegSide(input) ?? 0) >= whole) {
    try {
      return await decodeJpeg(input, { size, whole, filter });
    } catch {
      // libvips forgives some damage, and names the rest
    }
  }
  const pipeline = openImage(await libvips(), input).resize(whole, whole, {
    fit: "cover",
    position: "centre",
    kernel: KERNELS[filter],
  });
  if (whole > size) {
    // After the resize: an extract before it would rule out reducing while decoding.
    const offset = (whole - size) >> 1;
    pipeline.extract({ left: offset, top: offset, width: size, height: size });
  }
  const { data, info } = await pipeline.flatten({ background: "black" }).raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) {
    throw new Error(`it decodes to ${info.channels} channels, 3 are wanted`);
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength); // no Buffer
}

function openImage(open: typeof sharp, input: Uint8Array | Pixels): Sharp {
  if (input instanceof Uint8Array) {
    // "error" refuses truncated and damaged files; "warning" would also refuse harmless oddities.
    return open(input, { failOn: "error", autoOrient: true });
  }
  const { data, width, height, channels } = input;
  return open(data, { raw: { width, height, channels } }).toColourspace("srgb");
}

/** Whether pixels need no work. */
function isReady({ data, width, height, channels }: Pixels, size: number): boolean {
  return width === size && height === size && channels === 3 && data.length === size * size * 3;
}

/**
 * Decodes files into one array, in the order of `paths`, on all cores. See {@linkcode decodeImage}
 * for what is done to each.
 *
 * @returns `paths.length` x `size` x `size` x 3 values in [0, 255] (NHWC, RGB)
 * @throws {Error} When files are missing, truncated or damaged, after having tried them all: how
 * many, and the first few with their reasons
 * @throws {RangeError} When an option is out of range, or the images do not fit in memory
 *
 * @example
 * ```ts
 * import { decodeImages, listImages } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 3, size: 48, seed: 1 });
 * const paths = listImages(folder).files.map(({ path }) => path);
 * const images = await decodeImages(paths, { size: 32 });
 * assert.equal(images.length, 3 * 32 * 32 * 3);
 * ```
 */
export async function decodeImages(
  paths: readonly string[],
  options: DecodeOptions,
): Promise<Uint8Array> {
  const { images, bad } = await decodeAll(paths, options);
  if (bad.length > 0) {
    throw new Error(
      `Cannot decode ${bad.length} of ${paths.length} images: ${listBadFiles(bad)}`,
    );
  }
  return images;
}

/** Decoding now: libvips keeps one error text for all threads, which may be another image's. */
const underWay = new Set<Promise<void>>();

/** Decoded images, one after the other; those that failed are not among them. */
export type Decoded = {
  images: Uint8Array;
  /** Positions of the images, ascending. */
  rows: number[];
  bad: (BadFile & { index: number })[];
};

/**
 * As {@linkcode decodeImages}, with the failures returned.
 *
 * @param options `names`: what to call images that are no files, by default their positions;
 * `before` and `total`: of how many images these are part, and how many came before
 */
export async function decodeAll(
  sources: readonly ImageInput[],
  options: DecodeOptions & { names?: readonly string[]; before?: number; total?: number },
): Promise<Decoded> {
  checkCrop(options);
  const { size, signal, onProgress, memoryLimit, names } = options;
  const { before = 0, total = sources.length } = options;
  const { concurrency = 2 * navigator.hardwareConcurrency } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot decode images: concurrency must be a positive integer, ${concurrency} found`,
    );
  }
  assertImagesFit(sources.length, { size, memoryLimit });
  const length = size * size * 3;
  const images = new Uint8Array(sources.length * length);
  const failed: number[] = [];
  async function decodeInto(index: number) {
    images.set(await decodeImage(sources[index], options), index * length);
  }
  let done = before;
  const work = forEachConcurrent(sources.length, {
    limit: concurrency,
    signal,
    async task(index) {
      try {
        await decodeInto(index);
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        failed.push(index);
      }
      onProgress?.({ what: "Reading images", done: ++done, total, unit: "images" });
    },
  });
  underWay.add(work);
  try {
    await work;
  } finally {
    underWay.delete(work);
  }
  const bad: Decoded["bad"] = [];
  // Once more, one by one, to learn why.
  if (failed.length > 0) await Promise.allSettled(underWay);
  for (const index of failed.sort((a, b) => a - b)) {
    signal?.throwIfAborted();
    try {
      await decodeInto(index);
    } catch (error) {
      const source = sources[index];
      bad.push({
        path: typeof source === "string" ? source : names?.[index] ?? `image ${index}`,
        reason: (error as Error).message.trim().split("\n")[0], // the others repeat it
        index,
      });
    }
  }
  const lost = new Set(bad.map(({ index }) => index));
  const rows = Array.from(sources.keys()).filter((index) => !lost.has(index));
  if (bad.length > 0) {
    rows.forEach((from, to) => images.copyWithin(to * length, from * length, (from + 1) * length));
  }
  return { images: images.subarray(0, rows.length * length), rows, bad };
}

/** The first few bad files with their reasons, for an error message. */
export function listBadFiles(bad: readonly BadFile[], shown = 3): string {
  const list = bad.slice(0, shown).map(({ path, reason }) => `"${path}" (${reason})`).join(", ");
  return bad.length > shown ? `${list} and ${bad.length - shown} more` : list;
}

/** Refuses options out of range. */
export function checkCrop({ size, cropFraction = 1, filter = "lanczos" }: CropOptions): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot decode images: size must be a positive integer, ${size ?? "none"} found`,
    );
  }
  if (!(cropFraction > 0 && cropFraction <= 1)) {
    throw new RangeError(
      `Cannot decode images: cropFraction must lie in (0, 1], ${cropFraction} found`,
    );
  }
  if (!Object.hasOwn(KERNELS, filter)) {
    throw new RangeError(
      `Cannot decode images: filter must be one of ${Object.keys(KERNELS).join(", ")}, ` +
        `"${filter}" found`,
    );
  }
}

let loading: Promise<typeof sharp> | undefined;

/** Loaded at first use: whoever has no images to decode need not wait for it. */
function libvips(): Promise<typeof sharp> {
  return loading ??= import("sharp").then(({ default: sharp }) => {
    // One thread an image, as many images as cores: splitting one small image only adds hand-overs.
    sharp.concurrency(1);
    // Each file is read once; and the cache would return a file's old pixels after it was rewritten.
    sharp.cache(false);
    return sharp;
  });
}
