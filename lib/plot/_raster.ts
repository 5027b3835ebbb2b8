/**
 * SVG to pixels, the same on every machine.
 *
 * @module
 */

import { fontFiles, hasGlyphs } from "./_font.ts";

/** Pixels of a drawing, 4 bytes each: red, green, blue, opacity. */
export type Raster = { pixels: Uint8Array; width: number; height: number };

/**
 * Draws an SVG with the kit's own typeface. The fonts of the machine are looked at only for
 * letters that it lacks, such as Chinese class names.
 *
 * @param scale Pixels of the result for one of the drawing
 */
export async function rasterise(
  svg: string,
  options: { scale: number; background?: string },
): Promise<Raster> {
  const { renderAsync } = await import("@resvg/resvg-js");
  const image = await renderAsync(svg, {
    background: options.background,
    fitTo: { mode: "zoom", value: options.scale },
    font: {
      fontFiles: fontFiles(),
      loadSystemFonts: !hasGlyphs(svg),
      defaultFontFamily: "Arimo",
      sansSerifFamily: "Arimo",
    },
  });
  return { pixels: image.pixels, width: image.width, height: image.height };
}

/**
 * An opaque drawing as PNG; its density tells a page how large it is meant to be.
 *
 * @param options.palette Of 256 colours: a third of the size, and for a figure the same to the eye.
 *   @default {false}
 */
export async function encodePng(
  raster: Raster,
  options: { scale: number; palette?: boolean },
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { width, height } = raster;
  const png = await sharp(raster.pixels, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .withMetadata({ density: 96 * options.scale })
    .png({ palette: options.palette ?? false })
    .toBuffer();
  return new Uint8Array(png);
}

/** An opaque drawing with photographs as JPEG, its colours at full resolution for the letters. */
export async function encodeJpeg({ pixels, width, height }: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality: 92, chromaSubsampling: "4:4:4" })
    .toBuffer();
  return new Uint8Array(jpeg);
}

/** Refuses a scale that makes no picture, or one that fills the memory. */
export function checkScale(scale: number): void {
  if (!(scale >= 0.1 && scale <= 10)) {
    throw new RangeError(`Cannot draw the figure: scale must be between 0.1 and 10: ${scale}`);
  }
}
