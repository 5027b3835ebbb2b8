/**
 * Plain JPEGs, such as surveys publish, to pixels: zune-jpeg and fast_image_resize (Rust, through
 * `@napi-rs/image`) need less than half the time of a libvips pipeline, whose cost hardly depends on
 * the size of the image.
 *
 * @module
 */

import type { Pixels } from "./pixels.ts";

/** Its filters by the kit's names. */
const FILTERS = { lanczos: "Lanczos3", bicubic: "CatmullRom", bilinear: "Bilinear" } as const;

/** Whether bytes begin as a JPEG's do. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/**
 * The side of a square JPEG of three 8-bit components, YCbCr, to its end, without orientation or
 * colour profile; undefined for any other, which wants more than decoding.
 */
export function plainJpegSide(bytes: Uint8Array): number | undefined {
  const end = bytes.length - 2;
  const whole = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[end] === 0xff &&
    bytes[end + 1] === 0xd9;
  if (!whole) return undefined;
  const word = (at: number) => bytes[at] << 8 | bytes[at + 1];
  let side: number | undefined;
  for (let at = 2; at < end && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xda) return side; // the scan begins
    if (marker > 0xe0 && marker <= 0xef) return undefined; // Exif, ICC, Adobe …
    if (marker >= 0xc0 && marker <= 0xc2) { // a frame: baseline, extended or progressive
      const [precision, count] = [bytes[at + 4], bytes[at + 9]];
      const ids = [bytes[at + 10], bytes[at + 13], bytes[at + 16]].join();
      const sampling = [bytes[at + 11], bytes[at + 14], bytes[at + 17]];
      const usual = /^(17|18|33|34),17,17$/.test(sampling.join()); // 1 or 2 to 1, both ways
      if (precision !== 8 || count !== 3 || ids !== "1,2,3" || !usual) return undefined;
      const [height, width] = [word(at + 5), word(at + 7)];
      if (width !== height) return undefined; // the resizer would not crop in the middle
      side = width;
    }
    at += 2 + word(at + 2);
  }
  return undefined;
}

/**
 * Decodes a plain JPEG, reduces it to `whole` pixels a side, and cuts the middle `size` from it.
 *
 * @returns `size` x `size` x 3 values in [0, 255]
 * @throws {Error} When it is damaged
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  { size, whole, filter }: { size: number; whole: number; filter: keyof typeof FILTERS },
): Promise<Uint8Array> {
  const { FastResizeFilter, Transformer } = await import("@napi-rs/image");
  const rgba = await new Transformer(bytes).fastResize({
    width: whole,
    height: whole,
    filter: FastResizeFilter[FILTERS[filter]],
  }).rawPixels();
  return middle(rgba, { size, wide: whole, high: whole });
}

/**
 * Enlarges pixels to `wide` x `high`, and cuts the middle `size` from them: libvips would place them up
 * to half a pixel off. By the cubic, unless the filter is bilinear.
 */
export async function enlarge(
  { data, width, height }: Pixels,
  { size, wide, high, filter }: {
    size: number;
    wide: number;
    high: number;
    filter: keyof typeof FILTERS;
  },
): Promise<Uint8Array> {
  const { FastResizeFilter, ResizeFit, Transformer } = await import("@napi-rs/image");
  const opaque = new Uint8Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    opaque[to] = data[from];
    opaque[to + 1] = data[from + 1];
    opaque[to + 2] = data[from + 2];
  }
  const smooth = filter === "bilinear" ? FILTERS.bilinear : FILTERS.bicubic;
  const rgba = await Transformer.fromRgbaPixels(opaque, width, height).fastResize({
    width: wide,
    height: high,
    filter: FastResizeFilter[smooth],
    fit: ResizeFit.Fill,
  }).rawPixels();
  return middle(rgba, { size, wide, high });
}

/** The middle of four values a pixel, as three. */
function middle(
  rgba: Uint8Array,
  { size, wide, high }: { size: number; wide: number; high: number },
): Uint8Array {
  if (rgba.length !== wide * high * 4) {
    throw new Error(`it decodes to ${rgba.length} values, ${wide * high * 4} are wanted`);
  }
  const [left, top] = [(wide - size) / 2, (high - size) / 2];
  const pixels = new Uint8Array(size * size * 3);
  let to = 0;
  for (let y = 0; y < size; y++) {
    let from = ((y + top) * wide + left) * 4;
    for (let x = 0; x < size; x++, from += 4) {
      pixels[to++] = rgba[from];
      pixels[to++] = rgba[from + 1];
      pixels[to++] = rgba[from + 2];
    }
  }
  return pixels;
}
