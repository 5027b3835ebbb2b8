/**
 * Image files to pixels: plain JPEGs by a quick decoder, all else by sharp (libvips), both on their
 * own threads, so that the event loop stays free.
 *
 * @module
 */

import type sharp from "sharp";
import type { Sharp } from "sharp";
import { type OptionNames, refuseOther, refuseUnknown } from "../../options.ts";
import type { OnProgress } from "../../progress.ts";
import { forEachConcurrent } from "./concurrency.ts";
import { isFits } from "./fits_hdu.ts";
import { type FitsRgbOptions, fitsToRgb } from "./fits_rgb.ts";
import { assertImagesFit } from "./memory.ts";
import { asinhGrey } from "./asinh_grey.ts";
import { imageKind, readFile, whyNotImage } from "./_image_kind.ts";
import { hasOtherSamples } from "./_tiff.ts";
import { decodeJpeg, enlarge, isJpeg, plainJpegSide } from "./jpeg.ts";
import { jpegScan } from "./_jpeg_scan.ts";
import type { Pixels } from "./pixels.ts";

/** How an image file becomes a square of pixels. */
export type CropOptions = {
  /** Side of the result, in pixels. */
  size: number;
  /**
   * Part of the short side that the centred square spans, in (0, 1]; exact to one output pixel each
   * side.
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

/** How many pixels an image is enlarged to at most: 1 GiB. */
const MOST = 2 ** 28;

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
 * All of {@linkcode CropOptions}, and what else a model's `preprocessing` holds, which is given whole:
 * how its input is normalised, which the model does.
 */
const cropOptions: OptionNames<CropOptions & { mean?: unknown; std?: unknown }> = {
  size: true,
  cropFraction: true,
  filter: true,
  fits: true,
  mean: true,
  std: true,
};

/** As {@linkcode cropOptions}, of many images. */
export const decodeOptions: OptionNames<DecodeOptions & { mean?: unknown; std?: unknown }> = {
  ...cropOptions,
  concurrency: true,
  memoryLimit: true,
  signal: true,
  onProgress: true,
};

/** A file that could not be used, and why. */
export type BadFile = {
  path: string;
  reason: string;
};

/**
 * Decodes one image: the centred square of its short side, resized to `size` x `size`, 8-bit sRGB.
 *
 * EXIF orientation is applied. Grey becomes three equal channels, 16 bits become 8, CMYK becomes
 * 255 (1 - ink) (1 - black) where no profile says more, embedded colour profiles are converted to
 * sRGB, transparent pixels are laid over black, samples of a TIFF that are no colours are left out, the first frame or page of several is taken. One band
 * of 32-bit floats or integers (TIFF) is shown by {@linkcode asinhGrey}; several are
 * refused. An image smaller than `size` is enlarged, by the cubic unless the filter is "bilinear".
 *
 * The square lies in the middle to the last fraction of a pixel, so that the view of a turned image
 * is the turned view: the short side becomes the number of pixels nearest to `size / cropFraction`
 * of which as many can be cut off on both sides, the long side one of the same kind. It is the number
 * of torchvision's and timm's recipes where theirs is of that kind, such as 256 for 224 at 0.875.
 *
 * A FITS file is composed by {@linkcode fitsToRgb} first.
 *
 * @returns `size` x `size` x 3 values in [0, 255], row by row, channels last
 * @throws {Error} When the file cannot be read, is no image, is damaged, or truncated: a JPEG
 * anywhere, others above the crop's lower edge
 * @throws {RangeError} When an option is unknown or out of range
 *
 * @example
 * ```ts
 * import { decodeImage } from "galaxykit/data";
 * import sharp from "sharp";
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
  refuseUnknown(options, cropOptions, { what: "decode images" });
  return await decodeOne(image, options);
}

async function decodeOne(image: ImageInput, options: CropOptions): Promise<Uint8Array> {
  checkCrop(options);
  const { size, filter = "lanczos" } = options;
  // Reading here saves libvips some 18 openings of the file, one for each format it tries.
  let input = typeof image === "string" ? await readFile(image) : image;
  if (input instanceof Uint8Array) {
    const reason = whyNotImage(input);
    if (reason !== undefined) throw new Error(reason);
    if (isFits(input)) input = await fitsToRgb(input, options.fits);
  }
  const whole = sideBeforeCrop(options);
  if (!(input instanceof Uint8Array)) {
    if (whole === size && isReady(input, size)) return input.data.slice();
    return await cutMiddle(input, { size, whole, filter });
  }
  try {
    return await decodeFile(input, { size, whole, filter });
  } catch (error) {
    throw inWords(error as Error, input);
  }
}

async function decodeFile(input: Uint8Array, { size, whole, filter }: Cut): Promise<Uint8Array> {
  if (!isJpeg(input)) return await cutMiddle(input, { size, whole, filter });
  const isPlain = (plainJpegSide(input) ?? 0) >= whole;
  const decoding = isPlain ? decodeJpeg(input, { size, whole, filter }) : undefined;
  const scan = jpegScan(input); // on this thread, while others decode
  // libvips forgives some damage, and names the rest
  const pixels = await (decoding?.catch(() => undefined)) ??
    await cutMiddle(input, { size, whole, filter });
  if (scan === "unknown") await assertWhole(input);
  else if (scan !== "whole") throw new Error(`the JPEG is damaged or cut: ${scan}`);
  return pixels;
}

/** What the decoders say, which is of their own insides, as a sentence about the file. */
function inWords(error: Error, file: Uint8Array): Error {
  const { message } = error;
  const name = imageKind(file);
  if (/pixel limit/.test(message)) {
    return new Error(`the ${name} says that it has more than 268 million pixels: cut it first`, {
      cause: error,
    });
  }
  if (!/^(vips|tiff2vips|Input |libspng|webp|gifload|heif)/i.test(message)) return error;
  return new Error(`the ${name} is damaged or cut`, { cause: error });
}

/**
 * What an image's short side becomes, of which the middle `size` is cut: as many pixels go on the one
 * side as on the other.
 *
 * @example
 * ```ts
 * import { sideBeforeCrop } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sideBeforeCrop({ size: 224, cropFraction: 0.875 }), 256);
 * assert.equal(sideBeforeCrop({ size: 64, cropFraction: 0.6 }), 106); // 106.7: of 107 the cut is uneven
 * ```
 */
export function sideBeforeCrop(
  { size, cropFraction = 1 }: Pick<CropOptions, "size" | "cropFraction">,
): number {
  return evenly(size, size / cropFraction);
}

/** The integer nearest to `wanted` that is `inner` and an even number more. */
function evenly(inner: number, wanted: number): number {
  // Of two that are as near, the smaller: nothing is enlarged that need not be.
  return inner + 2 * Math.max(0, Math.ceil((wanted - inner) / 2 - 0.5));
}

type Cut = { size: number; whole: number; filter: Filter };

/** The middle of an image, by libvips. */
async function cutMiddle(
  input: Uint8Array | Pixels,
  { size, whole, filter }: Cut,
): Promise<Uint8Array> {
  const open = await libvips();
  const image = input instanceof Uint8Array ? await asShown(open, input) : input;
  const { width, height } = image;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const other = evenly(whole, whole * long / short);
  const [wide, high] = width < height ? [whole, other] : [other, whole];
  if (wide > width || high > height) {
    if (wide * high > MOST) {
      throw new Error(
        `it has ${width} x ${height} pixels: enlarged, they would become ${wide} x ${high}, ` +
          `more than ${MOST}; choose a smaller size, or cut away what makes the image narrow`,
      );
    }
    const { data } = await rgb(openImage(open, image));
    const pixels: Pixels = { data, width, height, channels: 3 };
    return await enlarge(pixels, { size, wide, high, filter });
  }
  const pipeline = openImage(open, image);
  // Reducing while decoding would place the image a fraction of a pixel off, if sides are no multiple.
  if (width % 8 !== 0 || height % 8 !== 0) pipeline.extract({ left: 0, top: 0, width, height });
  pipeline.resize(wide, high, { fit: "fill", kernel: KERNELS[filter] });
  const [left, top] = [(wide - size) / 2, (high - size) / 2];
  if (left > 0 || top > 0) pipeline.extract({ left, top, width: size, height: size });
  return (await rgb(pipeline)).data;
}

async function rgb(pipeline: Sharp): Promise<{ data: Uint8Array }> {
  const { data, info } = await pipeline.flatten({ background: "black" }).raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) {
    throw new Error(`it decodes to ${info.channels} channels, 3 are wanted`);
  }
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }; // no Buffer
}

