/** A toy SimCLR (Chen et al. 2020, arXiv:2002.05709): two views of small pictures, no labels. */

import { cutout, flipsAndQuarterTurns } from "galaxykit/augment";
import { Linear, Module } from "galaxykit/nn";
import { type Key, key, softmaxCrossEntropy, split, tf } from "galaxykit/tensorflow";
import type { Objective } from "galaxykit/train";

const SIDE = 8;
const TEMPERATURE = 0.5;

/** Pictures to points on a sphere. */
export class Encoder extends Module {
  fc1: Linear;
  fc2: Linear;

  constructor(seed: number) {
    super();
    this.fc1 = new Linear(SIDE * SIDE * 3, 64, { key: key(seed) });
    this.fc2 = new Linear(64, 16, { key: key(seed + 1) });
  }

  call(images: tf.Tensor): tf.Tensor {
    const x = tf.reshape(tf.div(images, 128), [-1, SIDE * SIDE * 3]);
    const z = this.fc2.call(tf.relu(this.fc1.call(tf.sub(x, 1))));
    return tf.div(z, tf.sqrt(tf.add(tf.sum(tf.square(z), 1, true), 1e-12)));
  }
}

type Pictures = { pixels: Float32Array; indices: Int32Array };

/** NT-Xent, equation 1: among all other views, each is to find the one of its own picture. */
export function simclr(model: Encoder): Objective<Pictures, tf.Tensor4D> {
  const view = (key: Key, x: tf.Tensor4D) =>
    cutout({ side: 0.4 })(key, flipsAndQuarterTurns(key, x));
  return {
    metrics: { retrieved: "higher" },
    inputs: ({ pixels, indices }) => tf.tensor4d(pixels, [indices.length, SIDE, SIDE, 3]),
    loss(x, { key }) {
      const n = x.shape[0];
      const [a, b] = split(key).map((own) => model.call(view(own, x)));
      const z = tf.concat([a!, b!]) as tf.Tensor2D;
      const self = tf.mul(tf.eye(2 * n), 1e9);
      const logits = tf.sub(tf.div(tf.matMul(z, z, false, true), TEMPERATURE), self);
      const other = tf.tensor1d(
        Array.from({ length: 2 * n }, (_, i) => (i + n) % (2 * n)),
        "int32",
      );
      const found = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), other), "float32"));
      return {
        loss: softmaxCrossEntropy(logits, other),
        weight: tf.scalar(n),
        metrics: { retrieved: { sum: found, count: tf.scalar(2 * n) } },
      };
    },
  };
}
