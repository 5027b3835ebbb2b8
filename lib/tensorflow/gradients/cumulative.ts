/**
 * Gradients of sums and products that run along an axis, and of products over axes.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { positiveAxis, registerGradient } from "./register.ts";

registerGradient({
  kernel: tf.Cumsum,
  of: (dy, _saved, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy, axis, exclusive, !reverse),
  }),
});

registerGradient({
  kernel: tf.Cumprod,
  inputs: ["x"],
  of: (dy, [x], { axis, exclusive, reverse }) => ({
    x: () => {
      const along = positiveAxis(axis, x.rank);
      const turned = (y: tf.Tensor) => reverse ? tf.reverse(y, along) : y;
      const d = exclusive ? shift(turned(dy), { axis: along, by: -1 }) : turned(dy);
      return turned(cumprodGradient(turned(x), d, along));
    },
  }),
});

/**
 * The product of all values up to each, as products of pairs, fours, eights: so the gradient divides
 * by nothing, and is right where a factor is 0.
 */
function cumprodGradient(x: tf.Tensor, dy: tf.Tensor, axis: number): tf.Tensor {
  const products: { product: tf.Tensor; by: number }[] = [];
  let product = x;
  for (let by = 1; by < x.shape[axis]!; by *= 2) {
    products.push({ product, by });
    product = tf.mul(product, shift(product, { axis, by, fill: 1 }));
  }
  return products.reduceRight((d, { product, by }) =>
    tf.add(
      tf.mul(d, shift(product, { axis, by, fill: 1 })),
      shift(tf.mul(d, product), { axis, by: -by }),
    ), dy);
}

/** The values moved along an axis, with others in the places that become free. */
function shift(
  x: tf.Tensor,
  { axis, by, fill = 0 }: { axis: number; by: number; fill?: number },
): tf.Tensor {
  const size = Math.min(Math.abs(by), x.shape[axis]!);
  const rest = x.shape.map((length, at) => at === axis ? length - size : length);
  const begin = x.shape.map((_, at) => at === axis && by < 0 ? size : 0);
  const padding = x.shape.map((_, at) => at !== axis ? [0, 0] : by < 0 ? [0, size] : [size, 0]) as [
    number,
    number,
  ][];
  return tf.pad(tf.slice(x, begin, rest), padding, fill);
}

registerGradient({
  kernel: tf.Prod,
  inputs: ["x"],
  of: (dy, [x], { axis }) => ({
    x: () => {
      const axes = tf.util.parseAxisParam(axis ?? null!, x.shape);
      const others = [...x.shape.keys()].filter((at) => !axes.includes(at));
      const order = [...others, ...axes];
      const lengths = order.map((at) => x.shape[at]!);
      const moved = tf.transpose(x, order);
      const rows = tf.reshape(moved, [tf.util.sizeFromShape(dy.shape), -1]);
      const before = tf.cumprod(rows, 1, true, false);
      const after = tf.cumprod(rows, 1, true, true);
      const dx = tf.mul(tf.reshape(dy, [-1, 1]), tf.mul(before, after));
      return tf.transpose(tf.reshape(dx, lengths), order.map((_, at) => order.indexOf(at)));
    },
  }),
});
