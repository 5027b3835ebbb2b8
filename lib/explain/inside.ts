/**
 * What a layer gives, and how the explained number depends on it.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { observe } from "../nn/mod.ts";
import { tf } from "../tensorflow/mod.ts";
import type { Target } from "./target.ts";

/**
 * The output of a layer and the gradient of the target with respect to it; of a layer that is
 * called several times, the last output.
 *
 * The model runs twice: for the output, and again from this output on, where the gradient starts.
 *
 * @param images [batch, height, width, channels], normalised for the model
 * @param options.whole As a {@linkcode Target} has it
 * @throws {RangeError} When there is no layer of that name
 * @throws {Error} When the layer is not called, or the target does not depend on it
 */
export function activationAndGradient(
  model: ImageModel,
  images: tf.Tensor,
  { layer, target, whole }: { layer: string; target: Target; whole?: tf.Tensor },
): { activation: tf.Tensor; gradient: tf.Tensor } {
  return tf.tidy(() => {
    const observed = model.layer(layer);
    let calls = 0;
    let activation: tf.Tensor | undefined;
    observe(
      new Map([[observed, (output: tf.Tensor) => {
        calls++;
        activation?.dispose();
        activation = tf.keep(output.clone());
      }]]),
      () => model.call(images),
    );
    if (activation === undefined) {
      throw new Error(`Cannot explain by layer "${layer}" of ${model.modelName}: it is not called`);
    }
    const kept = activation;
    try {
      let call = 0;
      const replaced = new Map([[observed, () => ++call === calls ? kept : undefined]]);
      const forward = () => tf.sum(target(observe(replaced, () => model.call(images)), whole));
      const allowNone = true;
      const [gradient] = tf.engine().gradients(forward, [kept], undefined, allowNone).grads;
      if (!gradient) {
        throw new Error(
          `Cannot explain by layer "${layer}" of ${model.modelName}: the target does not depend on it`,
        );
      }
      return { activation: kept.clone(), gradient };
    } finally {
      kept.dispose();
    }
  });
}
