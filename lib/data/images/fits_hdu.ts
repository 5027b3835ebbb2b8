/**
 * The units of a FITS file, one after the other: header and data (HDU).
 *
 * @module
 */

import { isCompressed } from "./_decompress.ts";
import { type FitsHeader, parseHeader } from "./fits_header.ts";

/** One header with the bytes of its data. */
export type FitsHdu = {
  /** Place in the file: 0 is the primary HDU. */
  hdu: number;
  header: FitsHeader;
  /** Bits of a value; negative for floats. */
  bitpix: number;
  /** Lengths of the axes, as in the header: the fastest first. */
  axes: number[];
  /** How many values the axes span; 0 where there are none. */
  count: number;
  data: Uint8Array;
};

const BLOCK = 2880;

/** Whether bytes begin as FITS files do, compressed ones included. */
export function isFits(bytes: Uint8Array): boolean {
  return isCompressed(bytes) ||
    new TextDecoder("latin1").decode(bytes.subarray(0, 9)) === "SIMPLE  =";
}

/**
 * Walks over the HDUs. What follows the last one and begins no other, as some programs leave it, is
 * passed over, if no extension comes after it.
 *
 * @throws {SyntaxError} When a header is malformed
 * @throws {RangeError} When the file is truncated
 */
export function* fitsHdus(bytes: Uint8Array): Generator<FitsHdu> {
  for (let at = 0, hdu = 0; at < bytes.length; hdu++) {
    if (hdu > 0 && !startsExtension(bytes, at)) {
      const next = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        .indexOf("XTENSION= '", at, "latin1");
      if (next < 0) return;
      throw new SyntaxError(
        `HDU ${hdu} must begin at byte ${at} by the header before it, and begins at ${next}; ` +
          "the file is damaged",
      );
    }
    const { header, end } = parseHeader(bytes, at, hdu);
    const bitpix = fitsInteger(header, "BITPIX", hdu);
    const axes = Array.from(
      { length: fitsInteger(header, "NAXIS", hdu) },
      (_, axis) => fitsInteger(header, `NAXIS${axis + 1}`, hdu),
    );
    if (header.GROUPS === true) throw new SyntaxError(`HDU ${hdu} holds random groups, not images`);
    const count = axes.length === 0 ? 0 : axes.reduce((product, length) => product * length, 1);
    const parameters = "PCOUNT" in header ? fitsInteger(header, "PCOUNT", hdu) : 0;
    const groups = "GCOUNT" in header ? fitsInteger(header, "GCOUNT", hdu) : 1;
    const size = Math.abs(bitpix) / 8 * (count + parameters) * groups;
    if (end + size > bytes.length) {
      throw new RangeError(
        `HDU ${hdu} holds ${size} bytes by its header, ${
          bytes.length - end
        } are left in the file; it is truncated`,
      );
    }
    yield { hdu, header, bitpix, axes, count, data: bytes.subarray(end, end + size) };
    at = end + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function startsExtension(bytes: Uint8Array, at: number): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(at, at + 9)) === "XTENSION=";
}

/**
 * A count in a header.
 *
 * @throws {SyntaxError} When it is none
 */
// deno-lint-ignore galaxykit/few-arguments
export function fitsInteger(header: FitsHeader, key: string, hdu: number): number {
  const value = header[key];
  if (!Number.isInteger(value) || (key !== "BITPIX" && value as number < 0)) {
    throw new SyntaxError(
      `${key} of HDU ${hdu} must be ${key === "BITPIX" ? "an integer" : "a count"}, ` +
        `${value ?? "nothing"} found`,
    );
  }
  return value as number;
}
