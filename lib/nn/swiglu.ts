/**
 * The gated form of the two layers of a transformer that look at each token alone.
 *
 * @module
 */

import { type Key, silu, tf } from "../tensorflow/mod.ts";
import { type Initializer, splitKey } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * SwiGLU (Shazeer 2020, arXiv:2002.05202): a linear layer gives gates and values, of which silu(gate) ·
 * value goes through a second one. Under timm's names.
 *
 * @example
 * ```ts
 * import { SwiGlu } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new SwiGlu(12, { hidden: 32, key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([2, 5, 12])).shape, [2, 5, 12]);
 * assert.deepEqual(layer.stateDict()["fc1.weight"].shape, [64, 12]);
 * ```
 */
export class SwiGlu extends Layer {
  /** Gives the gates, then the values. */
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(features: number, { hidden, key, ...inits }: {
    /** Gates, and as many values. */
    hidden: number;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** @default {kaimingUniform} */
    biasInit?: Initializer;
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  }) {
    super();
    const [first, second] = splitKey(key);
    this.fc1 = new Linear(features, 2 * hidden, { ...inits, key: first });
    this.fc2 = new Linear(hidden, features, { ...inits, key: second });
    tf.dispose([first, second]);
  }

  /** @param x [..., features] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const [gate, value] = tf.split(this.fc1.call(x, options), 2, -1);
    return this.fc2.call(tf.mul(silu(gate!), value!), options);
  }
}
