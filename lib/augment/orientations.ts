/**
 * The eight ways in which a picture of the sky can be held: galaxies look the same in all.
 *
 * @module
 */

/** Views that there are. */
export const VIEWS = 8;

/**
 * Views of square images: 0 to 3 are quarter turns (counter-clockwise), 4 to 7 the same of the image
 * mirrored left to right.
 *
 * @param images n x size x size x 3 values
 * @param view From 0, which leaves the images as they are
 *
 * @example
 * ```ts
 * import { viewOf } from "galaxykit/augment";
 * import assert from "node:assert/strict";
 *
 * // Red, green above blue, black
 * const image = Uint8Array.of(9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0);
 * assert.deepEqual([...viewOf(image, { size: 2, view: 1 })], [0, 9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 9]);
 * ```
 */
export function viewOf(
  images: Uint8Array,
  { size, view }: { size: number; view: number },
): Uint8Array {
  if (view === 0) return images;
  const area = size * size;
  const last = size - 1;
  const sources = new Int32Array(area);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let [y, x] = [row, column];
      for (let turn = 0; turn < view % 4; turn++) [y, x] = [x, last - y];
      if (view >= 4) x = last - x;
      sources[row * size + column] = 3 * (y * size + x);
    }
  }
  const turned = new Uint8Array(images.length);
  for (let start = 0, to = 0; start < images.length; start += 3 * area) {
    for (const source of sources) {
      turned[to++] = images[start + source]!;
      turned[to++] = images[start + source + 1]!;
      turned[to++] = images[start + source + 2]!;
    }
  }
  return turned;
}
