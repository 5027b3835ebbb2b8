/**
 * The gradient of batch normalisation, also with statistics that are broadcast: those of an axis that
 * is not the last.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerGradient, sumToShape } from "./register.ts";

registerGradient({
  kernel: tf.FusedBatchNorm,
  inputs: ["x", "mean", "variance", "scale"],
  of(dy, [x, mean, variance, scale = tf.scalar(1)], { varianceEpsilon }) {
    const factor = () => tf.rsqrt(tf.add(variance, varianceEpsilon));
    const dNormal = () => tf.mul(tf.mul(dy, scale), factor());
    const centred = () => tf.sub(x, mean);
    return {
      x: dNormal,
      mean: () => sumToShape(tf.neg(dNormal()), mean.shape),
      variance: () =>
        sumToShape(
          tf.mul(tf.mul(dNormal(), centred()), tf.mul(tf.square(factor()), -0.5)),
          variance.shape,
        ),
      scale: () => sumToShape(tf.mul(dy, tf.mul(centred(), factor())), scale.shape),
      offset: () => sumToShape(dy, mean.shape),
    };
  },
});
