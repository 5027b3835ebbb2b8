/**
 * Whether a map tells the truth about a model.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { refuseOutside, refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { refuseBaseline } from "./_baseline.ts";
import { predictedClass, type Target } from "./target.ts";

/** What the target does while pixels go or come in the order of a map. */
export type Curve = {
  /** Shares of the pixels that are gone, or have come, from 0 to 1. */
  shares: Float64Array;
  /** The target at each share. */
  values: Float64Array;
  /** The area under the curve, by trapezia. */
  area: number;
};

/**
 * Deletion and insertion (Petsiuk et al. 2018, arXiv:1806.07421): the pixels that a map holds for
 * the most important ones are taken away first, or come first. A faithful map has a small area of
 * deletion and a large one of insertion.
 *
 * @param image [height, width, channels], normalised for the model
 * @param options.map [height, width]
 * @throws {TypeError} When map and image differ in size, or the baseline fits neither
 * @throws {RangeError} When the map has no order (a value that is not finite, or all are alike), the
 * target is not finite, an option is unknown, or the steps are not 1 to the number of pixels
 *
 * @example
 * ```ts
 * import { deletionAndInsertion, output } from "galaxykit/explain";
 * import { resnet18 } from "galaxykit/models";
 * import { key, normal, tf, uniform } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 8, key: key(1) });
 * const image = normal(key(2), [32, 32, 3]) as tf.Tensor3D;
 * const { deletion, insertion } = await deletionAndInsertion(model, image, {
 *   map: uniform(key(3), [32, 32]),
 *   target: output(0),
 *   steps: 4,
 * });
 * assert.equal(deletion.values[0], insertion.values[4]);
 * ```
 */
export async function deletionAndInsertion(
  model: ImageModel,
  image: tf.Tensor3D,
  options: {
    map: tf.Tensor;
    /**
     * Of the logits; a probability reads best:
     * `(logits, whole) => predictedClass()(tf.softmax(logits), whole)`.
     *
     * @default {predictedClass(), of the whole image}
     */
    target?: Target;
    /** What a pixel that is gone shows, broadcast to the image. @default {0} */
    baseline?: tf.Tensor;
    /** Equal parts of the pixels. @default {20, or as many as there are} */
    steps?: number;
  },
): Promise<{ deletion: Curve; insertion: Curve }> {
  const known = { map: true, target: true, baseline: true, steps: true } as const;
  refuseUnknown(options, known, { what: "test a map" });
  const { map, target = predictedClass(), baseline } = options;
  const [height, width] = image.shape;
  const { steps = Math.min(20, height * width) } = options;
  if (map?.shape === undefined) {
    throw new TypeError(
      `Cannot test a map: map must be a tensor of ${height} x ${width}, none found`,
    );
  }
  refuseBaseline(baseline, { shape: image.shape, what: "test a map" });
  if (map.shape.join() !== [height, width].join()) {
    throw new TypeError(
      `Cannot test a map: it must have the size of the image, ${height} x ${width}, found [${map.shape}]`,
    );
  }
  refuseOutside({ steps }, { steps: `whole [1, ${height * width}]` }, { what: "test a map" });
  const importance = await map.data();
  const strange = importance.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) {
    throw new RangeError(
      `Cannot test a map: its values must be finite, ${
        importance[strange]
      } found at pixel ${strange}`,
    );
  }
  if (importance.every((value) => value === importance[0])) {
    throw new RangeError(
      `Cannot test a map: it must put pixels before others, all found are ${importance[0]}`,
    );
  }
  const order = Uint32Array.from(importance.keys()).sort((a, b) =>
    importance[b]! - importance[a]! || a - b
  );
  const rank = new Float32Array(order.length);
  order.forEach((pixel, position) => rank[pixel] = position);
  const shares = Float64Array.from({ length: steps + 1 }, (_, step) => step / steps);
  const [gone, come] = tf.tidy(() => {
    const ranks = tf.tensor3d(rank, [height, width, 1]);
    const empty = tf.zerosLike(image).add(baseline ?? 0);
    const whole = model.call(tf.expandDims(image));
    const at = (share: number, isInsertion: boolean) => {
      const first = tf.less(ranks, Math.round(share * order.length));
      const [inside, outside] = isInsertion ? [image, empty] : [empty, image];
      return tf.where(tf.broadcastTo(first, image.shape), inside, outside);
    };
    return [false, true].map((isInsertion) => {
      const images = tf.stack([...shares].map((share) => at(share, isInsertion)));
      // One image at a time, for targets that tell images apart
      return tf.concat(
        tf.split(model.call(images), shares.length).map((one) => target(one, whole)),
      );
    });
  });
  const [deletion, insertion] = [await curve(shares, gone!), await curve(shares, come!)];
  return { deletion, insertion };
}

async function curve(shares: Float64Array, target: tf.Tensor): Promise<Curve> {
  const values = Float64Array.from(await target.data());
  target.dispose();
  const strange = values.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) {
    throw new RangeError(
      `Cannot test a map: the target must be finite, ${values[strange]} found at share ` +
        `${shares[strange]}; look at the image, the baseline and the weights`,
    );
  }
  let area = 0;
  for (let at = 1; at < shares.length; at++) {
    area += (shares[at]! - shares[at - 1]!) * (values[at]! + values[at - 1]!) / 2;
  }
  return { shares, values, area };
}

/**
 * The share of a map that lies inside a mask, such as the true extent of a simulated galaxy; for a
 * map that looks at nothing in particular it is the mask's share of the image.
 *
 * @param map Values of 0 or more
 * @param mask As many; positive inside
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When a value is negative or no number, or the map has no positive sum
 *
 * @example
 * ```ts
 * import { shareInside } from "galaxykit/explain";
 * import assert from "node:assert/strict";
 *
 * assert.equal(shareInside([0, 1, 3, 0], [0, 0, 1, 1]), 0.75);
 * ```
 */
export function shareInside(map: ArrayLike<number>, mask: ArrayLike<number>): number {
  if (map.length !== mask.length) {
    throw new TypeError(
      `Cannot compare a map of ${map.length} pixels with a mask of ${mask.length}: sizes must agree`,
    );
  }
  let [inside, all] = [0, 0];
  for (let pixel = 0; pixel < map.length; pixel++) {
    if (map[pixel]! < 0 || Number.isNaN(mask[pixel])) {
      throw new RangeError(
        "Cannot take the share of a map inside a mask: numbers are wanted, from 0 in the map; " +
          `${map[pixel]} in the map and ${mask[pixel]} in the mask found at pixel ${pixel}`,
      );
    }
    all += map[pixel]!;
    if (mask[pixel]! > 0) inside += map[pixel]!;
  }
  if (!(all > 0 && all < Infinity)) {
    throw new RangeError(
      `Cannot take the share of a map inside a mask: its sum must be positive: ${all}`,
    );
  }
  return inside / all;
}
