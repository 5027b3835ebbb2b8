/**
 * Three bands of a survey to one colour image, as the Sloan survey shows them.
 *
 * @module
 */

import { type Bands, checkAboveZero, checkBands } from "./_bands.ts";

/** How {@linkcode luptonRgb} shows brightness. */
export type LuptonOptions = {
  /**
   * Brightness, in the bands' unit after `minimum` and `scales`, up to which the image is nearly
   * linear. Larger is darker. Above 0.
   *
   * @default {5}
   */
  stretch?: number;
  /**
   * Softening: how strongly the bright parts are compressed. Above 0; near 0 the stretch is linear.
   *
   * @default {8}
   */
  Q?: number;
  /** Value that becomes black, of all bands or of each (red, green, blue). @default {0} */
  minimum?: number | readonly [number, number, number];
  /** Factor of each band (red, green, blue), for the balance of colours. @default {[1, 1, 1]} */
  scales?: readonly [number, number, number];
};

/**
 * Composes red, green and blue by the asinh stretch of Lupton et al. (2004, PASP 116, 133): the mean
 * of the bands sets the brightness, the colour of a pixel stays whatever its brightness, also where
 * it is too bright for 8 bits. Equals astropy's `make_lupton_rgb`.
 *
 * With I = (r + g + b) / 3 and k = 0.1 / asinh(0.1 Q), a band c becomes c k asinh(Q I / stretch) / I,
 * then all three are divided by their largest where that is above 1, and 1 becomes 255; fractions are
 * rounded down.
 *
 * @param bands Red, green and blue, e.g. i, r and g: n values each
 * @returns n x 3 values in [0, 255], channels last; black where a band is not finite
 * @throws {TypeError} When the bands differ in length
 * @throws {RangeError} When a band has no finite value, or `stretch` or `Q` is not above 0
 *
 * @example
 * ```ts
 * import { luptonRgb } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const [i, r, g] = [Float32Array.of(0, 1, 400), Float32Array.of(0, 1, 200), Float32Array.of(0, 1, 100)];
 * const rgb = luptonRgb([i, r, g], { stretch: 5, Q: 8 });
 * assert.deepEqual([...rgb], [0, 0, 0, 43, 43, 43, 255, 127, 63]);
 * ```
 */
export function luptonRgb(
  bands: Bands,
  options: LuptonOptions = {},
): Uint8Array {
  const { stretch = 5, Q = 8, minimum = 0, scales = [1, 1, 1] } = options;
  const [red, green, blue] = bands;
  checkBands(bands);
  checkAboveZero({ stretch, Q });
  const black = typeof minimum === "number" ? [minimum, minimum, minimum] : minimum;
  const [blackRed, blackGreen, blackBlue] = black;
  const [scaleRed, scaleGreen, scaleBlue] = scales;
  const soften = Q / stretch;
  const slope = 0.1 / Math.asinh(0.1 * Q) * soften;
  const rgb = new Uint8Array(red.length * 3);
  for (let pixel = 0, out = 0; pixel < red.length; pixel++, out += 3) {
    const r = (red[pixel] - blackRed) * scaleRed;
    const g = (green[pixel] - blackGreen) * scaleGreen;
    const b = (blue[pixel] - blackBlue) * scaleBlue;
    const intensity = (r + g + b) / 3;
    if (!(intensity > 0 && intensity < Infinity)) continue; // black; also NaN
    const factor = slope * asinhOver(intensity * soften);
    const brightest = Math.max(r, g, b) * factor;
    // Whole numbers round down; a band below its minimum would wrap around.
    if (brightest <= 1) {
      rgb[out] = r > 0 ? 255 * (r * factor) | 0 : 0;
      rgb[out + 1] = g > 0 ? 255 * (g * factor) | 0 : 0;
      rgb[out + 2] = b > 0 ? 255 * (b * factor) | 0 : 0;
    } else {
      rgb[out] = r > 0 ? 255 * (r * factor / brightest) | 0 : 0;
      rgb[out + 1] = g > 0 ? 255 * (g * factor / brightest) | 0 : 0;
      rgb[out + 2] = b > 0 ? 255 * (b * factor / brightest) | 0 : 0;
    }
  }
  return rgb;
}

/** Points of the table a unit, and where it ends: nearly all pixels are fainter. */
const POINTS = 128;
const END = 4;

/** For each interval the four coefficients of the cubic that has the values and slopes of its ends. */
const cubics = Float64Array.from({ length: 4 * POINTS * END }, (_, at) => {
  const [t, next] = [(at >> 2) / POINTS, ((at >> 2) + 1) / POINTS];
  const [value, slope, rise] = [ratio(t), ratioSlope(t) / POINTS, ratio(next) - ratio(t)];
  const last = ratioSlope(next) / POINTS;
  return [value, slope, 3 * rise - 2 * slope - last, slope + last - 2 * rise][at & 3];
});

function ratio(t: number): number {
  return t === 0 ? 1 : Math.asinh(t) / t;
}

function ratioSlope(t: number): number {
  return t === 0 ? 0 : (1 / Math.sqrt(1 + t * t) - ratio(t)) / t;
}

/** asinh(t) / t for t > 0, to 1e-11: a picture would spend a tenth of its time on `Math.asinh`. */
function asinhOver(t: number): number {
  if (t >= END) return ratio(t);
  const from = Math.floor(t * POINTS);
  const x = t * POINTS - from;
  const at = 4 * from;
  return cubics[at] + x * (cubics[at + 1] + x * (cubics[at + 2] + x * cubics[at + 3]));
}
