/**
 * Self-attention.
 *
 * @module
 */

import { type Key, scaledDotProductAttention, softmax, tf } from "../tensorflow/mod.ts";
import { type Initializer, splitKey } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Layer } from "./module.ts";

/** Settings of self-attention. */
export type SelfAttentionOptions = {
  heads: number;
  /** @default {kaimingUniform} */
  init?: Initializer;
  /** @default {kaimingUniform} */
  biasInit?: Initializer;
  /** Where the first values come from. @default {none: they are to be loaded} */
  key?: Key;
};

/** Queries, keys and values. */
type Projections = [q: tf.Tensor, k: tf.Tensor, v: tf.Tensor];

/**
 * Attention of tokens to each other (Vaswani et al. 2017, arXiv:1706.03762), whichever layers make
 * its queries, keys and values. Where there are many tokens, the queries have their turn in slices, so
 * that memory does not grow with the square of the tokens (`scaledDotProductAttention`).
 */
export abstract class MultiHeadAttention extends Layer {
  readonly proj: Linear;
  readonly heads: number;

  /** @throws {RangeError} When the heads do not divide the features */
  constructor(features: number, { heads, ...options }: SelfAttentionOptions) {
    super();
    if (features % heads !== 0) {
      throw new RangeError(
        `Cannot make ${this.constructor.name}: the heads must divide the features, found ${heads} heads for ${features} features`,
      );
    }
    this.proj = new Linear(features, features, options);
    this.heads = heads;
  }

  /** Queries, keys and values, each [batch, heads, tokens, features / heads]. */
  protected abstract project(x: tf.Tensor, options?: CallOptions): Projections;

  /** @param x [batch, tokens, features] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const mixed = scaledDotProductAttention(...this.project(x, options));
    return this.proj.call(tf.transpose(mixed, [0, 2, 1, 3]).reshape(x.shape), options);
  }

  /**
   * How much each token takes of each, [batch, heads, tokens, tokens]: rows that sum to 1.
   *
   * @param x As `call` takes it, [batch, tokens, features]
   */
  weights(x: tf.Tensor, options?: CallOptions): tf.Tensor4D {
    return tf.tidy(() => {
      const [q, k] = this.project(x, options);
      return softmax(tf.matMul(tf.div(q, Math.sqrt(q.shape[3]!)), k, false, true)) as tf.Tensor4D;
    });
  }
}

/**
 * Self-attention under timm's names: one linear layer for queries, keys and values together.
 *
 * @example
 * ```ts
 * import { SelfAttention } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new SelfAttention(12, { heads: 3, key: key(1) });
 * const x = tf.ones([2, 5, 12]);
 * assert.deepEqual(layer.call(x).shape, [2, 5, 12]);
 * assert.deepEqual(layer.weights(x).shape, [2, 3, 5, 5]);
 * assert.deepEqual(layer.stateDict()["qkv.weight"].shape, [36, 12]);
 * ```
 */
export class SelfAttention extends MultiHeadAttention {
  /** Its output, [batch, tokens, 3 · features], is queries, keys and values, each head by head. */
  readonly qkv: Linear;

  /** @throws {RangeError} When the heads do not divide the features */
  constructor(features: number, { key, ...options }: SelfAttentionOptions) {
    const [first, second] = splitKey(key);
    super(features, { ...options, key: second });
    const { init, biasInit } = options;
    this.qkv = new Linear(features, 3 * features, { init, biasInit, key: first });
    tf.dispose([first, second]);
  }

  protected override members(): [string, unknown][] {
    return [["qkv", this.qkv], ["proj", this.proj]];
  }

  protected project(x: tf.Tensor, options?: CallOptions): Projections {
    const [batch, tokens, features] = x.shape as [number, number, number];
    const heads = [batch, tokens, 3, this.heads, features / this.heads];
    const projected = this.qkv.call(x, options).reshape(heads);
    return tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4])) as Projections;
  }
}

/**
 * Self-attention with a linear layer each for queries, keys and values, as transformers has it, so that
 * each can have its own adapter.
 *
 * @example
 * ```ts
 * import { addLora, UnfusedSelfAttention } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new UnfusedSelfAttention(12, { heads: 3, key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([2, 5, 12])).shape, [2, 5, 12]);
 * const lora = addLora(layer, { targets: ["query", "value"], rank: 2, key: key(2) });
 * assert.deepEqual(lora.targets, ["query", "value"]);
 * ```
 */
export class UnfusedSelfAttention extends MultiHeadAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;

  /** @throws {RangeError} When the heads do not divide the features */
  constructor(features: number, { key, ...options }: SelfAttentionOptions) {
    const keys = splitKey(key, 4);
    super(features, { ...options, key: keys[3] });
    const { init, biasInit } = options;
    const layer = (key?: Key) => new Linear(features, features, { init, biasInit, key });
    [this.query, this.key, this.value] = [layer(keys[0]), layer(keys[1]), layer(keys[2])];
    tf.dispose(keys);
  }

  protected override members(): [string, unknown][] {
    const { query, key, value, proj } = this;
    return Object.entries({ query, key, value, proj });
  }

  protected project(x: tf.Tensor, options?: CallOptions): Projections {
    const [batch, tokens, features] = x.shape as [number, number, number];
    const heads = [batch, tokens, this.heads, features / this.heads];
    return [this.query, this.key, this.value].map((layer) =>
      tf.transpose(layer.call(x, options).reshape(heads), [0, 2, 1, 3])
    ) as Projections;
  }
}
