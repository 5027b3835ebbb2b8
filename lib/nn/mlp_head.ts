/**
 * A last layer of several.
 *
 * @module
 */

import { type Key, tf, uniform } from "../tensorflow/mod.ts";
import { ReLU } from "./activation.ts";
import { Dropout } from "./dropout.ts";
import { type Initializer, splitKey, zeros } from "./init.ts";
import { Linear } from "./linear.ts";
import { BatchNorm2d } from "./normalization.ts";
import { Sequential } from "./sequential.ts";

/** What shapes an {@linkcode MlpHead}, beside its input and output. */
export type MlpHeadOptions = {
  /** Features of each hidden layer. @default {[512, 256]} */
  hidden?: readonly number[];
  /** Share of them that training drops. @default {0.2} */
  dropRate?: number;
};

/**
 * Layers from features to outputs: linear, batch normalisation, ReLU and dropout for each hidden layer,
 * and a linear one. The defaults are those of galaxy-sommelier, whose parameters have the same names:
 * `0.weight` of the first layer, `1.running_mean` of its normalisation, … Outputs are logits: the
 * sigmoid is a loss's.
 *
 * Weights start as those of Glorot and Bengio 2010 (uniform in ±√(6 / (fanIn + fanOut))), biases at 0.
 *
 * @example
 * ```ts
 * import { MlpHead } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const head = new MlpHead(8, 74, { hidden: [16, 8], key: key(1) });
 * assert.deepEqual(head.call(tf.ones([3, 8])).shape, [3, 74]);
 * assert.deepEqual(Object.keys(head.stateDict()).slice(0, 3), ["0.weight", "0.bias", "1.weight"]);
 * ```
 */
export class MlpHead extends Sequential {
  /** Its input. */
  readonly features: number;

  /** @throws {RangeError} When there is no hidden layer, or a size or rate is out of range */
  constructor(features: number, outputs: number, options: MlpHeadOptions & { key?: Key } = {}) {
    const { hidden = [512, 256], dropRate = 0.2, key } = options;
    if (hidden.length === 0 || hidden.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new RangeError(
        `Cannot make a head: sizes of hidden layers are wanted, such as [512, 256], found [${hidden}]`,
      );
    }
    const sizes = [features, ...hidden];
    const keys = splitKey(key, sizes.length);
    const linear = (at: number, size: number) =>
      new Linear(sizes[at]!, size, { key: keys[at], init: glorotUniform, biasInit: zeros });
    super([
      ...hidden.flatMap((size, at) => [
        linear(at, size),
        new BatchNorm2d(size),
        new ReLU(),
        new Dropout(dropRate),
      ]),
      linear(hidden.length, outputs),
    ]);
    this.features = features;
    tf.dispose(keys);
  }

  /** Of the last layer, [features, outputs]. */
  get weight(): tf.Variable {
    return (this.layers.at(-1) as Linear).weight;
  }
}

const glorotUniform: Initializer = function (key, { shape, fanIn, fanOut }) {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return uniform(key, [...shape], { minimum: -bound, maximum: bound });
};
