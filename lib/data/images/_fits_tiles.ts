/**
 * Images that are compressed tile by tile and stand in a table (FITS standard 4.0, section 10).
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { type FitsHdu, fitsInteger } from "./fits_hdu.ts";
import type { FitsHeader } from "./fits_header.ts";
import { type FitsValues, physicalArray, scaling, storedReader } from "./_fits_values.ts";
import { decodeRice } from "./_rice.ts";

const CODES = ["RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS"];
const DITHERS = ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2", "NONE"];

/** Stored for NaN and, with the second method of dithering, for 0. */
const [NULL, ZERO] = [-2147483647 - 1, -2147483646];

/**
 * The image in a table with ZIMAGE, its header as it was before.
 *
 * @throws {SyntaxError} When it is compressed by a code that is not known, or a card is missing
 * @throws {RangeError} When a tile is damaged
 */
export function readTiles(unit: FitsHdu): { header: FitsHeader; axes: number[]; data: FitsValues } {
  const { header, hdu } = unit;
  const code = String(header.ZCMPTYPE ?? "nothing");
  if (!CODES.includes(code)) {
    throw new SyntaxError(
      `HDU ${hdu} is compressed by ${code}, ${CODES.join(", ")} are known; ` +
        "unpack it with funpack first",
    );
  }
  const bitpix = header.ZBITPIX;
  if (typeof bitpix !== "number") {
    throw new SyntaxError(`ZBITPIX of HDU ${hdu} must be an integer, ${bitpix ?? "nothing"} found`);
  }
  const axes = Array.from(
    { length: fitsInteger(header, "ZNAXIS", hdu) },
    (_, axis) => fitsInteger(header, `ZNAXIS${axis + 1}`, hdu),
  );
  const tile = axes.map((length, axis) => {
    const key = `ZTILE${axis + 1}`;
    return Math.max(1, key in header ? fitsInteger(header, key, hdu) : axis === 0 ? length : 1);
  });
  const table = new Table(unit);
  const data = physicalArray(bitpix, axes.reduce((product, length) => product * length, 1));
  const decode = tileDecoder(table, { code, bitpix });
  const tiles = axes.map((length, axis) => Math.ceil(length / tile[axis]!));
  const rows = tiles.reduce((product, number) => product * number, 1);
  if (rows !== table.rows) {
    throw new SyntaxError(`HDU ${hdu} must have ${rows} tiles, ${table.rows} rows found`);
  }
  for (let row = 0; row < rows; row++) {
    const start: number[] = [];
    let rest = row;
    for (const [axis, number] of tiles.entries()) {
      start.push(rest % number * tile[axis]!);
      rest = Math.floor(rest / number);
    }
    const size = axes.map((length, axis) => Math.min(tile[axis]!, length - start[axis]!));
    const count = size.reduce((product, length) => product * length, 1);
    let values: ArrayLike<number>;
    try {
      values = decode(row, count);
    } catch (cause) {
      const { message } = cause as Error;
      throw new RangeError(`tile ${row} of HDU ${hdu} cannot be unpacked: ${message}`, { cause });
    }
    place(values, { data, axes, start, size });
  }
  return { header: imageHeader(header, { bitpix, axes }), axes, data };
}

/** Copies a tile into the image, line by line. */
function place(
  values: ArrayLike<number>,
  { data, axes, start, size }: {
    data: FitsValues;
    axes: number[];
    start: number[];
    size: number[];
  },
): void {
  const width = size[0]!;
  for (let from = 0; from < values.length; from += width) {
    let [line, step, to] = [from / width, axes[0]!, start[0]!];
    for (let axis = 1; axis < axes.length; axis++) {
      to += (start[axis]! + line % size[axis]!) * step;
      line = Math.floor(line / size[axis]!);
      step *= axes[axis]!;
    }
    for (let x = 0; x < width; x++) data[to + x] = values[from + x]!;
  }
}

