/**
 * Linear layers.
 *
 * @module
 */

import { type Key, linear, tf } from "../tensorflow/mod.ts";
import { initialize, type Initializer, kaimingUniform, splitKey } from "./init.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * y = x · weight + bias on the last axis.
 *
 * @example
 * ```ts
 * import { Linear } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new Linear(4, 2, { key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([3, 4])).shape, [3, 2]);
 * assert.deepEqual(layer.stateDict()["weight"].shape, [2, 4]);
 * ```
 */
export class Linear extends Layer {
  /** [in, out]; [out, in] in a file. */
  readonly weight: tf.Variable;
  /** [out]. */
  readonly bias?: tf.Variable;

  constructor(inFeatures: number, outFeatures: number, options: {
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
    /** @default {true} */
    bias?: boolean;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** @default {kaimingUniform} */
    biasInit?: Initializer;
  } = {}) {
    super();
    const { bias = true, init = kaimingUniform, biasInit = kaimingUniform } = options;
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    const [forWeight, forBias] = splitKey(options.key);
    this.weight = this.parameter(
      initialize(init, forWeight, { shape: [inFeatures, outFeatures], ...fans }),
      [1, 0],
    );
    if (bias) {
      this.bias = this.parameter(initialize(biasInit, forBias, { shape: [outFeatures], ...fans }));
    }
    tf.dispose([forWeight, forBias]);
  }

  call(x: tf.Tensor, _options?: CallOptions): tf.Tensor {
    return linear(x, this.weight, this.bias);
  }
}
