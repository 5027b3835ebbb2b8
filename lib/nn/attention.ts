/**
 * Self-attention.
 *
 * @module
 */

import { type Key, scaledDotProductAttention, tf } from "../tensorflow/mod.ts";
import { type Initializer, splitKey } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * Attention of tokens to each other (Vaswani et al. 2017, arXiv:1706.03762), under timm's names:
 * one linear layer for queries, keys and values together.
 *
 * @example
 * ```ts
 * import { SelfAttention } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new SelfAttention(12, { heads: 3, key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([2, 5, 12])).shape, [2, 5, 12]);
 * assert.deepEqual(layer.stateDict()["qkv.weight"].shape, [36, 12]);
 * ```
 */
export class SelfAttention extends Layer {
  /** Its output, [batch, tokens, 3 · features], is queries, keys and values, each head by head. */
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly heads: number;

  /** @throws {RangeError} When the heads do not divide the features */
  constructor(features: number, { heads, init, biasInit, key }: {
    heads: number;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** @default {kaimingUniform} */
    biasInit?: Initializer;
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  }) {
    super();
    if (features % heads !== 0) {
      throw new RangeError(
        `Cannot make SelfAttention: the heads must divide the features, found ${heads} heads for ${features} features`,
      );
    }
    const [first, second] = splitKey(key);
    this.qkv = new Linear(features, 3 * features, { init, biasInit, key: first });
    this.proj = new Linear(features, features, { init, biasInit, key: second });
    this.heads = heads;
    tf.dispose([first, second]);
  }

  /** @param x [batch, tokens, features] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const [batch, tokens, features] = x.shape as [number, number, number];
    const heads = [batch, tokens, 3, this.heads, features / this.heads];
    const [q, k, v] = tf.unstack(
      tf.transpose(this.qkv.call(x, options).reshape(heads), [2, 0, 3, 1, 4]),
    );
    const mixed = scaledDotProductAttention(q!, k!, v!);
    return this.proj.call(tf.transpose(mixed, [0, 2, 1, 3]).reshape(x.shape), options);
  }
}
