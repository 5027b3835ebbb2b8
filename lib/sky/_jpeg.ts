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

/**
 * Compresses and decompresses a square picture in place, by the standard's units of 16 x 16 pixels:
 * four blocks of brightness and one of each colour difference, averaged over 2 x 2 pixels. Beyond the
 * border the last pixel is repeated.
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
  const luminance = steps(LUMINANCE, quality);
  const chrominance = steps(CHROMINANCE, quality);
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let top = 0; top < side; top += 16) {
    for (let left = 0; left < side; left += 16) {
      takeUnit(pixels, { side, top, left });
      for (const block of luma) quantise(block, luminance);
      quantise(blue, chrominance);
      quantise(red, chrominance);
      putUnit(clamped, { side, top, left });
    }
  }
}

/** The blocks of a unit: brightness less 128, and the two colour differences. */
const luma = Array.from({ length: 4 }, () => new Float64Array(64));
const blue = new Float64Array(64);
const red = new Float64Array(64);

type Place = { side: number; top: number; left: number };

function takeUnit(pixels: Uint8Array, { side, top, left }: Place): void {
  for (let row = 0, at = 0; row < 8; row++) {
    const upper = Math.min(side - 1, top + 2 * row) * side;
    const lower = Math.min(side - 1, top + 2 * row + 1) * side;
    for (let column = 0; column < 8; column++, at++) {
      const west = Math.min(side - 1, left + 2 * column);
      const east = Math.min(side - 1, left + 2 * column + 1);
      const a = 3 * (upper + west), b = 3 * (upper + east);
      const c = 3 * (lower + west), d = 3 * (lower + east);
      const block = luma[(row >> 2) * 2 + (column >> 2)];
      const to = (row & 3) * 16 + (column & 3) * 2;
      block[to] = brightness(pixels, a);
      block[to + 1] = brightness(pixels, b);
      block[to + 8] = brightness(pixels, c);
      block[to + 9] = brightness(pixels, d);
      if (left + 2 * column >= side || top + 2 * row >= side) { // beyond the border
        const last = top + 2 * row >= side ? at - 8 : at - 1;
        blue[at] = blue[last];
        red[at] = red[last];
        continue;
      }
      const r = pixels[a] + pixels[b] + pixels[c] + pixels[d];
      const g = pixels[a + 1] + pixels[b + 1] + pixels[c + 1] + pixels[d + 1];
      const bl = pixels[a + 2] + pixels[b + 2] + pixels[c + 2] + pixels[d + 2];
      blue[at] = 0.25 * (-0.168736 * r - 0.331264 * g + 0.5 * bl);
      red[at] = 0.25 * (0.5 * r - 0.418688 * g - 0.081312 * bl);
    }
  }
}

function brightness(pixels: Uint8Array, at: number): number {
  return 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2] - 128;
}

function putUnit(pixels: Uint8ClampedArray, { side, top, left }: Place): void {
  const rows = Math.min(16, side - top);
  const columns = Math.min(16, side - left);
  for (let row = 0; row < rows; row++) {
    let to = 3 * ((top + row) * side + left) | 0;
    for (let column = 0; column < columns; column += 2) {
      const block = luma[(row >> 3) * 2 + (column >> 3)];
      const from = (row & 7) * 8 + (column & 7);
      const of = (row >> 1) * 8 + (column >> 1);
      // 128 that was taken off, and a half that rounds.
      const r = 128.5 + 1.402 * red[of];
      const g = 128.5 - 0.344136 * blue[of] - 0.714136 * red[of];
      const b = 128.5 + 1.772 * blue[of];
      pixels[to] = block[from] + r | 0;
      pixels[to + 1] = block[from] + g | 0;
      pixels[to + 2] = block[from] + b | 0;
      if (column + 1 < columns) {
        pixels[to + 3] = block[from + 1] + r | 0;
        pixels[to + 4] = block[from + 1] + g | 0;
        pixels[to + 5] = block[from + 1] + b | 0;
      }
      to += 6;
    }
  }
}

