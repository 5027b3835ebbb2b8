/** A small classification problem for the tests: simulated galaxies in memory, and a narrow ResNet. */

import { type ImageSet, imageSet } from "galaxykit/data";
import { resnet18 } from "galaxykit/models";
import { drawGalaxy, type Galaxy, galaxyKinds, renderGalaxy } from "galaxykit/sky";
import { key } from "galaxykit/tensorflow";

/** Simulated galaxies, each kind in turn. */
export function galaxySet(
  { count, size = 32, seed = 1 }: { count: number; size?: number; seed?: number },
): ImageSet {
  const images = new Uint8Array(count * size * size * 3);
  let index = 0;
  for (let row = 0; row < count; row++) {
    let galaxy = drawGalaxy({ seed, index: index++ });
    while (kindOf(galaxy) !== galaxyKinds[row % galaxyKinds.length]) {
      galaxy = drawGalaxy({ seed, index: index++ });
    }
    const { pixels } = renderGalaxy(galaxy, { size: 3 * size });
    images.set(middleOf(pixels, size), row * size * size * 3);
  }
  return imageSet({
    images,
    size,
    labels: Int32Array.from({ length: count }, (_, row) => row % galaxyKinds.length),
    classes: galaxyKinds,
    ids: Array.from({ length: count }, (_, row) => `galaxy ${row}`),
  });
}

/** The middle third of a square picture of three times the size: the rest is mostly sky. */
function middleOf(pixels: Uint8Array, size: number): Uint8Array {
  const middle = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = 3 * ((row + size) * 3 * size + size);
    middle.set(pixels.subarray(start, start + 3 * size), 3 * row * size);
  }
  return middle;
}

/** The kind of a galaxy without doubt, by its truth. */
function kindOf(
  { class: galaxyClass, disc, companion, arms, petroR50 }: Galaxy,
): string | undefined {
  if (companion !== null || petroR50 < 2) return undefined;
  if (galaxyClass === "elliptical") return "smooth";
  if (disc!.inclination > 80) return "edge-on";
  return arms !== null && arms.strength > 0.4 && disc!.inclination < 60 ? "spiral" : undefined;
}

/** A ResNet-18 of three classes. */
export function tinyModel({ seed = 1, width = 4 } = {}): ReturnType<typeof resnet18> {
  const forWeights = key(seed);
  const model = resnet18({ classes: galaxyKinds.length, width, key: forWeights });
  forWeights.dispose();
  return model;
}

/** For images of galaxies, about. */
export const normalization = { mean: [0.15, 0.15, 0.15], std: [0.15, 0.15, 0.15] };
