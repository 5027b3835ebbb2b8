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
type Scratch = Record<"result" | "small" | "smallResult", Float32Array> & { turned: Float64Array };

let scratch = scratchFor(0);

function scratchFor(pixels: number): Scratch {
  return {
    turned: new Float64Array(pixels),
    result: new Float32Array(pixels),
    small: new Float32Array(pixels >> 2),
    smallResult: new Float32Array(pixels >> 2),
  };
}

/** Variance, in pixels, that halving a plane and enlarging it again add: 3/4 each. */
const HALVING = 1.5;

/**
 * Blurs a square plane in place by the point spread function, and moves it by a fraction of a pixel.
 * Light that leaves the plane is lost. Where the wide Gaussian is wide enough, it is applied to a
 * plane of half the size: a third of the time, to a few thousandths of the peak the same. The dark
 * ends of rows, half of a galaxy's frame, are left alone.
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
  const { result, small, smallResult } = scratch;
  result.fill(0, 0, plane.length);
  const spans = litSpans(plane, side);
  for (const { sigma, share } of GAUSSIANS) {
    const width = sigma * fwhm;
    if (width > 2 && side % 2 === 0) {
      const half = side / 2;
      halve(plane, { side, spans, output: small });
      const narrow = Math.sqrt(width * width - HALVING) / 2;
      const kernels = shift.map((by) => gaussian(narrow, { shift: by / 2 }));
      smallResult.fill(0, 0, half * half);
      const lit = litSpans(small, half);
      addBlurred(small, { side: half, spans: lit, kernels, share, output: smallResult });
      addEnlarged(smallResult, { half, spans: litSpans(smallResult, half), output: result });
    } else {
      const kernels = shift.map((by) => gaussian(width, { shift: by }));
      addBlurred(plane, { side, spans, kernels, share, output: result });
    }
  }
  plane.set(result.subarray(0, plane.length));
}

/** A Gaussian at whole pixels, of sum 1; odd length. */
function gaussian(sigma: number, { shift }: { shift: number }): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma + Math.abs(shift)));
  const kernel = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, k) => Math.exp(-0.5 * ((k - reach - shift) / sigma) ** 2),
  );
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}

/** Where each row holds light: from the first such pixel to the one before `to`. */
type Spans = { from: Int32Array; to: Int32Array };

function litSpans(plane: Float32Array, side: number): Spans {
  const spans = { from: new Int32Array(side).fill(side), to: new Int32Array(side) };
  for (let row = 0; row < side; row++) {
    let from = row * side;
    let to = from + side;
    const end = to;
    while (from < end && plane[from] === 0) from++;
    if (from === end) continue;
    while (plane[to - 1] === 0) to--;
    spans.from[row] = from - row * side;
    spans.to[row] = to - row * side;
  }
  return spans;
}

/** The columns that hold light in any of some rows. */
function spanOf(
  { from, to }: Spans,
  { first, last }: { first: number; last: number },
): [from: number, to: number] {
  let [start, end] = [from[first], to[first]];
  for (let row = first + 1; row <= last; row++) {
    start = Math.min(start, from[row]);
    end = Math.max(end, to[row]);
  }
  return [start, end];
}

type Blurring = {
  side: number;
  spans: Spans;
  /** Along and across. */
  kernels: readonly Float64Array[];
  share: number;
  output: Float32Array;
};

function addBlurred(
  input: Float32Array,
  { side, spans, kernels: [along, across], share, output }: Blurring,
): void {
  const { turned } = scratch;
  turned.fill(0, 0, side * side);
  const wide = blurRows(input, { side, spans, kernel: along, output: turned });
  addBlurredColumns(turned, { side, spans: wide, kernel: across, share, output });
}

let padded = new Float64Array(0);

/** Sets the spans of the output, which it returns. */
function blurRows(
  input: Float32Array,
  { side, spans, kernel, output }: {
    side: number;
    spans: Spans;
    kernel: Float64Array;
    output: Float64Array;
  },
): Spans {
  const taps = kernel.length;
  const reach = taps >> 1;
  // Each row goes between two margins of zeros, so that no pixel needs to look for the border.
  if (padded.length < side + 2 * reach + 4) padded = new Float64Array(2 * (side + 2 * reach + 4));
  padded.fill(0);
  const pixels = padded;
  const reversed = kernel.slice().reverse();
  const wide = { from: spans.from.slice(), to: spans.to.slice() };
  for (let row = 0; row < side; row++) {
    if (spans.to[row] === 0) continue;
    const start = row * side | 0;
    const from = wide.from[row] = Math.max(0, spans.from[row] - reach);
    const to = wide.to[row] = Math.min(side, spans.to[row] + reach);
    const first = Math.max(0, from - reach);
    const last = Math.min(side, to + reach + 4);
    for (let column = first; column < last; column++) {
      pixels[reach + column | 0] = input[start + column | 0];
    }
    let column = from;
    for (; column + 3 < to; column += 4) { // four sums that do not wait for one another
      let a = 0, b = 0, c = 0, d = 0;
      for (let k = 0; k < taps; k++) {
        const weight = reversed[k];
        const at = column + k | 0;
        a += weight * pixels[at];
        b += weight * pixels[at + 1 | 0];
        c += weight * pixels[at + 2 | 0];
        d += weight * pixels[at + 3 | 0];
      }
      const at = start + column | 0;
      output[at] = a;
      output[at + 1] = b;
      output[at + 2] = c;
      output[at + 3] = d;
    }
    for (; column < to; column++) {
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += reversed[k] * pixels[column + k | 0];
      output[start + column | 0] = sum;
    }
  }
  return wide;
}

