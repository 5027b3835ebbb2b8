/**
 * What bright stars do to a picture beyond the point spread function.
 *
 * @module
 */

import { type Canvas, nanomaggies } from "./_canvas.ts";
import type { Band, Magnitudes } from "./galaxy.ts";

/** Stars fainter than this in r have no glow that shows. */
export const GLOW_LIMIT = 12;

/**
 * Share of a star's light in its aureole, per arcsec^2 at an arcsec: it falls with the square of the
 * distance (King 1971, PASP 83, 199). In i the light that passes the thinned CCDs comes back and
 * makes it wider, so that glows are red.
 */
const AUREOLE: Record<Band, number> = {
  u: 0.0005,
  g: 0.0008,
  r: 0.0012,
  i: 0.0026,
  z: 0.0012,
  Y: 0.001,
  J: 0.001,
  H: 0.001,
  K: 0.001,
};

/** Arcsec over which a spike falls by a factor e beyond its fall with distance. */
const SPIKE_LENGTH = 30;

/** Adds aureole and diffraction spikes, after the blur. */
export function addGlow(
  { side, pixelScale, bands, planes }: Canvas,
  { x, y, magnitudes, angle }: {
    /** Where the star is, in arcsec from the middle. */
    x: number;
    /** Where the star is, in arcsec from the middle. */
    y: number;
    magnitudes: Magnitudes;
    /** Direction of one spike in degrees; the spider has four vanes. */
    angle: number;
  },
): void {
  const area = pixelScale * pixelScale;
  const flux = bands.map((band) => nanomaggies(magnitudes[band]) * area);
  const aureole = bands.map((band, k) => flux[k] * AUREOLE[band]);
  const sin = Math.sin(angle * Math.PI / 180);
  const cos = Math.cos(angle * Math.PI / 180);
  for (let row = 0; row < side; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = 0; column < side; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      const squared = dx * dx + dy * dy + 6;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      const near = Math.min(u * u, v * v);
      const spike = near < 25
        ? 0.005 * Math.exp(-near / 1.6 - Math.sqrt(squared) / SPIKE_LENGTH) / squared
        : 0;
      const halo = 1 / squared;
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += aureole[k] * halo + flux[k] * spike;
    }
  }
}