/** From a row and the number of its pixels to physical values. */
function tileDecoder(
  table: Table,
  { code, bitpix }: { code: string; bitpix: number },
): (row: number, count: number) => ArrayLike<number> {
  const { header, hdu } = table;
  const method = String(header.ZQUANTIZ ?? "NO_DITHER");
  if (!DITHERS.includes(method)) {
    throw new SyntaxError(
      `ZQUANTIZ of HDU ${hdu} must be one of ${DITHERS.join(", ")}, ${method} found`,
    );
  }
  if (table.has("NULL_PIXEL_MASK")) {
    throw new SyntaxError(`HDU ${hdu} has a NULL_PIXEL_MASK; unpack it with funpack first`);
  }
  const isFloat = bitpix < 0;
  const isQuantised = isFloat && (table.has("ZSCALE") || "ZSCALE" in header);
  const dithers = method.startsWith("SUBTRACTIVE_DITHER");
  const randoms = dithers && isQuantised ? ditherNumbers() : undefined;
  const seed = dithers && isQuantised ? fitsInteger(header, "ZDITHER0", hdu) : 0;
  const parameters = Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((at) => [header[`ZNAME${at}`], header[`ZVAL${at}`]]),
  );
  const stored = (bytes: Uint8Array, count: number) => {
    const wanted = isQuantised ? 32 : bitpix;
    if (code.startsWith("RICE")) {
      const width = parameters.BYTEPIX ?? 4;
      if (wanted < 0 || (width !== 1 && width !== 2 && width !== 4)) {
        throw new RangeError(`RICE_1 holds integers of 1, 2 or 4 bytes, ${width} found`);
      }
      return decodeRice(bytes, { count, bytes: width, block: Number(parameters.BLOCKSIZE ?? 32) });
    }
    const raw = code === "NOCOMPRESS" ? bytes : gunzipSync(bytes);
    return bigEndian(raw, { count, wanted, shuffled: code === "GZIP_2", hdu });
  };
  return (row, count) => {
    const bytes = table.array(row, "COMPRESSED_DATA");
    if (bytes.length === 0 && count > 0) {
      // What could not be quantised, or is not worth it, stands as it was.
      const packed = table.array(row, "GZIP_COMPRESSED_DATA");
      const plain = packed.length > 0 ? gunzipSync(packed) : table.array(row, "UNCOMPRESSED_DATA");
      const values = bigEndian(plain, { count, wanted: bitpix, shuffled: false, hdu });
      return isFloat ? values.map(Number) : values.map(integers(row));
    }
    const values = stored(bytes, count);
    if (!isFloat) return Array.from(values, integers(row));
    if (!isQuantised) return Array.from(values, Number);
    const scale = table.number(row, "ZSCALE");
    const zero = table.number(row, "ZZERO");
    const blank = table.number(row, "ZBLANK", NULL);
    let [outer, inner] = [0, 0];
    if (randoms) {
      outer = (row + seed - 1) % randoms.length;
      inner = Math.floor(randoms[outer]! * 500);
    }
    return Array.from(values, (value) => {
      let shift = 0;
      if (randoms) {
        shift = 0.5 - randoms[inner]!;
        if (++inner === randoms.length) {
          outer = (outer + 1) % randoms.length;
          inner = Math.floor(randoms[outer]! * 500);
        }
      }
      if (value === blank) return NaN;
      if (method === "SUBTRACTIVE_DITHER_2" && value === ZERO) return 0;
      return (Number(value) + shift) * scale + zero;
    });
  };

  function integers(row: number) {
    const blank = table.number(row, "ZBLANK", NaN);
    return scaling(header, { bitpix, hdu, blank: Number.isNaN(blank) ? header.BLANK : blank });
  }
}

/** Values of any width; that of integers is told by the length. */
function bigEndian(
  raw: Uint8Array,
  { count, wanted, shuffled, hdu }: {
    count: number;
    wanted: number;
    shuffled: boolean;
    hdu: number;
  },
): (number | bigint)[] {
  const width = raw.length / count;
  const bitpix = wanted > 0 ? width * 8 : wanted;
  if (!Number.isInteger(width) || width !== Math.abs(bitpix) / 8) {
    throw new RangeError(`${count} values of ${wanted} bits are wanted, ${raw.length} bytes found`);
  }
  const read = storedReader(bitpix, hdu);
  const bytes = shuffled ? new Uint8Array(raw.length) : raw;
  if (shuffled) {
    for (let i = 0; i < raw.length; i++) bytes[i % count * width + Math.floor(i / count)] = raw[i]!;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => read(view, i * width));
}

/** The standard's random numbers in [0, 1) (Park and Miller's), as float32. */
function ditherNumbers(): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: 10_000 }, () => {
    seed = seed * 16807 % 2147483647;
    return seed / 2147483647;
  });
}

