/**
 * What a file is, told by its first bytes: a table that can be read, or something else by its name.
 *
 * @module
 */

// deno-lint-ignore-file no-control-regex -- what the bytes of a file begin with

import { gunzipSync } from "node:zlib";

/** The formats of tables that can be read; "text" is CSV and its relatives. */
export type TableFormat = "parquet" | "arrow" | "fits" | "votable" | "ecsv" | "text";

/** A file that holds a table. */
export type TableFile = {
  readonly path: string;
  readonly format: TableFormat;
  /** Whether the file was packed with gzip. */
  readonly packed: boolean;
  /** The first bytes, without gzip. */
  readonly head: Uint8Array;
  /** The first lines, as far as they are read at once. */
  lines(count: number): string[];
  /** All of it, unpacked; text as UTF-8 without its mark. */
  bytes(): Uint8Array;
};

/** As much of a file as tells what it is. */
const HEAD = 1 << 20;

/**
 * Tells what table a file holds.
 *
 * @throws {SyntaxError} When it holds none that can be read, saying what it is instead
 * @throws {Error} When it cannot be opened
 */
export function identifyTable(path: string): TableFile {
  if (Deno.statSync(path).isDirectory) {
    throw new SyntaxError("it is a folder; name the table in it, or open it with openSurvey");
  }
  let head = readHead(path);
  let whole: Uint8Array | undefined;
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  if (packed) {
    whole = unzipped(Deno.readFileSync(path));
    head = whole.subarray(0, HEAD);
  }
  const text = decodedHead(head);
  const format = formatOf(head, { text, path });
  return {
    path,
    format,
    packed,
    head,
    lines: (count) => text.split(/\r?\n/, count),
    bytes() {
      const bytes = whole ?? Deno.readFileSync(path);
      return format === "text" || format === "ecsv" || format === "votable" ? utf8(bytes) : bytes;
    },
  };
}

