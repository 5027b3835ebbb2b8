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
  const slope = 0.1 / Math.asinh(0.1 * Q);
  const soften = Q / stretch;
  const rgb = new Uint8Array(red.length * 3);
  for (let pixel = 0, out = 0; pixel < red.length; pixel++, out += 3) {
    const r = (red[pixel] - black[0]) * scales[0];
    const g = (green[pixel] - black[1]) * scales[1];
    const b = (blue[pixel] - black[2]) * scales[2];
    const intensity = (r + g + b) / 3;
    if (!(intensity > 0 && intensity < Infinity)) continue; // black; also NaN
    const factor = slope * Math.asinh(intensity * soften) / intensity;
    const divisor = Math.max(1, Math.max(r, g, b) * factor);
    // A typed array rounds down; a band below its minimum would wrap around.
    rgb[out] = r > 0 ? 255 * (r * factor / divisor) : 0;
    rgb[out + 1] = g > 0 ? 255 * (g * factor / divisor) : 0;
    rgb[out + 2] = b > 0 ? 255 * (b * factor / divisor) : 0;
  }
  return rgb;
}