/** The header of the image as it was: without the cards of the table and of the compression. */
function imageHeader(
  header: FitsHeader,
  { bitpix, axes }: { bitpix: number; axes: number[] },
): FitsHeader {
  const table =
    /^(TFIELDS|THEAP|(TTYPE|TFORM|TUNIT|TNULL|TDISP|TDIM)\d+|NAXIS\d+|Z(IMAGE|CMPTYPE|BITPIX|NAXIS|TENSION|SIMPLE|EXTEND|PCOUNT|GCOUNT|QUANTIZ|DITHER0|BLANK|BLOCKED|HECKSUM|DATASUM|MASKCMP)|Z(NAXIS|TILE|NAME|VAL)\d+)$/;
  const kept = Object.entries(header).filter(([key]) => !table.test(key));
  const sizes = Object.fromEntries(axes.map((length, axis) => [`NAXIS${axis + 1}`, length]));
  return Object.assign(Object.create(null), Object.fromEntries(kept), {
    ...{ XTENSION: "IMAGE", BITPIX: bitpix, NAXIS: axes.length, PCOUNT: 0, GCOUNT: 1 },
    ...sizes,
  });
}

/** Bytes of an item of a column, by the letter of its TFORM. */
const WIDTHS: Readonly<Record<string, number>> = {
  ...{ L: 1, X: 1, B: 1, I: 2, J: 4, K: 8, A: 1, E: 4, D: 8, C: 8, M: 16, P: 8, Q: 16 },
};

/** The columns of a binary table that compression uses. */
class Table {
  readonly header: FitsHeader;
  readonly hdu: number;
  readonly rows: number;
  #data: Uint8Array;
  #view: DataView;
  #rowLength: number;
  #columns = new Map<string, { type: string; item: string; offset: number }>();

  constructor({ header, hdu, data, axes }: FitsHdu) {
    this.header = header;
    this.hdu = hdu;
    [this.#rowLength = 0, this.rows = 0] = axes as [number?, number?];
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let offset = 0;
    for (let field = 1; field <= fitsInteger(header, "TFIELDS", hdu); field++) {
      const form = /^(\d*)([LXBIJKAEDCMPQ])([A-Z]?)/.exec(String(header[`TFORM${field}`]).trim());
      if (!form) {
        throw new SyntaxError(
          `TFORM${field} of HDU ${hdu} must be a format of a binary table, ` +
            `${header[`TFORM${field}`] ?? "nothing"} found`,
        );
      }
      const repeat = form[1] === "" ? 1 : Number(form[1]);
      const name = String(header[`TTYPE${field}`] ?? "").toUpperCase();
      this.#columns.set(name, { type: form[2]!, item: form[3]!, offset });
      offset += form[2] === "X" ? Math.ceil(repeat / 8) : repeat * WIDTHS[form[2]!]!;
    }
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** The bytes of an array of the heap; none where there is no such column. */
  array(row: number, name: string): Uint8Array {
    const column = this.#columns.get(name);
    if (!column) return new Uint8Array(0);
    const at = row * this.#rowLength + column.offset;
    const [count, start] = column.type === "Q"
      ? [Number(this.#view.getBigInt64(at)), Number(this.#view.getBigInt64(at + 8))]
      : [this.#view.getInt32(at), this.#view.getInt32(at + 4)];
    const heap = "THEAP" in this.header
      ? fitsInteger(this.header, "THEAP", this.hdu)
      : this.#rowLength * this.rows;
    const length = count * (WIDTHS[column.item] ?? 1);
    if (count < 0 || start < 0 || heap + start + length > this.#data.length) {
      throw new RangeError("it points beyond the table");
    }
    return this.#data.subarray(heap + start, heap + start + length);
  }

  /** A number of a column or, for all rows, of a card. */
  number(row: number, name: string, missing?: number): number {
    const column = this.#columns.get(name);
    const found = column ? this.#number(row, column) : this.header[name] ?? missing;
    if (typeof found === "number") return found;
    throw new RangeError(`${name} must be a number, ${found ?? "nothing"} found`);
  }

  #number(row: number, { type, offset }: { type: string; offset: number }): number | undefined {
    const at = row * this.#rowLength + offset;
    const view = this.#view;
    switch (type) {
      case "D":
        return view.getFloat64(at);
      case "E":
        return view.getFloat32(at);
      case "J":
        return view.getInt32(at);
      case "I":
        return view.getInt16(at);
      case "B":
        return view.getUint8(at);
      case "K":
        return Number(view.getBigInt64(at));
    }
  }
}