/** A file with its size as it is shown; pixels where libvips would show other colours. */
type Shown = Pixels | { file: Uint8Array; width: number; height: number };

async function asShown(open: typeof sharp, file: Uint8Array): Promise<Shown> {
  const image = openFile(open, file);
  const { autoOrient: { width, height }, depth, space, channels, hasAlpha, hasProfile } =
    await image
      .metadata().catch(explain);
  if (space === "cmyk" && channels === 4 && !hasProfile) {
    const { data } = await image.pipelineColourspace("cmyk").toColourspace("cmyk").raw()
      .toBuffer({ resolveWithObject: true });
    return { data: fromCmyk(data), width, height, channels: 3 };
  }
  if (hasAlpha && channels <= 4 && imageKind(file) === "TIFF" && hasOtherSamples(file)) {
    const { data } = await image.removeAlpha().toColourspace("srgb").raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width, height, channels: data.length === width * height ? 1 : 3 };
  }
  const isReady = depth === "uchar" || depth === "ushort";
  if (isReady && channels <= 4 + Number(space === "cmyk")) return { file, width, height };
  if (channels !== 1) {
    throw new Error(
      `it holds ${channels} bands of ${depth}, of which none says what is white: ` +
        "compose them with luptonRgb, or write 8 or 16 bits",
    );
  }
  if (space === "grey16") { // libvips takes the bits for an unsigned integer
    throw new Error(
      "it holds 16-bit samples that are no unsigned integers: write 32-bit floats or unsigned integers",
    );
  }
  const { data } = await image.pipelineColourspace(space).toColourspace(space)
    .raw({ depth: "double" })
    .toBuffer({ resolveWithObject: true });
  const values = new Float64Array(Uint8Array.from(data).buffer);
  return { data: asinhGrey(values), width, height, channels: 1 };
}

