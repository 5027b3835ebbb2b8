/** A small classification problem for the tests: generated galaxies in memory, and a narrow ResNet. */

import type { ImageSet } from "galaxykit/data";
import { resnet18 } from "galaxykit/models";
import { galaxy, galaxyKinds } from "galaxykit/sky";
import { key } from "galaxykit/tensorflow";

/** Generated galaxies, each kind in turn. */
export function galaxySet(
  { count, size = 32, seed = 1 }: { count: number; size?: number; seed?: number },
): ImageSet {
  const images = new Uint8Array(count * size * size * 3);
  for (let index = 0; index < count; index++) {
    images.set(galaxy({ seed, index, size }), index * size * size * 3);
  }
  return {
    images,
    size,
    labels: Int32Array.from({ length: count }, (_, index) => index % galaxyKinds.length),
    classes: [...galaxyKinds],
    ids: Array.from({ length: count }, (_, index) => `galaxy ${index}`),
  };
}

/** A ResNet-18 of three classes. */
export function tinyModel({ seed = 1, width = 4 } = {}): ReturnType<typeof resnet18> {
  const forWeights = key(seed);
  const model = resnet18({ classes: galaxyKinds.length, width, key: forWeights });
  forWeights.dispose();
  return model;
}

/** For images of galaxies, about. */
export const normalization = { mean: [0.1, 0.1, 0.1], std: [0.2, 0.2, 0.2] };
