/**
 * Squeeze and excitation.
 *
 * @module
 */

import { adaptiveAveragePool2d, type Key, sigmoid, tf } from "../tensorflow/mod.ts";
import { SiLU } from "./activation.ts";
import { Conv2d } from "./conv.ts";
import { type Initializer, splitKey } from "./init.ts";
import { type CallOptions, Layer } from "./module.ts";

/**
 * Weighs the channels of an image by what the whole image is like (Hu et al. 2017,
 * arXiv:1709.01507): the mean of each channel, through two 1x1 convolutions with a SiLU between
 * them (EfficientNet's choice) and a sigmoid. The names are timm's.
 *
 * @example
 * ```ts
 * import { SqueezeExcite } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new SqueezeExcite(8, { reduced: 2, key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([1, 5, 5, 8])).shape, [1, 5, 5, 8]);
 * assert.deepEqual(layer.stateDict()["conv_reduce.weight"].shape, [2, 8, 1, 1]);
 * ```
 */
export class SqueezeExcite extends Layer {
  readonly conv_reduce: Conv2d;
  readonly act1 = new SiLU();
  readonly conv_expand: Conv2d;

  constructor(channels: number, { reduced, key, ...inits }: {
    /** Channels between the two convolutions. */
    reduced: number;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** @default {kaimingUniform} */
    biasInit?: Initializer;
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  }) {
    super();
    const [first, second] = splitKey(key);
    this.conv_reduce = new Conv2d(channels, reduced, { kernelSize: 1, ...inits, key: first });
    this.conv_expand = new Conv2d(reduced, channels, { kernelSize: 1, ...inits, key: second });
    tf.dispose([first, second]);
  }

  /** @param x [batch, height, width, channels] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const reduced = this.act1.call(this.conv_reduce.call(adaptiveAveragePool2d(x, 1), options));
    return tf.mul(x, sigmoid(this.conv_expand.call(reduced, options)));
  }
}