function explain(error: Error): never {
  if (!error.message.includes("samples out of range")) throw error;
  throw new Error(
    "it holds samples that are not read, such as 64-bit floats or complex numbers: write 32-bit floats",
    { cause: error },
  );
}

/** Four values a pixel, 255 for all ink, to three. */
function fromCmyk(inks: Uint8Array): Uint8Array {
  const data = new Uint8Array(inks.length / 4 * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      data[to++] = Math.round((255 - inks[from + ink]!) * light / 255);
    }
  }
  return data;
}

function openImage(open: typeof sharp, image: Shown): Sharp {
  if ("file" in image) return openFile(open, image.file);
  const { data, width, height, channels } = image;
  return open(data, { raw: { width, height, channels } }).toColourspace("srgb");
}

function openFile(open: typeof sharp, file: Uint8Array): Sharp {
  // "error" refuses truncated and damaged files; "warning" would also refuse harmless oddities.
  return open(file, { failOn: "error", autoOrient: true });
}

/** Refuses a progressive JPEG of which a part is missing, which "error" lets pass. */
async function assertWhole(file: Uint8Array): Promise<void> {
  const open = await libvips();
  try {
    await open(file, { failOn: "warning" }).resize(8, 8, { fit: "fill" }).raw().toBuffer();
  } catch (error) {
    const { message } = error as Error;
    const isDamage = /premature end|corrupt|bad huffman/i.test(message);
    if (isDamage && !/extraneous bytes/.test(message)) throw error;
  }
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
  refuseUnknown(options, decodeOptions, { what: "decode images" });
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
    images.set(await decodeOne(sources[index], options), index * length);
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
  refuseOther({ filter }, { filter: Object.keys(KERNELS) }, { what: "decode images" });
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
