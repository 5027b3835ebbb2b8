/**
 * What a file is by its first bytes: an image that can be decoded, or something else by its name.
 *
 * @module
 */

import { FOREIGN } from "../../foreign_files.ts";
import { isFits } from "./fits_hdu.ts";

/** So many bytes tell what a file is. */
export const HEAD = 512;

const IMAGES: readonly [start: RegExp, name: string][] = [
  [/^\xff\xd8\xff/, "JPEG"],
  [/^\x89PNG\r\n/, "PNG"],
  [/^RIFF....WEBP/s, "WebP"],
  [/^(II\*\0|MM\0\*|II\+\0|MM\0\+)/, "TIFF"],
  [/^GIF8/, "GIF"],
  [/^.{4}ftyp.{0,64}avi[fs]/s, "AVIF"],
];

const OTHERS: readonly [RegExp, string][] = [
  [
    /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg\b/si,
    "it is an SVG drawing, not pixels",
  ],
  ...FOREIGN,
  [
    /^.{4}ftyp.{0,64}(hei[cfmsx]|hev[cmsx]|mif1|msf1)/s,
    "it is a HEIC image: convert it to JPEG or PNG",
  ],
  [/^BM.{12}/s, "it is a BMP image: convert it to PNG"],
  [/^\0\0\0.jP {2}\r\n|^\xff\x4f\xff\x51/s, "it is a JPEG 2000 image: convert it to PNG"],
  [/^\xff\n|^\0\0\0.JXL /s, "it is a JPEG XL image: convert it to JPEG or PNG"],
  [/^8BPS/, "it is a Photoshop document: convert it to PNG"],
  [/^P[1-7]\s/, "it is a PNM image: convert it to PNG"],
  [/^\x89HDF/, "it is an HDF5 file: loadHdf5Images reads images in one"],
  [/^PK[^ -~]{2}/, "it is a ZIP archive: unpack it, and name the images in it"],
  [/^(PAR1|ARROW1)/, "it is a table: readTable reads tables"],
  [/^\x93NUMPY/, "it is an array of NumPy: write it as PNG, TIFF or FITS"],
  [/^[^ -~]\x9d/, "it is compressed by compress (.Z): unpack it first"],
];

/** Why bytes are no image, by the first {@linkcode HEAD} of them; undefined for images. */
export function whyNotImage(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "the file is empty";
  if (isFits(bytes) || imageKind(bytes) !== undefined) return undefined;
  return foreignKind(bytes) ?? "not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file";
}

/** The format of an image by its first bytes, but FITS. */
export function imageKind(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  return IMAGES.find(([start]) => start.test(text))?.[1];
}

/** What else bytes are, in words for a message; undefined where that cannot be told. */
export function foreignKind(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  return OTHERS.find(([start]) => start.test(text))?.[1];
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, HEAD));
}

/**
 * The bytes of a file.
 *
 * @throws {Error} When it cannot be read, or is a folder
 */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.IsADirectory) throw new Error("it is a folder", { cause });
    throw cause;
  }
}
