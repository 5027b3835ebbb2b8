/**
 * Layers by the names of their weights, and losses.
 *
 * @module
 */

import {
  batchNormTraining,
  conv2d,
  type Conv2dOptions,
  foldBatchNorm,
  layerNorm as normalizeLayer,
  linear as product,
  tf,
} from "galaxykit/tensorflow";
import type { Weights } from "../workload.ts";

/** A convolution without bias; padding as in `conv()` of `reference/models.py`. */
export function conv(
  weights: Weights,
  name: string,
  x: tf.Tensor,
  { hasBias = false, ...options }: Conv2dOptions & { hasBias?: boolean } = {},
): tf.Tensor {
  const filter = weights(`${name}.weight`);
  const padding = Math.floor(filter.shape[0]! / 2);
  const bias = hasBias ? weights(`${name}.bias`) : undefined;
  return conv2d(x, filter, { bias, padding, ...options });
}

export function linear(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  return product(x, weights(`${name}.weight`), weights(`${name}.bias`));
}

/** Of training: updates the running statistics as PyTorch does, with momentum 0.1. */
function batchNorm(
  weights: Weights,
  name: string,
  x: tf.Tensor,
): tf.Tensor {
  const affine = { scale: weights(`${name}.weight`), offset: weights(`${name}.bias`) };
  const [runningMean, runningVariance] = ["mean", "var"].map((s) =>
    weights(`${name}.running_${s}`)
  );
  const { y, mean, variance } = batchNormTraining(x, affine);
  for (const [running, now] of [[runningMean!, mean], [runningVariance!, variance]] as const) {
    running.assign(tf.add(tf.mul(running, 0.9), tf.mul(now, 0.1)));
  }
  return y;
}

/** A convolution and its batch normalisation, which inference folds into the filter. */
export function convNorm(
  weights: Weights,
  [convName, normName]: readonly [string, string],
  x: tf.Tensor,
  { training, ...options }: Conv2dOptions & { training: boolean },
): tf.Tensor {
  if (training) {
    return batchNorm(weights, normName, conv(weights, convName, x, options));
  }
  const filter = weights(`${convName}.weight`);
  const read = (name: string) => weights(`${normName}.${name}`);
  const folded = foldBatchNorm({ filter }, {
    scale: read("weight"),
    offset: read("bias"),
    mean: read("running_mean"),
    variance: read("running_var"),
  });
  const padding = Math.floor(filter.shape[0]! / 2);
  return conv2d(x, folded.filter, { bias: folded.bias, padding, ...options });
}

export function layerNorm(weights: Weights, name: string, x: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  return normalizeLayer(x, { ...affine(weights, name), epsilon });
}

function affine(weights: Weights, name: string) {
  return { scale: weights(`${name}.weight`), offset: weights(`${name}.bias`) };
}

/** The loss of the workloads without labels. */
export function meanSquare(output: tf.Tensor): tf.Tensor {
  return tf.mean(tf.square(output));
}
