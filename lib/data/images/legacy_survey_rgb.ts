/**
 * Three bands to one colour image, as the DESI Legacy Imaging Surveys (DECaLS, BASS, MzLS) show them.
 *
 * @module
 */

import { type Bands, checkAboveZero, checkBands } from "./_bands.ts";

/** How {@linkcode legacySurveyRgb} shows brightness. */
export type LegacySurveyOptions = {
  /** Softening: how strongly bright parts are compressed. Above 0. @default {20} */
  Q?: number;
  /** Added to every band after its factor, so that the sky is not black. @default {0.03} */
  offset?: number;
  /** Factor of each band (red, green, blue). @default {[2.2, 3.4, 6]} for z, r and g */
  scales?: readonly [number, number, number];
};

/**
 * Composes z, r and g as the viewer at legacysurvey.org/viewer has done since DR2 (`dr2_rgb` in the
 * surveys' public code, legacysurvey/imagine), and with it Galaxy Zoo DESI: with c' = scale · c +
 * offset of a band c and I the mean of the three c' that are above 0, a band becomes c' asinh(Q I) /
 * (I √Q), cut off at 0 and at 1, which becomes 255. Unlike Lupton's ({@linkcode luptonRgb}), the
 * colour of what is too bright turns to white. Fractions are rounded down.
 *
 * @param bands Red, green and blue, usually z, r and g, in nanomaggies: n values each
 * @returns n x 3 values in [0, 255], channels last; black where a band is not finite
 * @throws {TypeError} When the bands differ in length
 * @throws {RangeError} When a band has no finite value, or `Q` is not above 0
 *
 * @example
 * ```ts
 * import { legacySurveyRgb } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const [z, r, g] = [Float32Array.of(0, 0.1, 9), Float32Array.of(0, 0.05, 5), Float32Array.of(0, 0.02, 3)];
 * assert.deepEqual([...legacySurveyRgb([z, r, g])], [32, 32, 32, 149, 119, 89, 255, 255, 255]);
 * ```
 */
export function legacySurveyRgb(bands: Bands, options: LegacySurveyOptions = {}): Uint8Array {
  const { Q = 20, offset = 0.03, scales = [2.2, 3.4, 6] } = options;
  checkBands(bands);
  checkAboveZero({ Q });
  const [red, green, blue] = bands;
  const rgb = new Uint8ClampedArray(red.length * 3);
  for (let pixel = 0, out = 0; pixel < red.length; pixel++, out += 3) {
    const r = red[pixel]! * scales[0] + offset;
    const g = green[pixel]! * scales[1] + offset;
    const b = blue[pixel]! * scales[2] + offset;
    if (!Number.isFinite(r + g + b)) continue; // black
    const intensity = (Math.max(0, r) + Math.max(0, g) + Math.max(0, b)) / 3;
    if (intensity === 0) continue;
    const factor = 255 * Math.asinh(Q * intensity) / (intensity * Math.sqrt(Q));
    rgb[out] = Math.floor(r * factor);
    rgb[out + 1] = Math.floor(g * factor);
    rgb[out + 2] = Math.floor(b * factor);
  }
  return new Uint8Array(rgb.buffer);
}
