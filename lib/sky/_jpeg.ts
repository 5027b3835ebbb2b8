/**
 * What JPEG compression does to a picture, without the file: 8 x 8 cosine transforms, quantised with
 * the tables of the standard (ITU T.81, annex K), colours at half resolution.
 *
 * @module
 */

const LUMINANCE = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();

const CHROMINANCE = [
  [17, 18, 24, 47, 99, 99, 99, 99],
  [18, 21, 26, 66, 99, 99, 99, 99],
  [24, 26, 56, 99, 99, 99, 99, 99],
  [47, 66, 99, 99, 99, 99, 99, 99],
].flat().concat(Array(32).fill(99));

/** cosines[8 k + n]: the k-th cosine at sample n, orthonormal. */
const cosines = Float64Array.from({ length: 64 }, (_, at) => {
  const [k, n] = [at >> 3, at & 7];
  return Math.cos((2 * n + 1) * k * Math.PI / 16) * (k === 0 ? Math.SQRT1_2 : 1) / 2;
});

/** The same, turned over: backward[8 n + k]. */
const backward = Float64Array.from({ length: 64 }, (_, at) => cosines[8 * (at & 7) + (at >> 3)]);

/**
 * Compresses and decompresses a square picture in place.
 *
 * @param pixels `side` x `side` x 3 values, channels last
 */
export function throughJpeg(
  pixels: Uint8Array,
  { side, quality }: {
    /** Side of the picture, in pixels. */
    side: number;
    /** From 1 to 100, on the scale of the Independent JPEG Group. */
    quality: number;
  },
): void {
  const half = (side + 1) >> 1;
  const luma = new Float32Array(side * side);
  const blue = new Float32Array(half * half);
  const red = new Float32Array(half * half);
  split(pixels, { side, half, luma, blue, red });
  quantise(luma, { side, table: scaled(LUMINANCE, quality) });
  const table = scaled(CHROMINANCE, quality);
  quantise(blue, { side: half, table });
  quantise(red, { side: half, table });
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at++) {
      const y = luma[at] + 128;
      const cb = blue[(row >> 1) * half + (column >> 1)];
      const cr = red[(row >> 1) * half + (column >> 1)];
      pixels[3 * at] = byte(y + 1.402 * cr);
      pixels[3 * at + 1] = byte(y - 0.344136 * cb - 0.714136 * cr);
      pixels[3 * at + 2] = byte(y + 1.772 * cb);
    }
  }
}

/** Brightness less 128, and the two colour differences averaged over 2 x 2 pixels. */
function split(
  pixels: Uint8Array,
  { side, half, luma, blue, red }: {
    side: number;
    half: number;
    luma: Float32Array;
    blue: Float32Array;
    red: Float32Array;
  },
): void {
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at++) {
      const r = pixels[3 * at];
      const g = pixels[3 * at + 1];
      const b = pixels[3 * at + 2];
      luma[at] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
      // On an odd side the last row or column stands alone.
      const share = (row === side - 1 && side % 2 ? 0.5 : 0.25) *
        (column === side - 1 && side % 2 ? 2 : 1);
      const to = (row >> 1) * half + (column >> 1);
      blue[to] += share * (-0.168736 * r - 0.331264 * g + 0.5 * b);
      red[to] += share * (0.5 * r - 0.418688 * g - 0.081312 * b);
    }
  }
}

/** The standard's table at a quality, as the Independent JPEG Group scales it. */
function scaled(table: readonly number[], quality: number): Float64Array {
  const factor = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Float64Array.from(
    table,
    (step) => Math.min(255, Math.max(1, Math.floor((step * factor + 50) / 100))),
  );
}

const block = new Float64Array(64);
const half = new Float64Array(64);

/** Rounds the cosine coefficients of each 8 x 8 block; at the border the last pixel is repeated. */
function quantise(
  plane: Float32Array,
  { side, table }: { side: number; table: Float64Array },
): void {
  for (let top = 0; top < side; top += 8) {
    for (let left = 0; left < side; left += 8) {
      for (let row = 0, at = 0; row < 8; row++) {
        const from = Math.min(side - 1, top + row) * side;
        for (let column = left; column < left + 8; column++, at++) {
          block[at] = plane[from + (column < side ? column : side - 1)];
        }
      }
      transform(block, half, false);
      transform(half, block, false);
      for (let at = 0; at < 64; at++) block[at] = Math.round(block[at] / table[at]) * table[at];
      transform(block, half, true);
      transform(half, block, true);
      const rows = Math.min(8, side - top);
      const columns = Math.min(8, side - left);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          plane[(top + row) * side + left + column] = block[8 * row + column];
        }
      }
    }
  }
}

/** The cosine transform of each row, or its inverse, turned over the diagonal: twice, and both axes are done. */
function transform(input: Float64Array, output: Float64Array, inverse: boolean): void {
  const table = inverse ? backward : cosines;
  for (let row = 0; row < 8; row++) {
    const from = 8 * row;
    if (inverse && isZero(input, from)) { // most rows are, once quantised
      for (let k = 0; k < 8; k++) output[8 * k + row] = 0;
      continue;
    }
    const a = input[from], b = input[from + 1], c = input[from + 2], d = input[from + 3];
    const e = input[from + 4], f = input[from + 5], g = input[from + 6], h = input[from + 7];
    if (e === 0 && f === 0 && g === 0 && h === 0) { // so are most fine structures
      for (let at = 0; at < 64; at += 8) {
        output[at + row] = table[at] * a + table[at + 1] * b + table[at + 2] * c +
          table[at + 3] * d;
      }
      continue;
    }
    for (let at = 0; at < 64; at += 8) {
      output[at + row] = table[at] * a + table[at + 1] * b + table[at + 2] * c +
        table[at + 3] * d + table[at + 4] * e + table[at + 5] * f + table[at + 6] * g +
        table[at + 7] * h;
    }
  }
}

function isZero(values: Float64Array, from: number): boolean {
  for (let at = from; at < from + 8; at++) if (values[at] !== 0) return false;
  return true;
}

function byte(value: number): number {
  return value <= 0 ? 0 : value >= 254.5 ? 255 : value + 0.5;
}
