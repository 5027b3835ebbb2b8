/**
 * Channels to places where the channels come first, which TensorFlow has on GPUs alone.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerKernel } from "./kernel.ts";

/** Registers the kernel of this file. */
export function registerDepthToSpace(): void {
  registerKernel<{ x: tf.Tensor }, { dataFormat: "NHWC" | "NCHW" }>(
    tf.DepthToSpace,
    ({ inputs: { x }, attrs, original }) => {
      if (attrs.dataFormat !== "NCHW") return original();
      const last = tf.transpose(x, [0, 2, 3, 1]);
      return tf.transpose(original({ inputs: { x: last }, attrs: { dataFormat: "NHWC" } }), [
        0,
        3,
        1,
        2,
      ]);
    },
  );
}
