/**
 * Changing the size of a square picture.
 *
 * @module
 */

/** For each output pixel of an axis, the first input pixel it takes and the weights of the next. */
type Taps = {
  first: Int32Array;
  weights: Float32Array;
  count: number;
};

/**
 * Resamples a square picture by Keys' cubic convolution (a = -0.5), widened when it shrinks so that
 * nothing aliases. The output covers `extent` input pixels around the middle.
 *
 * @param input `side` x `side` x `channels` values, channels last
 * @returns `size` x `size` x `channels` values, rounded and kept in [0, 255]
 */
export function resample(
  input: Uint8Array,
  { side, size, extent, channels = 3 }: {
    /** Side of the input, in pixels. */
    side: number;
    /** Side of the output, in pixels. */
    size: number;
    /** How much of the input the output shows, in input pixels. */
    extent: number;
    /** @default {3} */
    channels?: 1 | 3;
  },
): Uint8Array {
  const taps = cubicTaps({ side, size, extent });
  const { first, weights, count } = taps;
  // Rows first: each input row to `size` columns.
  const wide = new Float32Array(side * size * channels);
  if (channels === 3) narrowColours(input, { side, size, taps, output: wide });
  else narrow(input, { side, size, taps, output: wide });
  const length = size * channels;
  const line = new Float32Array(length);
  const output = new Uint8Array(size * length);
  for (let row = 0; row < size; row++) {
    line.fill(0.5); // rounds
    for (let k = 0; k < count; k += 2) { // the count is even, but for the smallest inputs
      const weight = weights[row * count + k];
      const next = k + 1 < count ? weights[row * count + k + 1] : 0;
      const from = (first[row] + k) * length;
      const below = k + 1 < count ? from + length : from;
      for (let at = 0; at < length; at++) {
        line[at] = Math.fround(line[at] + weight * wide[from + at]) + next * wide[below + at];
      }
    }
    const to = row * length;
    for (let at = 0; at < length; at++) {
      output[to + at] = line[at] <= 0 ? 0 : line[at] >= 255 ? 255 : line[at];
    }
  }
  return output;
}

type Narrowing = {
  side: number;
  size: number;
  taps: Taps;
  output: Float32Array;
};

function narrow(input: Uint8Array, { side, size, taps, output }: Narrowing): void {
  const { first, weights, count } = taps;
  for (let row = 0, to = 0; row < side; row++) {
    for (let column = 0; column < size; column++, to++) {
      const from = row * side + first[column];
      let sum = 0;
      for (let k = 0; k < count; k++) sum += weights[column * count + k] * input[from + k];
      output[to] = sum;
    }
  }
}

/** The same for three channels at once, which is the bulk of the work. */
function narrowColours(input: Uint8Array, { side, size, taps, output }: Narrowing): void {
  const { first, weights, count } = taps;
  for (let row = 0, to = 0; row < side; row++) {
    for (let column = 0; column < size; column++, to += 3) {
      let from = 3 * (row * side + first[column]);
      let red = 0, green = 0, blue = 0;
      for (let k = column * count; k < (column + 1) * count; k++, from += 3) {
        const weight = weights[k];
        red += weight * input[from];
        green += weight * input[from + 1];
        blue += weight * input[from + 2];
      }
      output[to] = red;
      output[to + 1] = green;
      output[to + 2] = blue;
    }
  }
}

/** The weights of an axis; past the border the last pixel is repeated. */
function cubicTaps(
  { side, size, extent }: { side: number; size: number; extent: number },
): Taps {
  const step = extent / size; // input pixels an output pixel
  const widening = Math.max(1, step);
  const count = Math.min(side, 2 * Math.ceil(2 * widening));
  const first = new Int32Array(size);
  const weights = new Float32Array(size * count);
  for (let out = 0; out < size; out++) {
    const centre = (side - extent) / 2 + (out + 0.5) * step - 0.5;
    const from = Math.floor(centre) - count / 2 + 1;
    first[out] = Math.min(side - count, Math.max(0, Math.ceil(from)));
    let sum = 0;
    for (let k = 0; k < count; k++) sum += keys((Math.ceil(from) + k - centre) / widening);
    for (let k = 0; k < count; k++) {
      const at = Math.min(side - 1, Math.max(0, Math.ceil(from) + k)); // border repeated
      weights[out * count + Math.min(count - 1, Math.max(0, at - first[out]))] +=
        keys((Math.ceil(from) + k - centre) / widening) / sum;
    }
  }
  return { first, weights, count };
}

/** Keys (1981), "Cubic convolution interpolation for digital image processing". */
function keys(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
