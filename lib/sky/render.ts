/**
 * Pictures of galaxies.
 *
 * @module
 */

import { luptonRgb } from "../data/images/lupton.ts";
import { exposeGalaxy } from "./exposure.ts";
import { FRAME_IN_R90, type Galaxy } from "./galaxy.ts";
import { throughJpeg } from "./_jpeg.ts";
import { resample } from "./_resample.ts";
import { blackLevels, surveyNamed } from "./survey.ts";

/** A picture of a galaxy. */
export type GalaxyPicture = {
  /** `size` x `size` x 3 values in [0, 255], row by row, channels last. */
  pixels: Uint8Array;
  /** Side in pixels. */
  size: number;
  /**
   * On request, `size` x `size`: which share of what is seen in the pixel is the galaxy (with its
   * companion), from 0 to 255. The rest is stars, other galaxies and a sky of one standard deviation.
   */
  mask?: Uint8Array;
};

/**
 * Renders a galaxy as a survey's cut-out service shows it: exposed at the detector's scale, composed
 * by Lupton's stretch, compressed with the survey's colour frame where it is, and resampled to
 * 8.48 petroR90 across, as GZ2's cut-outs are.
 *
 * Pixels wider than two of the detector's are exposed as such, as cut-out services use frames that
 * are binned beforehand.
 *
 * @throws {RangeError} When the size is no integer from 8 to 2048, or the survey is unknown
 *
 * @example
 * ```ts
 * import { drawGalaxy, renderGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const galaxy = drawGalaxy({ seed: 1, index: 3 });
 * const { pixels } = renderGalaxy(galaxy, { size: 64 });
 * assert.equal(pixels.length, 64 * 64 * 3);
 * assert.deepEqual(pixels, renderGalaxy(galaxy, { size: 64 }).pixels);
 * ```
 */
export function renderGalaxy(
  galaxy: Galaxy,
  { size, survey = "sdss", mask = false }: {
    /** Side of the picture, in pixels. GZ2's is 424. */
    size: number;
    /** The instrument: sdss, decals or ukidss. @default {"sdss"} */
    survey?: string;
    /** Whether to make the mask too; costs a quarter more time. @default {false} */
    mask?: boolean;
  },
): GalaxyPicture {
  if (!Number.isInteger(size) || size < 8 || size > 2048) {
    throw new RangeError(
      `Cannot draw a galaxy: size must be an integer from 8 to 2048, ${size} found`,
    );
  }
  const instrument = surveyNamed(survey);
  const { lupton, jpegQuality } = instrument;
  const frame = FRAME_IN_R90 * galaxy.petroR90;
  let pixelScale = instrument.pixelScale;
  while (frame / size >= 2 * pixelScale) pixelScale *= 2;
  const extent = frame / pixelScale;
  const side = 2 * Math.ceil(extent / 2) + 4;
  const exposure = exposeGalaxy(galaxy, { survey, side, pixelScale, light: mask });
  const perArcsec = 1 / (pixelScale * pixelScale);
  const native = luptonRgb(exposure.planes, {
    stretch: lupton.stretch,
    Q: lupton.Q,
    minimum: blackLevels(instrument, { pixelScale }).map((value) => value / perArcsec) as [
      number,
      number,
      number,
    ],
    scales: lupton.scales.map((scale) => scale * perArcsec) as [number, number, number],
  });
  if (jpegQuality !== null) throughJpeg(native, { side, quality: jpegQuality });
  const pixels = resample(native, { side, size, extent });
  if (!mask) return { pixels, size };
  const share = Uint8Array.from(exposure.galaxyLight!, (light, pixel) => {
    const all = Math.max(light, exposure.allLight![pixel]) + exposure.sky[1];
    return 255 * light / all;
  });
  return { pixels, size, mask: resample(share, { side, size, extent, channels: 1 }) };
}
