/**
 * Dropout.
 *
 * @module
 */

import { dropout, type tf } from "../tensorflow/mod.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * In training, sets a share of the values to zero and scales the others up, so that the mean stays
 * (Srivastava et al. 2014). Wants a key then.
 *
 * @example
 * ```ts
 * import { Dropout } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new Dropout(0.5);
 * assert.equal(layer.call(tf.ones([100])).sum().dataSync()[0], 100);
 * const dropped = layer.call(tf.ones([100]), { training: true, key: key(1) });
 * assert.deepEqual([...new Set(dropped.dataSync())].sort(), [0, 2]);
 * ```
 */
export class Dropout extends Layer {
  /** The share that training drops. */
  readonly rate: number;

  /**
   * @param rate The share to drop, in [0, 1)
   * @throws {RangeError} For another rate
   */
  constructor(rate = 0.5) {
    super();
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`Cannot make Dropout: the rate must be in [0, 1), found ${rate}`);
    }
    this.rate = rate;
  }

  /** @throws {TypeError} In training without a key */
  call(x: tf.Tensor, { training = false, key }: CallOptions = {}): tf.Tensor {
    if (!training || this.rate === 0) return x;
    if (key === undefined) {
      throw new TypeError(
        "Cannot drop values: training wants a key, as in call(x, { training: true, key })",
      );
    }
    return dropout(key, x, { rate: this.rate });
  }
}
