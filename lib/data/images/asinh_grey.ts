/**
 * One band of any unit to a grey image.
 *
 * @module
 */

/** How {@linkcode asinhGrey} shows brightness. */
export type AsinhGreyOptions = {
  /**
   * Share of the finite values, in percent, that lies between black and white: as many are below as
   * above. In (0, 100].
   *
   * @default {99.5}
   */
  percent?: number;
  /**
   * Where, between black at 0 and white at 1, the stretch turns from linear to logarithmic. Above 0.
   *
   * @default {0.1}
   */
  softening?: number;
};

/**
 * Shows one band, such as counts or fluxes, whatever its unit: black and white are percentiles of its
 * own values, between them goes asinh(x / a) / asinh(1 / a). Equals astropy's
 * `PercentileInterval(99.5)` and `AsinhStretch(0.1)`, its `simple_norm(band, "asinh", percent=99.5)`; where the
 * percentiles are alike, the smallest and the largest value take their place. Images so shown cannot be compared in brightness.
 *
 * @returns A value in [0, 255] each; black where the band is not finite
 * @throws {RangeError} When no value is finite, all are alike, or an option is out of range
 *
 * @example
 * ```ts
 * import { asinhGrey } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const counts = Float32Array.of(1000, 1010, 1100, 2000, NaN);
 * assert.deepEqual([...asinhGrey(counts, { percent: 100 })], [0, 8, 74, 255, 0]);
 * ```
 */
export function asinhGrey(
  band: Float32Array | Float64Array,
  { percent = 99.5, softening = 0.1 }: AsinhGreyOptions = {},
): Uint8Array {
  if (!(percent > 0 && percent <= 100)) {
    throw new RangeError(`Cannot show a band: percent must lie in (0, 100], ${percent} found`);
  }
  if (!(softening > 0 && softening < Infinity)) {
    throw new RangeError(`Cannot show a band: softening must be above 0, ${softening} found`);
  }
  const finite = Float64Array.from(band).filter(Number.isFinite).sort(); // by value
  if (finite.length === 0) {
    throw new RangeError(
      `Cannot show a band: a finite value is wanted, ${band.length} found that are none`,
    );
  }
  const at = (share: number) => {
    const place = share * (finite.length - 1);
    const [low, high] = [finite[Math.floor(place)]!, finite[Math.ceil(place)]!];
    return low + (high - low) * (place % 1);
  };
  const tail = (100 - percent) / 200;
  let [black, white] = [at(tail), at(1 - tail)];
  if (black === white) [black, white] = [at(0), at(1)]; // a few bright pixels on nothing
  const range = white - black;
  if (!(range > 0)) {
    throw new RangeError(`Cannot show a band: its values must differ, all found are ${white}`);
  }
  const grey = new Uint8Array(band.length);
  const top = Math.asinh(1 / softening);
  for (let pixel = 0; pixel < band.length; pixel++) {
    const value = Math.min(1, Math.max(0, (band[pixel]! - black) / range));
    grey[pixel] = Number.isFinite(band[pixel]) ? 255 * Math.asinh(value / softening) / top : 0;
  }
  return grey;
}
