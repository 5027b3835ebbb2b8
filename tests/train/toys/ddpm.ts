/** A toy diffusion model (Ho et al. 2020, arXiv:2006.11239): points of a ring, denoised by an MLP. */

import { Linear, Module } from "galaxykit/nn";
import { foldIn, gather, type Key, key, normal, split, tf, uniform } from "galaxykit/tensorflow";
import type { Objective } from "galaxykit/train";

const STEPS = 50;
const betas = Array.from({ length: STEPS }, (_, t) => 1e-3 + (0.2 - 1e-3) * t / (STEPS - 1));
/** ᾱ of each step, equation 4's Π (1 - β). */
const alphasBar = betas.map((_, t) => betas.slice(0, t + 1).reduce((p, beta) => p * (1 - beta), 1));

/** Tells the noise in points, at steps given as t / T. */
export class Denoiser extends Module {
  layers: Linear[];

  constructor(seed: number) {
    super();
    const keys = split(key(seed), 3);
    this.layers = [[4, 64], [64, 64], [64, 2]].map(([from, to], i) =>
      new Linear(from!, to!, { key: keys[i]! })
    );
  }

  call(points: tf.Tensor, time: tf.Tensor): tf.Tensor {
    const angle = tf.mul(time, Math.PI);
    const x = tf.concat([points, tf.sin(angle), tf.cos(angle)], 1);
    return this.layers.reduce((h, layer, i) => layer.call(i === 0 ? h : tf.relu(h)), x);
  }
}

type Points = { points: Float32Array; indices: Int32Array };

/** ‖ε - ε_θ(√ᾱ x + √(1 - ᾱ) ε, t)‖², equation 14: step and noise are drawn from the key. */
export function ddpm(model: Denoiser): Objective<Points, { x: tf.Tensor2D }> {
  return {
    config: { name: "toy DDPM", steps: STEPS },
    inputs: ({ points, indices }) => ({ x: tf.tensor2d(points, [indices.length, 2]) }),
    loss({ x }, { key }) {
      const n = x.shape[0];
      const t = tf.cast(tf.floor(uniform(key, [n, 1], { maximum: STEPS })), "int32");
      const noise = normal(foldIn(key, 1) as Key, [n, 2]);
      const share = gather(tf.tensor1d(alphasBar), t);
      const noisy = tf.add(tf.mul(tf.sqrt(share), x), tf.mul(tf.sqrt(tf.sub(1, share)), noise));
      const told = model.call(noisy, tf.div(tf.cast(t, "float32"), STEPS));
      return { loss: tf.mean(tf.squaredDifference(noise, told)), weight: tf.scalar(n) };
    },
  };
}
