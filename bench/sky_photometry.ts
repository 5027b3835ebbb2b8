/**
 * Colour, size and concentration of a galaxy from nothing but its 424-pixel cut-out, so that real
 * and simulated pictures are measured by the same code.
 *
 * @module
 */

import sharp from "sharp";
import { petrosianRadii } from "../lib/sky/petrosian.ts";
import { surveys } from "../lib/sky/survey.ts";
import { SIZE } from "./sky_pictures.ts";

/** What a picture says of its galaxy. */
export interface Photometry {
  /** Magnitude in g less that in r, within petroR90. */
  gr: number;
  /** Magnitude in r less that in i, within petroR90. */
  ri: number;
  /** petroR90 / petroR50, as measured in the picture's r. */
  concentration: number;
  /** petroR90 as measured in the picture over the catalogue's, by which it is cut: 50 pixels. */
  radius: number;
  /** petroR90 in arcsec, from the size that the detector's pixels have in the picture. */
  petroR90: number;
}

const CENTRE = (SIZE - 1) / 2;
const RINGS = 60;
const [INNERMOST, OUTERMOST] = [0.25, 200]; // pixels
const STEP = (OUTERMOST / INNERMOST) ** (1 / (RINGS - 1));
const radii = Float64Array.from({ length: RINGS }, (_, k) => INNERMOST * STEP ** k);
const distances = Float64Array.from(
  { length: SIZE * SIZE },
  (_, at) => Math.hypot(at % SIZE - CENTRE, Math.floor(at / SIZE) - CENTRE),
);
/**
 * Arcsec of petroR90 for a grain of a pixel: a detector pixel has 0.396 arcsec, a pixel of the
 * cut-out 0.02 petroR90, and what compression and interpolation add is told by the simulated
 * pictures, whose radii are known (16 to 84 %: 16.1 to 20.2).
 */
const R90_GRAIN = 17.8;

/** Measures a picture. */
export async function photometry(image: Uint8Array): Promise<Photometry> {
  const pixels = await sharp(image).raw().toBuffer();
  const [i, r, g] = bandsOf(pixels);
  const { petroR50, petroR90 } = petrosianRadii(radii, growth(r));
  const [lightI, lightR, lightG] = [i, r, g].map((plane) => within(plane, 50));
  return {
    gr: -2.5 * Math.log10(lightG / lightR),
    ri: -2.5 * Math.log10(lightR / lightI),
    concentration: petroR90 / petroR50,
    radius: petroR90 / 50,
    petroR90: R90_GRAIN / grain(pixels),
  };
}

/** The light of i, r and g behind Lupton's stretch as SDSS uses it, above the sky of the corners. */
function bandsOf(pixels: Uint8Array): Float32Array[] {
  const { stretch, Q, scales } = surveys.sdss.lupton;
  const slope = 0.1 / Math.asinh(0.1 * Q);
  const planes = scales.map(() => new Float32Array(SIZE * SIZE));
  for (let at = 0; at < SIZE * SIZE; at++) {
    const sum = pixels[3 * at] + pixels[3 * at + 1] + pixels[3 * at + 2];
    const intensity = Math.sinh(sum / 3 / 255 / slope) * stretch / Q;
    for (let k = 0; k < 3; k++) {
      planes[k][at] = sum === 0 ? 0 : intensity * 3 * pixels[3 * at + k] / sum / scales[k];
    }
  }
  for (const plane of planes) {
    const corners = plane.filter((_, at) => distances[at] > SIZE / 2).sort();
    const sky = corners[corners.length >> 1];
    for (let at = 0; at < plane.length; at++) plane[at] -= sky;
  }
  return planes;
}

function within(plane: Float32Array, radius: number): number {
  return plane.reduce((sum, light, at) => distances[at] < radius ? sum + light : sum, 0);
}

/** Light within each radius. */
function growth(plane: Float32Array): Float64Array {
  const flux = new Float64Array(RINGS);
  for (let at = 0; at < plane.length; at++) {
    const ring = Math.max(0, Math.ceil(Math.log(distances[at] / INNERMOST) / Math.log(STEP)));
    if (ring < RINGS) flux[ring] += plane[at];
  }
  for (let k = 1; k < RINGS; k++) flux[k] += flux[k - 1];
  return flux;
}

/** Pixels over which the correlation of the sky's noise along rows falls to a half. */
function grain(pixels: Uint8Array): number {
  const level = Float32Array.from(
    { length: SIZE * SIZE },
    (_, at) => pixels[3 * at] + pixels[3 * at + 1] + pixels[3 * at + 2],
  );
  const sky = level.filter((_, at) => distances[at] > 170).sort();
  const middle = sky[sky.length >> 1];
  const limit = 3 * (middle - sky[Math.floor(0.16 * sky.length)]) + 1;
  const isSky = level.map((value, at) =>
    Number(distances[at] > 150 && Math.abs(value - middle) < limit)
  );
  const variance = correlation(level, { isSky, lag: 0, middle });
  let before = 1;
  for (let lag = 1; lag < 40; lag++) {
    const now = correlation(level, { isSky, lag, middle }) / variance;
    if (now < 0.5) return lag - 1 + (before - 0.5) / (before - now);
    before = now;
  }
  return NaN;
}

function correlation(
  level: Float32Array,
  { isSky, lag, middle }: { isSky: Float32Array; lag: number; middle: number },
): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < level.length; at++) {
    if (at % SIZE + lag >= SIZE || !isSky[at] || !isSky[at + lag]) continue;
    sum += (level[at] - middle) * (level[at + lag] - middle);
    count++;
  }
  return sum / count;
}
