/**
 * Changing the size of a square picture.
 *
 * @module
 */

/** For each output pixel of an axis, the first input pixel it takes and the weights of the next. */
type Taps = {
  first: Int32Array;
  /** `count` of each output pixel, in parts of 2^14, of that sum exactly. */
  weights: Int32Array;
  /** A multiple of four. */
  count: number;
};

const WEIGHT_BITS = 14;
/** Bits after the point of a value between the two axes, which has 16. */
const BETWEEN_BITS = 6;
const FIRST_SHIFT = WEIGHT_BITS - BETWEEN_BITS;
const LAST_SHIFT = WEIGHT_BITS + BETWEEN_BITS;

/**
 * Resamples a square picture. The output covers `extent` input pixels around the middle.
 *
 * Between pixels lie straight lines: so the noise of real cut-outs of SDSS shows them. They are
 * widened when the picture shrinks, by less than a pixel of the output, for they are smooth by
 * themselves: noise is as in a picture that was enlarged before it was shrunk.
 *
 * The arithmetic is that of integers, as in image libraries (`| 0` says so to the engine): one value
 * in 250 is one higher or lower than that of real numbers.
 *
 * @param input `side` x `side` x `channels` values, channels last
 * @returns `size` x `size` x `channels` values, rounded and kept in [0, 255]
 * @throws {RangeError} When the input is smaller than the filter
 */
export function resample(
  input: Uint8Array,
  { side, size, extent, channels = 3 }: {
    /** Side of the input, in pixels; at least 4, up to a shrinking to a third. */
    side: number;
    /** Side of the output, in pixels. */
    size: number;
    /** How much of the input the output shows, in input pixels. */
    extent: number;
    /** @default {3} */
    channels?: 1 | 3;
  },
): Uint8Array {
  const taps = linearTaps({ side, size, extent });
  const { first, weights, count } = taps;
  const length = size * channels;
  const narrow = channels === 3 ? narrowColours : narrowGrey;
  // Input rows at the output's width, as many as one output row is made of.
  const ring = Array.from({ length: count }, () => new Int16Array(length));
  let done = first[0];
  const sums = new Int32Array(length);
  const output = new Uint8ClampedArray(size * length);
  for (let row = 0; row < size; row++) {
    for (; done < first[row] + count; done++) {
      narrow(input, { start: done * side * channels, taps, output: ring[done % count] });
    }
    sums.fill(1 << (LAST_SHIFT - 1)); // rounds
    for (let k = 0; k < count; k += 4) {
      const lines = [0, 1, 2, 3].map((next) => ring[(first[row] + k + next) % count]);
      const four = weights.subarray(row * count + k, row * count + k + 4);
      if (k + 4 < count) addLines(lines, { weights: four, sums });
      else finish(lines, { weights: four, sums, output, start: row * length });
    }
  }
  return new Uint8Array(output.buffer);
}

type Mixing = { weights: Int32Array; sums: Int32Array };

/** Adds four lines to their sums. */
function addLines([p, q, r, s]: readonly Int16Array[], { weights, sums }: Mixing): void {
  const [a, b, c, d] = weights;
  for (let at = 0; at < sums.length; at++) {
    sums[at] = sums[at] + (
          (Math.imul(a, p[at]) + Math.imul(b, q[at]) | 0) +
            (Math.imul(c, r[at]) + Math.imul(d, s[at]) | 0) | 0
        ) | 0;
  }
}

/** The same for the last four, and on to the output: one loop for nearly all of the work. */
function finish(
  [p, q, r, s]: readonly Int16Array[],
  { weights, sums, output, start }: Mixing & { output: Uint8ClampedArray; start: number },
): void {
  const [a, b, c, d] = weights;
  for (let at = 0; at < sums.length; at++) {
    const sum = sums[at] + (
          (Math.imul(a, p[at]) + Math.imul(b, q[at]) | 0) +
            (Math.imul(c, r[at]) + Math.imul(d, s[at]) | 0) | 0
        ) | 0;
    output[start + at | 0] = sum >> LAST_SHIFT;
  }
}

type Narrowing = {
  /** Where the row begins in the input. */
  start: number;
  taps: Taps;
  output: Int16Array;
};

function narrowGrey(input: Uint8Array, { start, taps, output }: Narrowing): void {
  const { first, weights, count } = taps;
  for (let column = 0; column < output.length; column++) {
    let sum = 1 << (FIRST_SHIFT - 1); // rounds
    for (let k = 0; k < count; k++) {
      sum = sum + Math.imul(weights[column * count + k], input[start + first[column] + k]) | 0;
    }
    output[column] = sum >> FIRST_SHIFT;
  }
}

function narrowColours(input: Uint8Array, { start, taps, output }: Narrowing): void {
  const { first, weights, count } = taps;
  for (let column = 0, to = 0; to < output.length; column++, to += 3) {
    let from = start + 3 * first[column] | 0;
    let red = 1 << (FIRST_SHIFT - 1);
    let green = red;
    let blue = red;
    for (let k = column * count; k < (column + 1) * count; k += 2, from += 6) {
      const weight = weights[k];
      const next = weights[k + 1];
      red = red + (Math.imul(weight, input[from]) + Math.imul(next, input[from + 3]) | 0) | 0;
      green = green + (Math.imul(weight, input[from + 1]) + Math.imul(next, input[from + 4]) | 0) |
        0;
      blue = blue + (Math.imul(weight, input[from + 2]) + Math.imul(next, input[from + 5]) | 0) | 0;
    }
    output[to] = red >> FIRST_SHIFT;
    output[to + 1] = green >> FIRST_SHIFT;
    output[to + 2] = blue >> FIRST_SHIFT;
  }
}

/** The weights of an axis; past the border the last pixel is repeated. */
function linearTaps(
  { side, size, extent }: { side: number; size: number; extent: number },
): Taps {
  const step = extent / size; // input pixels an output pixel
  const width = Math.max(1, 0.6 + 0.45 * step);
  const count = 4 * Math.ceil(width / 2);
  if (side < count) {
    throw new RangeError(`Cannot resample: ${count} pixels a side are wanted, ${side} found`);
  }
  const first = new Int32Array(size);
  const weights = new Int32Array(size * count);
  const exact = new Float64Array(count);
  for (let out = 0; out < size; out++) {
    const centre = (side - extent) / 2 + (out + 0.5) * step - 0.5;
    const from = Math.floor(centre) - count / 2 + 1;
    first[out] = Math.min(side - count, Math.max(0, from));
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += exact[k] = Math.max(0, 1 - Math.abs(from + k - centre) / width);
    }
    let left = 1 << WEIGHT_BITS;
    let largest = out * count;
    for (let k = 0; k < count; k++) {
      const at = Math.min(side - 1, Math.max(0, from + k)); // border repeated
      const to = out * count + Math.min(count - 1, Math.max(0, at - first[out]));
      const weight = Math.round(exact[k] / sum * (1 << WEIGHT_BITS));
      weights[to] += weight;
      left -= weight;
      if (weights[to] > weights[largest]) largest = to;
    }
    weights[largest] += left; // an even picture stays even
  }
  return { first, weights, count };
}
