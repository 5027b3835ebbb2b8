/**
 * The blur of atmosphere and telescope: a Moffat profile (Moffat 1969, A&A 3, 455) with beta = 3.5.
 *
 * @module
 */

const BETA = 3.5;

/**
 * Surface brightness of a star of unit flux at a distance from it, both in the unit of `fwhm`.
 *
 * @example
 * ```ts
 * import { moffat } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * assert.equal((moffat(0.5, 1) / moffat(0, 1)).toFixed(6), "0.500000"); // what FWHM means
 * ```
 */
export function moffat(distance: number, fwhm: number): number {
  const width = fwhm / (2 * Math.sqrt(2 ** (1 / BETA) - 1));
  return (BETA - 1) / (Math.PI * width * width) * (1 + (distance / width) ** 2) ** -BETA;
}

/**
 * Two Gaussians whose sum is that profile to 1.4 % of its peak, in units of FWHM (least squares):
 * the Gaussian is the one profile that blurs rows and columns apart, hence fast.
 */
const GAUSSIANS = [
  { sigma: 0.3859, share: 0.5 },
  { sigma: 0.7166, share: 0.5 },
] as const;

/** Room for a blur of planes up to some size, used again and again. */
interface Scratch {
  turned: Float32Array;
  result: Float32Array;
}

let scratch: Scratch = { turned: new Float32Array(0), result: new Float32Array(0) };

/**
 * Blurs a square plane in place by the point spread function, and moves it by a fraction of a pixel.
 * Light that leaves the plane is lost.
 */
export function blur(
  plane: Float32Array,
  { side, fwhm, shift = [0, 0] }: {
    /** Side of the plane, in pixels. */
    side: number;
    /** In pixels. */
    fwhm: number;
    /** How far to move the plane right and down, in pixels. @default {[0, 0]} */
    shift?: readonly [number, number];
  },
): void {
  if (scratch.turned.length < plane.length) {
    scratch = { turned: new Float32Array(plane.length), result: new Float32Array(plane.length) };
  }
  const { turned, result } = scratch;
  result.fill(0, 0, plane.length);
  for (const { sigma, share } of GAUSSIANS) {
    blurRows(plane, { side, kernel: gaussian(sigma * fwhm, shift[0], 1), output: turned });
    addBlurredColumns(turned, {
      side,
      kernel: gaussian(sigma * fwhm, shift[1], share),
      output: result,
    });
  }
  plane.set(result.subarray(0, plane.length));
}

/** A Gaussian's integral over each pixel, to be exact for narrow ones too; odd length. */
function gaussian(sigma: number, shift: number, total: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma + Math.abs(shift)));
  const kernel = new Float64Array(2 * reach + 1);
  let sum = 0;
  for (let k = -reach; k <= reach; k++) {
    const at = (k - shift) / sigma;
    sum += kernel[k + reach] = Math.exp(-0.5 * at * at);
  }
  return kernel.map((value) => value * total / sum);
}

function blurRows(
  input: Float32Array,
  { side, kernel, output }: { side: number; kernel: Float64Array; output: Float32Array },
): void {
  const reach = kernel.length >> 1;
  for (let row = 0; row < side; row++) {
    const start = row * side;
    for (let column = 0; column < side; column++) {
      const first = Math.max(0, column - reach);
      const last = Math.min(side - 1, column + reach);
      let sum = 0;
      for (let k = first; k <= last; k++) sum += kernel[reach + column - k] * input[start + k];
      output[start + column] = sum;
    }
  }
}

/** Whole rows at a time: what is added lies next to each other in memory. */
function addBlurredColumns(
  input: Float32Array,
  { side, kernel, output }: { side: number; kernel: Float64Array; output: Float32Array },
): void {
  const reach = kernel.length >> 1;
  for (let row = 0; row < side; row++) {
    const to = row * side;
    const first = Math.max(0, row - reach);
    const last = Math.min(side - 1, row + reach);
    for (let k = first; k <= last; k++) {
      const weight = kernel[reach + row - k];
      const from = k * side;
      for (let column = 0; column < side; column++) {
        output[to + column] += weight * input[from + column];
      }
    }
  }
}
