/**
 * Sky and photon noise.
 *
 * @module
 */

import type { Prng } from "../prng.ts";

/** Quantiles of the standard normal distribution, at the middles of 2^16 equal shares. */
const quantiles = Float32Array.from({ length: 65536 }, (_, k) => quantile((k + 0.5) / 65536));

/** The normal quantile by the rational approximation of Acklam (2003), good to 1.2e-9. */
function quantile(share: number): number {
  if (share > 0.5) return -quantile(1 - share);
  if (share < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(share));
    return (((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q -
              2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783) /
      ((((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q +
            3.754408661907416) * q + 1);
  }
  const q = share - 0.5;
  const r = q * q;
  return (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r +
            138.357751867269) * r - 30.66479806614716) * r + 2.506628277459239) *
    q /
    (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r +
              66.80131188771972) * r - 13.28068155288572) * r + 1);
}

/**
 * Adds noise to a plane of light, square where noise is shared, in place: normal, with the variance of the sky and, where there is light, of
 * the photons. Numbers come from a table of 65,536 quantiles, which ends at 4.3 sigma.
 */
export function addNoise(
  plane: Float32Array,
  { random, sky, gain, offset = 0, share = 0 }: {
    /** The source of random numbers. */
    random: Prng;
    /** Standard deviation of the sky in a pixel, in the unit of the plane. */
    sky: number;
    /** Photo-electrons of one unit of the plane. */
    gain: number;
    /** Added to each pixel: what the sky's subtraction left. @default {0} */
    offset?: number;
    /** Share of its noise that a pixel gives to each neighbour, see {@linkcode shareNoise}. @default {0} */
    share?: number;
  },
): void {
  if (scratch.length < plane.length) scratch = new Float32Array(plane.length);
  const noise = scratch.subarray(0, plane.length);
  const variance = sky * sky;
  for (let pixel = 0; pixel < plane.length; pixel += 2) {
    const bits = random.uint32();
    noise[pixel] = quantiles[bits >>> 16] *
      Math.sqrt(variance + Math.max(0, plane[pixel]) / gain);
    if (pixel + 1 < plane.length) {
      noise[pixel + 1] = quantiles[bits & 0xffff] *
        Math.sqrt(variance + Math.max(0, plane[pixel + 1]) / gain);
    }
  }
  if (share > 0) shareNoise(noise, { side: Math.sqrt(plane.length), share });
  for (let pixel = 0; pixel < plane.length; pixel++) plane[pixel] += noise[pixel] + offset;
}

/** Room for the noise of a plane, used again and again. */
let scratch = new Float32Array(0);

/**
 * Gives in place a share of each pixel's noise to its neighbours, first along rows, then along
 * columns, as interpolation onto another grid does. At the border it stays in the pixel.
 */
export function shareNoise(
  noise: Float32Array,
  { side, share }: { side: number; share: number },
): void {
  const rest = 1 - 2 * share;
  for (let row = 0; row < side; row++) {
    const start = row * side;
    let before = noise[start];
    for (let at = start; at < start + side; at++) {
      const here = noise[at];
      const after = at + 1 < start + side ? noise[at + 1] : here;
      noise[at] = rest * here + share * (before + after);
      before = here;
    }
  }
  const above = noise.slice(0, side); // the row above as it was
  for (let row = 0; row < side; row++) {
    const below = row + 1 < side ? side : 0;
    for (let column = 0, at = row * side; column < side; column++, at++) {
      const here = noise[at];
      noise[at] = rest * here + share * (above[column] + noise[at + below]);
      above[column] = here;
    }
  }
}
