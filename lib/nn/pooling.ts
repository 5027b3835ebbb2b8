/**
 * Pooling layers of [batch, height, width, channels].
 *
 * @module
 */

import {
  adaptiveAveragePool2d,
  averagePool2d,
  maxPool2d,
  type Pair,
  type tf,
} from "../tensorflow/mod.ts";
import { Layer } from "./module.ts";

/** Settings of a pooling layer, with PyTorch's meanings. */
export type PoolLayerOptions = {
  /** @default {the kernel's size} */
  stride?: Pair;
  /** Pixels added on each side. @default {0} */
  padding?: Pair;
};

/** The largest value in each window. */
export class MaxPool2d extends Layer {
  readonly #window: { size: Pair; strides: Pair; padding: Pair };

  constructor(kernelSize: Pair, { stride = kernelSize, padding = 0 }: PoolLayerOptions = {}) {
    super();
    this.#window = { size: kernelSize, strides: stride, padding };
  }

  call(x: tf.Tensor): tf.Tensor {
    return maxPool2d(x, this.#window);
  }
}

/** The mean of each window, the padding's zeros included. */
export class AvgPool2d extends Layer {
  readonly #window: { size: Pair; strides: Pair; padding: Pair };

  constructor(kernelSize: Pair, { stride = kernelSize, padding = 0 }: PoolLayerOptions = {}) {
    super();
    this.#window = { size: kernelSize, strides: stride, padding };
  }

  call(x: tf.Tensor): tf.Tensor {
    return averagePool2d(x, this.#window);
  }
}

/** Means over so many regions; one region: the mean of the image. */
export class AdaptiveAvgPool2d extends Layer {
  readonly #size: Pair;

  constructor(outputSize: Pair) {
    super();
    this.#size = outputSize;
  }

  call(x: tf.Tensor): tf.Tensor {
    return adaptiveAveragePool2d(x, this.#size);
  }
}
