/**
 * Plain JPEGs, such as surveys publish, to pixels: zune-jpeg and fast_image_resize (Rust, through
 * `@napi-rs/image`) need less than half the time of a libvips pipeline, whose cost hardly depends on
 * the size of the image.
 *
 * @module
 */

/** Its filters by the kit's names. */
const FILTERS = { lanczos: "Lanczos3", bicubic: "CatmullRom", bilinear: "Bilinear" } as const;

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
  if (rgba.length !== whole * whole * 4) {
    throw new Error(`it decodes to ${rgba.length} values, ${whole * whole * 4} are wanted`);
  }
  const offset = (whole - size) >> 1;
  const pixels = new Uint8Array(size * size * 3);
  let to = 0;
  for (let y = 0; y < size; y++) {
    let from = ((y + offset) * whole + offset) * 4;
    for (let x = 0; x < size; x++, from += 4) {
      pixels[to++] = rgba[from];
      pixels[to++] = rgba[from + 1];
      pixels[to++] = rgba[from + 2];
    }
  }
  return pixels;
}
