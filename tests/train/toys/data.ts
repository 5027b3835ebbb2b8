/** What the toys learn. */

import { memorySource, Prng } from "galaxykit/data";

/** Side of the pictures, in pixels. */
const SIZE = 8;

/** Points of a ring of radius 1. */
export function ring(count: number) {
  const random = new Prng(1);
  const angles = Array.from({ length: count }, () => random.uniform(0, 2 * Math.PI));
  return memorySource({
    points: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
  }, { length: count });
}

/** Pictures of random waves, each of its own length and colour. */
export function waves(count: number) {
  const random = new Prng(2);
  const pixels = Array.from({ length: count }).flatMap(() => {
    const [kx, ky, ...colour] = Array.from({ length: 5 }, () => random.uniform(0, 2));
    return Array.from({ length: SIZE * SIZE }, (_, i) => {
      return Math.sin(kx! * (i % SIZE) + ky! * Math.floor(i / SIZE));
    }).flatMap((wave) => colour.map((strength) => 128 + 60 * wave * strength));
  });
  return memorySource({ pixels: Float32Array.from(pixels) }, { length: count });
}
