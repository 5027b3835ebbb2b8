/**
 * The latents of pictures.
 *
 * @module
 */

import { foldIn, tf } from "../tensorflow/mod.ts";
import type { Batch } from "./_generate.ts";
import { imageOf, type Picture } from "./_pictures.ts";
import type { Pipeline } from "./pipeline.ts";

/** How the latents of a picture are taken, where it has a distribution of them. */
export type Encoding = "sample" | "mode";

/** Of an image's key: no call of a sampler draws it. */
const DRAW = -1;

/** The latents of a batch's pictures, one after the other, so that each is drawn by its own key. */
export function latentsOf(
  { codec }: Pipeline,
  pictures: readonly Picture[],
  { images, keys, encoding }: Batch & { encoding: Encoding },
): tf.Tensor4D {
  return tf.tidy(() =>
    tf.concat(images.map((image, at) =>
      codec.encode(
        imageOf(pictures[pictures.length === 1 ? 0 : image]!),
        encoding === "sample" ? { key: foldIn(keys[at]!, DRAW) } : {},
      )
    ))
  ) as tf.Tensor4D;
}
