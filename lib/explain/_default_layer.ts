/**
 * The layer that a map is made at where none is named.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { tf } from "../tensorflow/mod.ts";

/** A map of fewer cells a side tells no more than a half of the image. */
const CELLS = 4;

/**
 * The model's last map, or the last stage whose map has 4 x 4 cells or more in images of a size; the
 * largest map where none has.
 */
export function defaultLayer(
  model: ImageModel,
  { height, width }: { height: number; width: number },
): string {
  const named = model.namedLayers();
  const stages = model.blocks({ by: "stage" }).map(({ name }) => name).toReversed()
    .filter((name) => Object.hasOwn(named, name));
  const layers = [...new Set([model.mapLayer, ...stages])];
  return tf.tidy(() => {
    const image = tf.zeros([1, height, width, model.inChannels]) as tf.Tensor4D;
    const { outputs } = model.inspect(image, { layers });
    const cells = layers.map((layer) => {
      const [, rows, columns] = model.asMap(outputs[layer]!, { height, width }).shape;
      return Math.min(rows, columns);
    });
    const wanted = Math.min(CELLS, Math.max(...cells));
    return layers[cells.findIndex((count) => count >= wanted)]!;
  });
}
