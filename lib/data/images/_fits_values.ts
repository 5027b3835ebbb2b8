/**
 * Stored values of FITS images to physical ones.
 *
 * @module
 */

import type { FitsHeader } from "./fits_header.ts";

/** Physical values. */
export type FitsValues = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Reads one stored value, big endian. */
export type StoredReader = (view: DataView, offset: number) => number | bigint;

const readers: Readonly<Record<number, StoredReader>> = {
  "8": (view, offset) => view.getUint8(offset),
  "16": (view, offset) => view.getInt16(offset),
  "32": (view, offset) => view.getInt32(offset),
  "64": (view, offset) => view.getBigInt64(offset),
  "-32": (view, offset) => view.getFloat32(offset),
  "-64": (view, offset) => view.getFloat64(offset),
};

/**
 * The reader of a BITPIX.
 *
 * @throws {SyntaxError} When there is no such type
 */
export function storedReader(bitpix: number, hdu: number): StoredReader {
  if (readers[bitpix]) return readers[bitpix];
  throw new SyntaxError(
    `BITPIX of HDU ${hdu} must be one of 8, 16, 32, 64, -32, -64, ${bitpix} found`,
  );
}

/** Physical values to be filled: float32 where it holds all stored values, float64 otherwise. */
export function physicalArray(bitpix: number, count: number): FitsValues {
  const exact = bitpix === 8 || bitpix === 16 || bitpix === -32;
  return exact ? new Float32Array(count) : new Float64Array(count);
}

/**
 * What makes a physical value of a stored one: BZERO + BSCALE · stored, NaN where it is BLANK.
 *
 * @param options `blank`: instead of BLANK
 * @throws {SyntaxError} When BZERO or BSCALE is no number
 */
export function scaling(
  header: FitsHeader,
  { bitpix, hdu, blank = header.BLANK }: {
    bitpix: number;
    hdu: number;
    blank?: FitsHeader[string];
  },
): (stored: number | bigint) => number {
  const { BZERO = 0, BSCALE = 1 } = header;
  if (typeof BZERO !== "number" || typeof BSCALE !== "number") {
    throw new SyntaxError(
      `BZERO and BSCALE of HDU ${hdu} must be numbers, ${BZERO} and ${BSCALE} found`,
    );
  }
  const missing = bitpix > 0 ? blank : undefined; // no meaning for floats: they have NaN
  const isShift = BSCALE === 1 && Number.isInteger(BZERO);
  return (stored) => {
    if (typeof stored === "number") return stored === missing ? NaN : BZERO + BSCALE * stored;
    if (typeof missing === "number" && stored === BigInt(missing)) return NaN;
    return isShift ? exact(stored + BigInt(BZERO)) : BZERO + BSCALE * Number(stored);
  };
}

function exact(value: bigint): number {
  if (value === BigInt(Number(value))) return Number(value);
  throw new RangeError(`the 64-bit integer ${value} has no exact number in JavaScript`);
}
