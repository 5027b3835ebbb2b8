/**
 * Stochastic depth.
 *
 * @module
 */

import { dropout, tf } from "../tensorflow/mod.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * In training, drops the whole branch of a residual block for a share of the images, and scales it
 * up for the others (Huang et al. 2016, "Deep Networks with Stochastic Depth", arXiv:1603.09382).
 * Wants a key then.
 *
 * @example
 * ```ts
 * import { DropPath } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const branch = new DropPath(0.5).call(tf.ones([100, 2]), { training: true, key: key(1) });
 * assert.deepEqual([...new Set(branch.dataSync())].sort(), [0, 2]);
 * const [left, right] = tf.unstack(branch, 1); // an image is dropped as a whole
 * assert.deepEqual(left.dataSync(), right.dataSync());
 * ```
 */
export class DropPath extends Layer {
  /** The share that training drops. */
  readonly rate: number;

  /**
   * @param rate The share to drop, in [0, 1)
   * @throws {RangeError} For another rate
   */
  constructor(rate = 0) {
    super();
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`Cannot make DropPath: the rate must be in [0, 1), found ${rate}`);
    }
    this.rate = rate;
  }

  /**
   * @param x [batch, ...]
   * @throws {TypeError} In training without a key
   */
  call(x: tf.Tensor, { training = false, key }: CallOptions = {}): tf.Tensor {
    if (!training || this.rate === 0) return x;
    if (key === undefined) {
      throw new TypeError(
        "Cannot drop paths: training wants a key, as in call(x, { training: true, key })",
      );
    }
    const shape = x.shape.map((length, axis) => axis === 0 ? length : 1);
    return tf.tidy(() => tf.mul(x, dropout(key, tf.ones(shape), { rate: this.rate })));
  }
}
