/**
 * Linear combinations: a step of any sampler is a few of them.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";

/** How much of each tensor to take, by the tensors' names. */
export type Weights = Readonly<Record<string, number>>;

/** The weights of a sum of combinations, each times its factor. */
export function combined(parts: readonly (readonly [factor: number, of: Weights])[]): Weights {
  const sum: Record<string, number> = {};
  for (const [factor, weights] of parts) {
    for (const [name, weight] of Object.entries(weights)) {
      sum[name] = (sum[name] ?? 0) + factor * weight;
    }
  }
  return sum;
}

/**
 * The combination of tensors; those of weight 0 are left out, so that nothing of them is read.
 *
 * @returns A tensor of its own, also where it is one of those given
 */
export function combine(
  weights: Weights,
  tensors: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor {
  return tf.tidy(() => {
    const parts = Object.entries(weights).filter(([, weight]) => weight !== 0);
    const terms = parts.map(([name, weight]) =>
      weight === 1 ? tensors[name]! : tf.mul(tensors[name]!, weight)
    );
    if (terms.length === 0) return tf.zerosLike(tensors["sample"]!);
    if (terms.length === 1) return terms[0]!.clone();
    return terms.reduce((sum, term) => tf.add(sum, term));
  });
}
