/**
 * Images of FITS files (FITS standard 4.0): primary and extension HDUs, plain, compressed tile by tile,
 * or all of it by gzip or bzip2.
 *
 * @module
 */

import { decompress } from "./_decompress.ts";
import { fitsHdus, isFits } from "./fits_hdu.ts";
import type { FitsHeader } from "./fits_header.ts";
import { readTiles } from "./_fits_tiles.ts";
import { foreignKind, readFile } from "./_image_kind.ts";
import { physicalArray, scaling, storedReader } from "./_fits_values.ts";

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
   * float32 files, float64 for others; unsigned integers as well, which FITS stores by BZERO.
   */
  data: Float32Array | Float64Array;
};

/**
 * Reads all images of a FITS file. HDUs with tables or without data are passed over, as are bytes
 * after the last HDU; images compressed tile by tile are unpacked (Rice, gzip; not HCOMPRESS and PLIO).
 *
 * @param source Path of a file, or its bytes; gzip and bzip2 are recognised by the content
 * @throws {SyntaxError} When it is not FITS, or a header is malformed
 * @throws {RangeError} When the file is truncated, or holds a 64-bit integer that no double holds
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
    const bytes = typeof source === "string" ? await readFile(source) : source;
    const foreign = isFits(bytes) ? undefined : foreignKind(bytes);
    if (foreign !== undefined) throw new SyntaxError(foreign);
    return imagesOf(await decompress(bytes));
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

function imagesOf(bytes: Uint8Array): FitsImage[] {
  const images: FitsImage[] = [];
  let tables = 0;
  for (const unit of fitsHdus(bytes)) {
    const { hdu, header, bitpix, axes, count } = unit;
    if (header.XTENSION === "BINTABLE" && header.ZIMAGE === true) {
      const { axes, ...image } = readTiles(unit);
      images.push({ hdu, shape: axes.toReversed(), ...image });
    } else if (hdu === 0 || header.XTENSION === "IMAGE") {
      if (count === 0) continue;
      const data = physicalArray(bitpix, count);
      const read = storedReader(bitpix, hdu);
      const physical = scaling(header, { bitpix, hdu });
      const view = new DataView(unit.data.buffer, unit.data.byteOffset, unit.data.byteLength);
      const width = Math.abs(bitpix) / 8;
      for (let i = 0; i < count; i++) data[i] = physical(read(view, i * width));
      images.push({ hdu, header, shape: axes.toReversed(), data });
    } else if (/^(BINTABLE|TABLE|A3DTABLE)$/.test(String(header.XTENSION))) {
      tables++;
    }
  }
  if (images.length === 0) {
    throw new Error(
      tables > 0
        ? "it holds a table and no image; readTable reads tables"
        : "there is no image in it",
    );
  }
  return images;
}
