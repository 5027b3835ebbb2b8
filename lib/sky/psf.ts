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
type Scratch = {
  turned: Float32Array;
  result: Float32Array;
  small: Float32Array;
};

let scratch = scratchFor(0);

function scratchFor(pixels: number): Scratch {
  return {
    turned: new Float32Array(pixels),
    result: new Float32Array(pixels),
    small: new Float32Array(pixels),
  };
}

/** Variance, in pixels, that halving a plane and enlarging it again add: 3/4 each. */
const HALVING = 1.5;

/**
 * Blurs a square plane in place by the point spread function, and moves it by a fraction of a pixel.
 * Light that leaves the plane is lost. Where the wide Gaussian is wide enough, it is applied to a
 * plane of half the size: a third of the time, to a few thousandths of the peak the same.
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
  if (scratch.turned.length < plane.length) scratch = scratchFor(plane.length);
  const { turned, result, small } = scratch;
  result.fill(0, 0, plane.length);
  for (const { sigma, share } of GAUSSIANS) {
    const width = sigma * fwhm;
    if (width > 2 && side % 2 === 0) {
      const half = side / 2;
      halve(plane, { side, output: small });
      const narrow = Math.sqrt(width * width - HALVING) / 2;
      const kernels = shift.map((by) => gaussian(narrow, by / 2));
      blurRows(small, { side: half, kernel: kernels[0], output: turned });
      small.fill(0, 0, half * half);
      addBlurredColumns(turned, { side: half, kernel: kernels[1], share, output: small });
      addEnlarged(small, { half, output: result });
    } else {
      const kernels = shift.map((by) => gaussian(width, by));
      blurRows(plane, { side, kernel: kernels[0], output: turned });
      addBlurredColumns(turned, { side, kernel: kernels[1], share, output: result });
    }
  }
  plane.set(result.subarray(0, plane.length));
}

/** A Gaussian at whole pixels, of sum 1; odd length. */
function gaussian(sigma: number, shift: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma + Math.abs(shift)));
  const kernel = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, k) => Math.exp(-0.5 * ((k - reach - shift) / sigma) ** 2),
  );
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}

let padded = new Float64Array(0);

function blurRows(
  input: Float32Array,
  { side, kernel, output }: { side: number; kernel: Float64Array; output: Float32Array },
): void {
  const taps = kernel.length;
  const reach = taps >> 1;
  // Each row goes between two margins of zeros, so that no pixel needs to look for the border.
  if (padded.length < side + 2 * reach) padded = new Float64Array(2 * (side + 2 * reach));
  padded.fill(0);
  const reversed = kernel.slice().reverse();
  for (let row = 0; row < side; row++) {
    const start = row * side;
    for (let column = 0; column < side; column++) padded[reach + column] = input[start + column];
    let column = 0;
    for (; column + 3 < side; column += 4) { // four sums that do not wait for one another
      let a = 0, b = 0, c = 0, d = 0;
      for (let k = 0, at = column; k < taps; k++, at++) {
        const weight = reversed[k];
        a += weight * padded[at];
        b += weight * padded[at + 1];
        c += weight * padded[at + 2];
        d += weight * padded[at + 3];
      }
      const to = start + column;
      output[to] = a;
      output[to + 1] = b;
      output[to + 2] = c;
      output[to + 3] = d;
    }
    for (; column < side; column++) {
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += reversed[k] * padded[column + k];
      output[start + column] = sum;
    }
  }
}

/** Whole rows at a time: what is added lies next to each other in memory. */
function addBlurredColumns(
  input: Float32Array,
  { side, kernel, share, output }: {
    side: number;
    kernel: Float64Array;
    share: number;
    output: Float32Array;
  },
): void {
  const reach = kernel.length >> 1;
  const line = new Float64Array(side);
  for (let row = 0; row < side; row++) {
    line.fill(0);
    const first = Math.max(0, row - reach);
    const last = Math.min(side - 1, row + reach);
    let k = first;
    for (; k + 3 <= last; k += 4) { // the line is fetched and stored once for four rows
      const from = k * side;
      const center = reach + row - k;
      const a = share * kernel[center];
      const b = share * kernel[center - 1];
      const c = share * kernel[center - 2];
      const d = share * kernel[center - 3];
      for (let column = 0, at = from; column < side; column++, at++) {
        line[column] = line[column] + a * input[at] + b * input[at + side] +
          c * input[at + 2 * side] + d * input[at + 3 * side];
      }
    }
    for (; k <= last; k++) {
      const weight = share * kernel[reach + row - k];
      const from = k * side;
      for (let column = 0; column < side; column++) line[column] += weight * input[from + column];
    }
    const to = row * side;
    for (let column = 0; column < side; column++) output[to + column] += line[column];
  }
}

/**
 * Half the side: each axis by weights 1, 3, 3, 1 over 8, what {@linkcode addEnlarged} does the other
 * way round, so that nothing moves whichever half of a pair it is in.
 */
function halve(
  input: Float32Array,
  { side, output }: { side: number; output: Float32Array },
): void {
  const half = side / 2;
  const line = new Float64Array(side + 2); // with its ends repeated
  for (let row = 0; row < half; row++) {
    const middle = 2 * row * side;
    const above = Math.max(0, 2 * row - 1) * side;
    const below = Math.min(side - 1, 2 * row + 2) * side;
    for (let column = 0; column < side; column++) {
      line[column + 1] = 3 * (input[middle + column] + input[middle + side + column]) +
        input[above + column] + input[below + column];
    }
    line[0] = line[1];
    line[side + 1] = line[side];
    for (let column = 0; column < half; column++) {
      const at = 2 * column;
      output[row * half + column] = (line[at] + 3 * (line[at + 1] + line[at + 2]) + line[at + 3]) /
        64;
    }
  }
}

/** Adds a plane enlarged to twice its side, on straight lines between its pixels' centres. */
function addEnlarged(
  input: Float32Array,
  { half, output }: { half: number; output: Float32Array },
): void {
  const side = 2 * half;
  const line = new Float64Array(half + 2); // with its ends repeated
  for (let row = 0; row < side; row++) {
    const near = row >> 1;
    const far = Math.min(half - 1, Math.max(0, near + (row % 2 ? 1 : -1)));
    for (let column = 0; column < half; column++) {
      line[column + 1] = 0.75 * input[near * half + column] + 0.25 * input[far * half + column];
    }
    line[0] = line[1];
    line[half + 1] = line[half];
    const to = row * side;
    for (let column = 0; column < half; column++) {
      output[to + 2 * column] += 0.75 * line[column + 1] + 0.25 * line[column];
      output[to + 2 * column + 1] += 0.75 * line[column + 1] + 0.25 * line[column + 2];
    }
  }
}
