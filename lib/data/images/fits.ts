/**
 * Images of FITS files (FITS standard 4.0): primary and extension HDUs, plain or gzipped.
 *
 * @module
 */

import { gunzip } from "node:zlib";
import { promisify } from "node:util";
import { type FitsHeader, parseHeader } from "./fits_header.ts";

/** One image of a FITS file. */
export type FitsImage = {
  /** Place in the file: 0 is the primary HDU. */
  hdu: number;
  /** The cards with a value; text, numbers, logicals. */
  header: FitsHeader;
  /** Lengths of the axes, slowest first: [y, x] or [band, y, x]. The first row is the lowest. */
  shape: number[];
  /**
   * Physical values, BZERO + BSCALE · stored, NaN where BLANK. float32 for 8 and 16 bit integers and
   * float32 files, float64 for others.
   */
  data: Float32Array | Float64Array;
};

const BLOCK = 2880;

/**
 * Reads all images of a FITS file. HDUs with tables or without data are passed over.
 *
 * @param source Path of a file, or its bytes; gzip is recognised by the content
 * @throws {SyntaxError} When it is not FITS, or a header is malformed
 * @throws {RangeError} When the file is truncated, or holds a 64-bit integer past 2^53
 * @throws {Error} When the file cannot be read, or has no image
 *
 * @example
 * ```ts
 * import { readFits } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const cards = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 2", "NAXIS2  = 1", "END"];
 * const header = cards.map((card) => card.padEnd(80)).join("").padEnd(2880);
 * const bytes = new Uint8Array(2 * 2880);
 * bytes.set(new TextEncoder().encode(header));
 * bytes.set([7, 9], 2880);
 * const [image] = await readFits(bytes);
 * assert.deepEqual([image.shape, [...image.data]], [[1, 2], [7, 9]]);
 * ```
 */
export async function readFits(source: string | Uint8Array): Promise<FitsImage[]> {
  const name = typeof source === "string" ? `"${source}"` : "FITS data";
  try {
    const bytes = typeof source === "string" ? await Deno.readFile(source) : source;
    return readHdus(isGzip(bytes) ? await promisify(gunzip)(bytes) : bytes);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const { message } = cause as Error;
    const kind = cause instanceof SyntaxError
      ? SyntaxError
      : cause instanceof RangeError
      ? RangeError
      : Error;
    throw new kind(`Cannot read ${name}: ${message}`, { cause });
  }
}

/** Whether bytes begin as FITS files do, gzipped ones included. */
export function isFits(bytes: Uint8Array): boolean {
  return isGzip(bytes) || new TextDecoder("latin1").decode(bytes.subarray(0, 9)) === "SIMPLE  =";
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function readHdus(bytes: Uint8Array): FitsImage[] {
  const images: FitsImage[] = [];
  let compressed = false;
  for (let at = 0, hdu = 0; at < bytes.length; hdu++) {
    const { header, end } = parseHeader(bytes, at, hdu);
    const bitpix = integer(header, "BITPIX", hdu);
    const axes = Array.from(
      { length: integer(header, "NAXIS", hdu) },
      (_, axis) => integer(header, `NAXIS${axis + 1}`, hdu),
    );
    if (header.GROUPS === true) throw new SyntaxError(`HDU ${hdu} holds random groups, not images`);
    const values = axes.length === 0 ? 0 : axes.reduce((count, length) => count * length, 1);
    const parameters = "PCOUNT" in header ? integer(header, "PCOUNT", hdu) : 0;
    const groups = "GCOUNT" in header ? integer(header, "GCOUNT", hdu) : 1;
    const size = Math.abs(bitpix) / 8 * (values + parameters) * groups;
    if (end + size > bytes.length) {
      throw new RangeError(
        `HDU ${hdu} holds ${size} bytes by its header, ${
          bytes.length - end
        } are left in the file; ` +
          "it is truncated",
      );
    }
    const isImage = hdu === 0 || header.XTENSION === "IMAGE";
    compressed ||= header.ZIMAGE === true;
    if (isImage && values > 0) {
      const data = physical(bytes.subarray(end, end + size), { bitpix, header, hdu });
      images.push({ hdu, header, shape: axes.toReversed(), data });
    }
    at = end + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (images.length === 0) {
    throw new Error(
      compressed
        ? "its images are tile-compressed; unpack it with funpack first"
        : "there is no image in it",
    );
  }
  return images;
}

/** How stored values are read, big endian. */
const READERS: Record<number, (view: DataView, offset: number) => number> = {
  "8": (view, offset) => view.getUint8(offset),
  "16": (view, offset) => view.getInt16(offset),
  "32": (view, offset) => view.getInt32(offset),
  "64": readInt64,
  "-32": (view, offset) => view.getFloat32(offset),
  "-64": (view, offset) => view.getFloat64(offset),
};

function readInt64(view: DataView, offset: number): number {
  const value = view.getBigInt64(offset);
  if (value !== BigInt(Number(value))) {
    throw new RangeError(`the 64-bit integer ${value} has no exact number in JavaScript`);
  }
  return Number(value);
}

function physical(
  bytes: Uint8Array,
  { bitpix, header, hdu }: { bitpix: number; header: FitsHeader; hdu: number },
): Float32Array | Float64Array {
  const read = READERS[bitpix];
  if (!read) {
    throw new SyntaxError(
      `BITPIX of HDU ${hdu} must be one of 8, 16, 32, 64, -32, -64, ${bitpix} found`,
    );
  }
  const { BZERO = 0, BSCALE = 1, BLANK } = header;
  if (typeof BZERO !== "number" || typeof BSCALE !== "number") {
    throw new SyntaxError(
      `BZERO and BSCALE of HDU ${hdu} must be numbers, ${BZERO} and ${BSCALE} found`,
    );
  }
  const width = Math.abs(bitpix) / 8;
  const count = bytes.length / width;
  const exact = bitpix === 8 || bitpix === 16 || bitpix === -32;
  const data = exact ? new Float32Array(count) : new Float64Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blank = bitpix > 0 ? BLANK : undefined; // no meaning for floats: they have NaN
  for (let index = 0; index < count; index++) {
    const stored = read(view, index * width);
    data[index] = stored === blank ? NaN : BZERO + BSCALE * stored;
  }
  return data;
}

function integer(header: FitsHeader, key: string, hdu: number): number {
  const value = header[key];
  if (!Number.isInteger(value) || (key !== "BITPIX" && value as number < 0)) {
    throw new SyntaxError(
      `${key} of HDU ${hdu} must be ${key === "BITPIX" ? "an integer" : "a count"}, ` +
        `${value ?? "nothing"} found`,
    );
  }
  return value as number;
}