function addBlurredColumns(
  input: Float64Array,
  { side, spans, kernel, share, output }: {
    side: number;
    spans: Spans;
    kernel: Float64Array;
    share: number;
    output: Float32Array;
  },
): void {
  const reach = kernel.length >> 1;
  const weights = kernel.map((weight) => share * weight).reverse();
  for (let row = 0; row < side; row++) {
    const first = Math.max(0, row - reach);
    const last = Math.min(side - 1, row + reach);
    const [from, to] = spanOf(spans, { first, last });
    const start = row * side | 0;
    const rows = last - first + 1;
    const firstWeight = first - row + reach;
    let column = from;
    for (; column + 3 < to; column += 4) { // four sums that do not wait for one another
      let a = 0, b = 0, c = 0, d = 0;
      let at = first * side + column | 0;
      for (let k = 0; k < rows; k++) {
        const weight = weights[firstWeight + k];
        a += weight * input[at];
        b += weight * input[at + 1];
        c += weight * input[at + 2];
        d += weight * input[at + 3];
        at = at + side | 0;
      }
      const to = start + column | 0;
      output[to] += a;
      output[to + 1] += b;
      output[to + 2] += c;
      output[to + 3] += d;
    }
    for (; column < to; column++) {
      let sum = 0;
      for (let k = 0; k < rows; k++) {
        sum += weights[firstWeight + k] * input[(first + k) * side + column];
      }
      output[start + column] += sum;
    }
  }
}

/**
 * Half the side: each axis by weights 1, 3, 3, 1 over 8, what {@linkcode addEnlarged} does the other
 * way round, so that nothing moves whichever half of a pair it is in.
 */
function halve(
  input: Float32Array,
  { side, spans, output }: { side: number; spans: Spans; output: Float32Array },
): void {
  const half = side / 2;
  output.fill(0, 0, half * half);
  const sums = new Float64Array(side + 2); // with its ends repeated
  for (let row = 0; row < half; row++) {
    const first = Math.max(0, 2 * row - 1);
    const last = Math.min(side - 1, 2 * row + 2);
    const [lit, dark] = spanOf(spans, { first, last });
    if (lit >= dark) continue;
    const from = Math.max(0, (lit - 1) >> 1);
    const to = Math.min(half, (dark >> 1) + 1);
    const middle = 2 * row * side | 0;
    const above = first * side | 0;
    const below = last * side | 0;
    for (let column = Math.max(0, 2 * from - 1); column < Math.min(side, 2 * to + 1); column++) {
      sums[column + 1] = 3 * (input[middle + column | 0] + input[middle + side + column | 0]) +
        input[above + column | 0] + input[below + column | 0];
    }
    sums[0] = sums[1];
    sums[side + 1] = sums[side];
    for (let column = from; column < to; column++) {
      const at = 2 * column;
      output[row * half + column | 0] =
        (sums[at] + 3 * (sums[at + 1] + sums[at + 2]) + sums[at + 3]) / 64;
    }
  }
}

/** Adds a plane enlarged to twice its side, on straight lines between its pixels' centres. */
function addEnlarged(
  input: Float32Array,
  { half, spans, output }: { half: number; spans: Spans; output: Float32Array },
): void {
  const side = 2 * half;
  const sums = new Float64Array(half + 2); // with its ends repeated
  for (let row = 0; row < side; row++) {
    const near = row >> 1;
    const far = Math.min(half - 1, Math.max(0, near + (row % 2 ? 1 : -1)));
    const [lit, dark] = spanOf(spans, { first: Math.min(near, far), last: Math.max(near, far) });
    if (lit >= dark) continue;
    const from = Math.max(0, lit - 1);
    const to = Math.min(half, dark + 1);
    for (let column = Math.max(0, from - 1); column < Math.min(half, to + 1); column++) {
      sums[column + 1] = 0.75 * input[near * half + column | 0] +
        0.25 * input[far * half + column | 0];
    }
    sums[0] = sums[1];
    sums[half + 1] = sums[half];
    const start = row * side | 0;
    for (let column = from; column < to; column++) {
      const at = start + 2 * column | 0;
      output[at] += 0.75 * sums[column + 1] + 0.25 * sums[column];
      output[at + 1] += 0.75 * sums[column + 1] + 0.25 * sums[column + 2];
    }
  }
}