/** The standard's table at a quality, as the Independent JPEG Group scales it. */
function steps(table: readonly number[], quality: number): Float64Array {
  const factor = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Float64Array.from(
    table,
    (step) => Math.min(255, Math.max(1, Math.floor((step * factor + 50) / 100))),
  );
}

/** Rounds the cosine coefficients of a block to whole steps. */
function quantise(block: Float64Array, table: Float64Array): void {
  for (let row = 0; row < 64; row += 8) transform(block, row, 1);
  for (let column = 0; column < 8; column++) transform(block, column, 8);
  for (let at = 0; at < 64; at++) {
    block[at] = Math.floor(block[at] / table[at] + 0.5) * table[at]; // twice as fast as Math.round
  }
  for (let column = 0; column < 8; column++) transformBack(block, column, 8);
  for (let row = 0; row < 64; row += 8) transformBack(block, row, 1);
}

/** cos(k pi / 16) / 2: the orthonormal cosine transform of eight values is made of these. */
const [, C1, C2, C3, C4, C5, C6, C7] = Array.from(
  { length: 8 },
  (_, k) => Math.cos(k * Math.PI / 16) / 2,
);

/**
 * The cosine transform of eight values in place: the even coefficients see the sums of mirrored
 * values only, the odd ones the differences.
 */
function transform(values: Float64Array, at: number, step: number): void {
  const a = values[at], h = values[at + 7 * step];
  const b = values[at + step], g = values[at + 6 * step];
  const c = values[at + 2 * step], f = values[at + 5 * step];
  const d = values[at + 3 * step], e = values[at + 4 * step];
  const outer = a + h + d + e, inner = b + g + c + f;
  const falling = a + h - d - e, bent = b + g - c - f;
  values[at] = C4 * (outer + inner);
  values[at + 4 * step] = C4 * (outer - inner);
  values[at + 2 * step] = C2 * falling + C6 * bent;
  values[at + 6 * step] = C6 * falling - C2 * bent;
  const p = a - h, q = b - g, r = c - f, s = d - e;
  values[at + step] = C1 * p + C3 * q + C5 * r + C7 * s;
  values[at + 3 * step] = C3 * p - C7 * q - C1 * r - C5 * s;
  values[at + 5 * step] = C5 * p - C1 * q + C7 * r + C3 * s;
  values[at + 7 * step] = C7 * p - C5 * q + C3 * r - C1 * s;
}

/** The inverse: the transposed, as the transform is orthonormal. */
function transformBack(values: Float64Array, at: number, step: number): void {
  const k1 = values[at + step], k2 = values[at + 2 * step], k3 = values[at + 3 * step];
  const k4 = values[at + 4 * step], k5 = values[at + 5 * step], k6 = values[at + 6 * step];
  const k7 = values[at + 7 * step];
  const mean = C4 * values[at];
  if (k1 === 0 && k2 === 0 && k3 === 0 && k4 === 0 && k5 === 0 && k6 === 0 && k7 === 0) {
    for (let k = 0; k < 8; k++) values[at + k * step] = mean; // what most of the sky is
    return;
  }
  const outer = mean + C4 * k4, inner = mean - C4 * k4;
  const falling = C2 * k2 + C6 * k6, bent = C6 * k2 - C2 * k6;
  const p = C1 * k1 + C3 * k3 + C5 * k5 + C7 * k7;
  const q = C3 * k1 - C7 * k3 - C1 * k5 - C5 * k7;
  const r = C5 * k1 - C1 * k3 + C7 * k5 + C3 * k7;
  const s = C7 * k1 - C5 * k3 + C3 * k5 - C1 * k7;
  values[at] = outer + falling + p;
  values[at + 7 * step] = outer + falling - p;
  values[at + step] = inner + bent + q;
  values[at + 6 * step] = inner + bent - q;
  values[at + 2 * step] = inner - bent + r;
  values[at + 5 * step] = inner - bent - r;
  values[at + 3 * step] = outer - falling + s;
  values[at + 4 * step] = outer - falling - s;
}
