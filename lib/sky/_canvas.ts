/**
 * Three bands of a field before the blur, and the simple things drawn on them.
 *
 * @module
 */

import type { Band, Magnitudes } from "./galaxy.ts";
import { moffat } from "./psf.ts";
import { sersicTable } from "./sersic.ts";

/** Three square planes of light in nanomaggies a pixel; the galaxy stands in their middle. */
export type Canvas = {
  /** Side in pixels. */
  side: number;
  /** Arcsec a pixel. */
  pixelScale: number;
  /** The bands shown as red, green and blue. */
  bands: readonly [Band, Band, Band];
  /** Their light, `side` x `side` each. */
  planes: [Float32Array, Float32Array, Float32Array];
};

/** Flux in nanomaggies of a magnitude: 1 at 22.5. */
export function nanomaggies(magnitude: number): number {
  return 10 ** (-0.4 * (magnitude - 22.5));
}

/** Fluxes in the canvas's bands. */
export function fluxes(canvas: Canvas, magnitudes: Magnitudes): [number, number, number] {
  return canvas.bands.map((band) => nanomaggies(magnitudes[band])) as [number, number, number];
}

/** First and last pixel of an axis within `reach` arcsec of `centre` arcsec from the middle. */
export function pixelRange(
  { side, pixelScale }: Canvas,
  { centre, reach }: { centre: number; reach: number },
): [first: number, last: number] {
  const middle = centre / pixelScale + (side - 1) / 2;
  return [
    Math.max(0, Math.ceil(middle - reach / pixelScale)),
    Math.min(side - 1, Math.floor(middle + reach / pixelScale)),
  ];
}

/** Adds a round Gaussian spot. */
export function addSpot(
  canvas: Canvas,
  { x, y, sigma, flux }: {
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    /** Standard deviation in arcsec. */
    sigma: number;
    /** In nanomaggies, in each band. */
    flux: readonly [number, number, number];
  },
): void {
  const { side, pixelScale, planes } = canvas;
  const splits = sigma < pixelScale ? 3 : 1; // samples a pixel, along and across
  const width = Math.hypot(sigma, 0.29 * pixelScale / splits); // with a sample's own width
  const reach = 3.2 * width + pixelScale;
  const [left, right] = pixelRange(canvas, { centre: x, reach });
  const [top, bottom] = pixelRange(canvas, { centre: y, reach });
  const norm = (pixelScale / splits) ** 2 / (2 * Math.PI * width * width);
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      let light = 0;
      for (let part = 0; part < splits * splits; part++) {
        const px = dx + ((part % splits + 0.5) / splits - 0.5) * pixelScale;
        const py = dy + ((Math.floor(part / splits) + 0.5) / splits - 0.5) * pixelScale;
        light += Math.exp(-0.5 * (px * px + py * py) / (width * width));
      }
      light *= norm;
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += flux[k] * light;
    }
  }
}

/** Adds an elliptical Sérsic profile. */
export function addSersic(
  canvas: Canvas,
  { x, y, sersicIndex, halfLightRadius, axisRatio, positionAngle, flux, faintest }: {
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    sersicIndex: number;
    /** In arcsec. */
    halfLightRadius: number;
    axisRatio: number;
    /** In degrees. */
    positionAngle: number;
    /** In nanomaggies, in each band. */
    flux: readonly [number, number, number];
    /** Light in nanomaggies a pixel that need not be drawn. */
    faintest: number;
  },
): void {
  const { side, pixelScale, planes } = canvas;
  const { table, outer } = sersicTable(sersicIndex);
  const entries = table.length - 1;
  const norm = pixelScale * pixelScale / (halfLightRadius * halfLightRadius * axisRatio);
  const brightest = Math.max(...flux) * norm;
  let last = entries;
  while (last > 40 && brightest * table[last] < faintest) last--;
  const limit = outer * (last / entries) ** 2;
  const reach = limit * halfLightRadius;
  const [left, right] = pixelRange(canvas, { centre: x, reach });
  const [top, bottom] = pixelRange(canvas, { centre: y, reach });
  const sin = Math.sin(positionAngle * Math.PI / 180);
  const cos = Math.cos(positionAngle * Math.PI / 180);
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      const near = dx * dx + dy * dy < 9 * pixelScale * pixelScale;
      const splits = near ? 6 : 1; // even: no sample falls on the cusp itself
      let light = 0;
      for (let part = 0; part < splits * splits; part++) {
        const px = dx + ((part % splits + 0.5) / splits - 0.5) * pixelScale;
        const py = dy + ((Math.floor(part / splits) + 0.5) / splits - 0.5) * pixelScale;
        const u = -px * sin - py * cos;
        const v = (px * cos - py * sin) / axisRatio;
        const r = Math.sqrt(u * u + v * v) / halfLightRadius;
        if (r < limit) light += table[(Math.sqrt(r / outer) * entries + 0.5) | 0];
      }
      if (light === 0) continue;
      light *= norm / (splits * splits);
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += flux[k] * light;
    }
  }
}

/** Adds a star to one blurred plane: the point spread function itself, no blur comes after it. */
export function addStar(
  plane: Float32Array,
  { side, pixelScale, x, y, flux, fwhm, faintest }: {
    side: number;
    pixelScale: number;
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    /** In nanomaggies. */
    flux: number;
    /** In arcsec. */
    fwhm: number;
    /** Light in nanomaggies a pixel that need not be drawn. */
    faintest: number;
  },
): void {
  let reach = fwhm;
  while (reach < 60 && flux * pixelScale ** 2 * moffat(reach, fwhm) > faintest) reach *= 1.15;
  const area = { side, pixelScale } as Canvas;
  const [left, right] = pixelRange(area, { centre: x, reach });
  const [top, bottom] = pixelRange(area, { centre: y, reach });
  const total = flux * pixelScale ** 2;
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      plane[row * side + column] += total * moffat(Math.sqrt(dx * dx + dy * dy), fwhm);
    }
  }
}
