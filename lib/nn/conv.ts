/**
 * Convolutional layers.
 *
 * @module
 */

import { conv2d, type Key, type Padding, type Pair, tf } from "../tensorflow/mod.ts";
import { initialize, type Initializer, kaimingUniform, splitKey } from "./init.ts";
import { type CallOptions, Layer } from "./module.ts";

/** Settings of {@linkcode Conv2d}, with PyTorch's meanings. */
export type Conv2dLayerOptions = {
  /** Side of the kernel, or [height, width], in pixels. */
  kernelSize: Pair;
  /** @default {1} */
  stride?: Pair;
  /** Zeros added on each side, in pixels; `"same"` as TensorFlow adds them. @default {0} */
  padding?: Padding;
  /** @default {1} */
  dilation?: Pair;
  /** As many as input channels: a depthwise convolution. @default {1} */
  groups?: number;
  /** @default {true} */
  bias?: boolean;
  /** @default {kaimingUniform} */
  init?: Initializer;
  /** @default {kaimingUniform} */
  biasInit?: Initializer;
  /** Where the first values come from. @default {none: they are to be loaded} */
  key?: Key;
};

/**
 * A two-dimensional convolution of [batch, height, width, channels].
 *
 * @example
 * ```ts
 * import { Conv2d } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new Conv2d(3, 8, { kernelSize: 3, stride: 2, padding: 1, key: key(1) });
 * assert.deepEqual(layer.call(tf.ones([1, 16, 16, 3])).shape, [1, 8, 8, 8]);
 * assert.deepEqual(layer.stateDict()["weight"].shape, [8, 3, 3, 3]);
 * ```
 */
export class Conv2d extends Layer {
  /** [height, width, in / groups, out]; [out, in / groups, height, width] in a file. */
  readonly weight: tf.Variable;
  /** [out]. */
  readonly bias?: tf.Variable;
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
  readonly #options: Conv2dLayerOptions;

  /** @throws {RangeError} When the groups do not divide the channels */
  constructor(inChannels: number, outChannels: number, options: Conv2dLayerOptions) {
    super();
    const { kernelSize, groups = 1, bias = true } = options;
    const { init = kaimingUniform, biasInit = kaimingUniform } = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `Cannot make Conv2d: groups must divide the channels, found ${groups} groups for ${inChannels} and ${outChannels} channels`,
      );
    }
    const [height, width] = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
    const inputs = inChannels / groups;
    const fans = { fanIn: inputs * height * width, fanOut: outChannels * height * width };
    const [forWeight, forBias] = splitKey(options.key);
    this.weight = this.parameter(
      initialize(init, forWeight, { shape: [height, width, inputs, outChannels], ...fans }),
      [3, 2, 0, 1],
    );
    if (bias) {
      this.bias = this.parameter(initialize(biasInit, forBias, { shape: [outChannels], ...fans }));
    }
    this.groups = groups;
    this.#options = options;
    tf.dispose([forWeight, forBias]);
  }

  call(x: tf.Tensor, _options?: CallOptions): tf.Tensor {
    return this.callWith({ filter: this.weight, bias: this.bias }, x);
  }

  /** The same convolution with a filter and bias made of this layer's, such as folded ones. */
  callWith({ filter, bias }: { filter: tf.Tensor; bias?: tf.Tensor }, x: tf.Tensor): tf.Tensor {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = this.#options;
    return conv2d(x, filter, { bias, strides: stride, padding, dilation, groups });
  }
}
