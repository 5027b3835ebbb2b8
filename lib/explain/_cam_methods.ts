/**
 * The formulas of class activation maps: from a layer's activation A and the gradient G of the
 * target, [batch, rows, columns, channels], to the weighted activation, of which the map is the sum
 * over the channels.
 *
 * @module
 */

import { attribute, rawOp, tf } from "../tensorflow/mod.ts";
import { FLOAT } from "../tensorflow/raw.ts";

/** A formula on activation and gradient. */
export type GradientMethod = (activation: tf.Tensor, gradient: tf.Tensor) => tf.Tensor;

/**
 * The weighted activations of every layer, each [batch, rows, columns, channels]; `whole` as a target
 * has it.
 */
export type Weigh = {
  (images: tf.Tensor4D, whole?: tf.Tensor): tf.Tensor4D[];
  dispose: () => void;
};

/** Below this part of what a map was made of, its range is rounding. */
const NOISE = 1e-4;

const PIXELS = [1, 2];

/** Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391, eqs 1–2): w_c is the mean of G_c. */
const gradCam: GradientMethod = function (activation, gradient) {
  return tf.mul(activation, tf.mean(gradient, PIXELS, true));
};

/**
 * Grad-CAM++ (Chattopadhyay et al. 2018, arXiv:1710.11063, eqs 10 and 19): the pixels of G_c count
 * by α, which higher derivatives of an exponential reduce to powers of G.
 */
const gradCamPlusPlus: GradientMethod = function (activation, gradient) {
  const square = tf.square(gradient);
  const total = tf.sum(activation, PIXELS, true);
  const divisor = tf.add(tf.mul(square, 2), tf.mul(total, tf.mul(square, gradient)));
  const alpha = tf.where(tf.notEqual(gradient, 0), tf.div(square, tf.add(divisor, 1e-6)), 0);
  return tf.mul(activation, tf.sum(tf.mul(tf.relu(gradient), alpha), PIXELS, true));
};

/** HiRes-CAM (Draelos & Carin 2020, arXiv:2011.08891): every pixel has weights of its own, G. */
const hiResCam: GradientMethod = function (activation, gradient) {
  return tf.mul(activation, gradient);
};

/** Layer-CAM (Jiang et al. 2021): as HiRes-CAM, where the gradient is positive. */
const layerCam: GradientMethod = function (activation, gradient) {
  return tf.mul(activation, tf.relu(gradient));
};

/** The methods that need one gradient. */
export const GRADIENT_METHODS = { gradCam, gradCamPlusPlus, hiResCam, layerCam } as const;

/**
 * The projection of each pixel's channels on their first principal component (Eigen-CAM, Muhammad
 * & Yeasin 2020, arXiv:2008.00299). The component's sign is free; here it is the one in which the
 * strongest activations are positive or, where strength does not tell, the smaller part of the image.
 */
export function firstComponent(activation: tf.Tensor): tf.Tensor {
  const [batch, rows, columns, channels] = activation.shape as tf.Tensor4D["shape"];
  const pixels = tf.reshape(activation, [batch, rows * columns, channels]);
  const centred = tf.sub(pixels, tf.mean(pixels, 1, true));
  // Of the Gram matrix of the pixels: its last eigenvector times the singular value.
  const gram = tf.matMul(centred, centred, false, true);
  const [values, vectors] = rawOp("SelfAdjointEigV2", [gram], {
    attributes: { ...FLOAT, compute_v: attribute.bool(true) },
    outputs: 2,
  });
  const last = rows * columns - 1;
  const vector = tf.slice(vectors!, [0, 0, last], [batch, -1, 1]);
  const size = tf.sqrt(tf.relu(tf.slice(values!, [0, last], [batch, 1])));
  const strength = tf.sum(pixels, 2, true);
  const above = tf.sub(strength, tf.mean(strength, 1, true));
  const terms = tf.sum(tf.abs(centred), 2, true); // what strength's differences are made of
  const rounding = tf.mul(tf.norm(terms, "euclidean", 1, true), NOISE);
  const along = tf.sum(tf.mul(vector, above), 1, true);
  const skewness = tf.sum(tf.pow(vector, 3), 1, true);
  const told = tf.where(tf.greater(tf.abs(along), rounding), along, skewness);
  const sign = tf.where(tf.less(told, 0), -1, 1);
  const map = tf.mul(tf.mul(vector, sign), tf.reshape(size, [batch, 1, 1]));
  return tf.reshape(map, [batch, rows, columns]);
}

/**
 * Each map, [batch, rows, columns, ...], from 0 to 1, and the largest range of an image's maps. A map
 * whose range is no more than the rounding of what it was made of becomes 0, and so does its range.
 *
 * @param scale How large that is, [batch, 1, 1, ...]; by default the largest value of the map
 */
export function stretch(
  maps: tf.Tensor,
  scale: tf.Tensor = tf.max(tf.abs(maps), [1, 2], true),
): { maps: tf.Tensor; ranges: tf.Tensor } {
  const low = tf.min(maps, [1, 2], true);
  const range = tf.sub(tf.max(maps, [1, 2], true), low);
  const isNoise = tf.lessEqual(range, tf.mul(scale, NOISE));
  const scaled = tf.div(tf.sub(maps, low), tf.where(isNoise, 1, range));
  return {
    maps: tf.where(tf.broadcastTo(isNoise, maps.shape), 0, scaled),
    ranges: tf.reshape(tf.where(isNoise, 0, range), [maps.shape[0]!, -1]).max(1),
  };
}

/** How large the terms of a map are, [batch, 1, 1]: of a sum over channels, or of a projection. */
export function scaleOf(weighted: tf.Tensor, { isComponent }: { isComponent: boolean }): tf.Tensor {
  const terms = isComponent ? tf.norm(weighted, "euclidean", 3) : tf.sum(tf.abs(weighted), 3);
  return tf.max(terms, [1, 2], true);
}
