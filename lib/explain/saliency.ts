/**
 * Explanations at the resolution of the image: gradients of the target with respect to its pixels.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { refuseOutside, refuseUnknown } from "../options.ts";
import { observe, ReLU, ReLU6 } from "../nn/mod.ts";
import { jit, tf } from "../tensorflow/mod.ts";
import { refuseBaseline } from "./_baseline.ts";
import { predictedClass, type Target } from "./target.ts";

/**
 * Guided backpropagation (Springenberg et al. 2015, arXiv:1412.6806): the gradient with respect to
 * the pixels, of which every ReLU lets only the positive part pass back.
 *
 * @param images [batch, height, width, channels], normalised for the model
 * @returns [batch, height, width, channels]
 * @throws {RangeError} When the model has no ReLU layers
 *
 * @example
 * ```ts
 * import { guidedBackpropagation } from "galaxykit/explain";
 * import { resnet18 } from "galaxykit/models";
 * import { key, normal } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 8, key: key(1) });
 * const map = guidedBackpropagation(model, normal(key(2), [1, 64, 64, 3]));
 * assert.deepEqual(map.shape, [1, 64, 64, 3]);
 * ```
 */
export function guidedBackpropagation(
  model: ImageModel,
  images: tf.Tensor4D,
  { target = predictedClass() }: {
    /** @default {predictedClass()} */
    target?: Target;
  } = {},
): tf.Tensor4D {
  const layers = Object.values(model.namedLayers())
    .filter((layer) => layer instanceof ReLU || layer instanceof ReLU6);
  if (layers.length === 0) {
    throw new RangeError(
      `Cannot run guided backpropagation on ${model.modelName}: it has no ReLU layers; take integratedGradients`,
    );
  }
  const observers = new Map(layers.map((layer) => [layer, positiveBack]));
  return tf.tidy(() =>
    tf.grad((x: tf.Tensor) => tf.sum(target(observe(observers, () => model.call(x)))))(images)
  ) as tf.Tensor4D;
}

/** x, with a gradient that is cut off at 0. */
function positiveBack(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((x: unknown) => ({
    value: (x as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.relu(dy),
  }))(x);
}

/**
 * Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365, eq. 1): how much every pixel
 * adds to the target on the straight way from a baseline to the image. Their sum is the difference
 * of the targets at the two ends, up to the error of the steps, which `missing` tells. The target is
 * of the images' own class all the way.
 *
 * @param images [batch, height, width, channels], normalised for the model
 * @throws {RangeError} When the steps are no positive integer, or an option is unknown
 * @throws {TypeError} When the baseline cannot be broadcast to the images
 *
 * @example
 * ```ts
 * import { integratedGradients, output } from "galaxykit/explain";
 * import { resnet18 } from "galaxykit/models";
 * import { key, normal, type tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 8, key: key(1) });
 * const options = { target: output(0), steps: 8 };
 * const images = normal(key(2), [2, 32, 32, 3]) as tf.Tensor4D;
 * const { attributions, missing } = integratedGradients(model, images, options);
 * assert.deepEqual(attributions.shape, [2, 32, 32, 3]);
 * assert.deepEqual(missing.shape, [2]);
 * ```
 */
export function integratedGradients(
  model: ImageModel,
  images: tf.Tensor4D,
  options: {
    /** @default {predictedClass()} */
    target?: Target;
    /** Broadcast to the images. @default {0, the mean of the normalised images} */
    baseline?: tf.Tensor;
    /** Points of the way; the middles of as many equal parts. @default {50} */
    steps?: number;
  } = {},
): { attributions: tf.Tensor4D; missing: tf.Tensor1D } {
  const what = "integrate gradients";
  refuseUnknown(options, { target: true, baseline: true, steps: true }, { what });
  const { target = predictedClass(), baseline, steps = 50 } = options;
  refuseOutside({ steps }, { steps: "whole [1, ∞)" }, { what });
  refuseBaseline(baseline, { shape: images.shape, what });
  const gradientAt = jit(
    (start: tf.Tensor, way: tf.Tensor, share: tf.Scalar, whole: tf.Tensor) =>
      tf.tidy(() =>
        tf.grad((x: tf.Tensor) => tf.sum(target(model.call(x), whole)))(
          tf.add(start, tf.mul(way, share)),
        )
      ),
    { name: "integratedGradients" },
  );
  try {
    return tf.tidy(() => {
      const start = tf.zerosLike(images).add(baseline ?? 0);
      const way = tf.sub(images, start);
      const whole = model.call(images);
      let sum: tf.Tensor = tf.zerosLike(images);
      for (let step = 0; step < steps; step++) {
        const next = tf.tidy(() =>
          tf.add(sum, gradientAt(start, way, tf.scalar((step + 0.5) / steps), whole))
        );
        sum.dispose();
        sum = next;
      }
      const attributions = tf.mul(way, tf.div(sum, steps)) as tf.Tensor4D;
      const difference = tf.sub(target(whole, whole), target(model.call(start), whole));
      const missing = tf.sub(difference, tf.sum(attributions, [1, 2, 3])) as tf.Tensor1D;
      return { attributions, missing };
    });
  } finally {
    gradientAt.dispose();
  }
}