function formatOf(
  head: Uint8Array,
  { text, path }: { text: string; path: string },
): TableFormat {
  const latin = String.fromCharCode(...head.subarray(0, 1 << 12)); // "latin1" decodes to Windows-1252
  if (latin.startsWith("PAR1")) return "parquet";
  if (latin.startsWith("ARROW1")) return "arrow";
  if (latin.startsWith("SIMPLE  =")) return "fits";
  if (/<(\w+:)?VOTABLE[\s>]/.test(text)) return "votable";
  if (/^# %ECSV/.test(text)) return "ecsv";
  const other = foreign.find(([pattern]) => pattern.test(latin) || pattern.test(text));
  if (other) throw new SyntaxError(other[1]);
  if (/\.parquet$/i.test(path)) return "parquet"; // polars says what is wrong with it
  if (text.trim() === "") throw new SyntaxError("the file is empty");
  if (/\.(fits|fit|fz|fits\.gz)$/i.test(path)) {
    throw new SyntaxError('it is not FITS, which begins with "SIMPLE  ="; fetch it again');
  }
  if (text.includes("\0")) {
    throw new SyntaxError(
      "it holds bytes that are no text, in no format that is known; save it as CSV or Parquet",
    );
  }
  return "text";
}

/** What else a file may be, by how it begins, and what to do with it. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs/,
    "it is a Git LFS pointer, not the file itself; fetch that with git lfs pull",
  ],
  [
    /^\s*(<!doctype html|<html|<head|<body|<table|<style)/i,
    "it is an HTML page, perhaps a login or an error; fetch the file again",
  ],
  [/^\s*<\?xml|^\s*<\w+[\s>]/, "it is XML but no VOTable; save it as VOTable, CSV or Parquet"],
  [
    /^\x89HDF\r\n/,
    "it is an HDF5 file (vaex, pandas or h5py); export it as Parquet, or read its images " +
    "with loadHdf5Images",
  ],
  [
    /^\xff\xff\xff\xff[^]{2}\0\0\x10/,
    "it is an Arrow stream; write it as an Arrow file (Feather 2) or Parquet",
  ],
  [/^FEA1/, "it is a Feather file of version 1; write it again with version 2, or as Parquet"],
  [
    /^PK\x03\x04[^]*?(xl\/|\[Content_Types\]\.xml|docProps\/)/,
    "it is an Excel workbook (xlsx); save its sheet as CSV",
  ],
  [
    /^PK\x03\x04[^]*opendocument\.spreadsheet/,
    "it is an OpenDocument spreadsheet; save its sheet as CSV",
  ],
  [/^PK\x03\x04[^]*?\.npy/, "it is a NumPy archive (npz); read it with openNpz"],
  [/^PK[\x03\x05]/, "it is a zip archive; unpack it and name the table in it"],
  [/^\xd0\xcf\x11\xe0/, "it is an old Excel workbook (xls); save its sheet as CSV"],
  [/^\x93NUMPY/, "it is a NumPy array (npy); write it as columns of Parquet or CSV"],
  [/^SQLite format 3\0/, "it is an SQLite database; export the table as CSV"],
  [
    /^\x80[\x02-\x05]/,
    "it is a Python pickle (pandas, PyTorch), which could run code; write the table as Parquet " +
    "(df.to_parquet)",
  ],
  [/^[^]{8}\{"/, "it holds weights (safetensors), not a table; read it with readSafetensors"],
  [/^\x1f\x8b/, "it is packed twice with gzip; unpack it once (gunzip)"],
  [/^BZh\d/, "it is packed with bzip2; unpack it (bunzip2), or pack it with gzip"],
  [/^\xfd7zXZ\0/, "it is packed with xz; unpack it (unxz), or pack it with gzip"],
  [/^\x28\xb5\x2f\xfd/, "it is packed with Zstandard; unpack it (unzstd), or pack it with gzip"],
  [/^\x1f\x9d/, "it is packed with compress (.Z); unpack it, or pack it with gzip"],
  [/^7z\xbc\xaf/, "it is a 7-Zip archive; unpack it and name the table in it"],
  [/^.{257}ustar/s, "it is a tar archive; unpack it and name the table in it"],
  [/^Obj\x01/, "it is an Avro file; write it as Parquet"],
  [/^ORC/, "it is an ORC file; write it as Parquet"],
  [/^SR\0\x04/, "it is an IDL save file; write its columns as FITS or CSV"],
  [/^%PDF/, "it is a PDF page; find the table's own file"],
  [
    /^(\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP)/s,
    "it is an image, not a table; read it with decodeImage or loadImages",
  ],
  [/^\s*(\{\s*["}]|\[\s*[{["\d])/, "it is JSON; write it as CSV or Parquet"],
  [
    /^(\\[^\n]*\n)*\|[^\n]*\|[ \t]*\r?\n\| *(double|float|real|int|long|char|date|[dfrilc]) *\|/,
    "it is an IPAC table; save it as VOTable, CSV or FITS (the archive offers them)",
  ],
  [
    /(^|\n)Byte-by-byte Description of file/,
    "it is a machine-readable table with its own description of bytes; take the VizieR copy as " +
    "TSV, VOTable or FITS, or write it as CSV",
  ],
  [/^\s*\\(begin|documentclass)\b/, "it is LaTeX; write the table as CSV"],
];

/** The first bytes of a file. */
export function readHead(path: string, size = HEAD): Uint8Array {
  using file = Deno.openSync(path);
  const head = new Uint8Array(size);
  let length = 0;
  for (let count; length < size && (count = file.readSync(head.subarray(length))) !== null;) {
    length += count;
  }
  return head.subarray(0, length);
}

function decodedHead(head: Uint8Array): string {
  return new TextDecoder(encodingOf(head) ?? "utf-8").decode(head);
}

/** UTF-16 by its mark. */
function encodingOf(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

/** Text as UTF-8 without a mark. */
function utf8(bytes: Uint8Array): Uint8Array {
  const encoding = encodingOf(bytes);
  if (encoding !== undefined) {
    if (bytes.length % 2 === 1) throw new SyntaxError("the UTF-16 text ends in half a character");
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return new TextEncoder().encode(text);
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

/** The bytes behind gzip. */
function unzipped(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { chunkSize: 1 << 20 }); // the default's pieces take twice as long
  } catch (cause) {
    const cut = /unexpected end of file/.test(String(cause));
    throw new SyntaxError(
      cut
        ? "the gzip data ends too early: the file is cut, fetch it again"
        : `the gzip data is damaged (${(cause as Error).message}): fetch the file again`,
      { cause },
    );
  }
}
