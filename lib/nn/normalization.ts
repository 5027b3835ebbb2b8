/**
 * Normalisation layers.
 *
 * @module
 */

import {
  batchNorm,
  batchNormTraining,
  foldBatchNorm,
  groupNorm,
  layerNorm,
  tf,
} from "../tensorflow/mod.ts";
import type { Conv2d } from "./conv.ts";
import { type CallOptions, Layer } from "./module.ts";
import { isObserved } from "./observe.ts";

/**
 * Batch normalisation of [batch, height, width, channels]. In training it takes the statistics of
 * the batch, and moves the running ones towards them; otherwise it takes the running ones.
 *
 * @example
 * ```ts
 * import { BatchNorm2d } from "galaxykit/nn";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const layer = new BatchNorm2d(1);
 * layer.call(tf.tensor4d([1, 3], [2, 1, 1, 1]), { training: true });
 * // 0.9 · 0 + 0.1 · 2; the variance is the unbiased one: 0.9 · 1 + 0.1 · 2
 * assert.ok(Math.abs(layer.running_mean.dataSync()[0] - 0.2) < 1e-6);
 * assert.ok(Math.abs(layer.running_var.dataSync()[0] - 1.1) < 1e-6);
 * ```
 */
export class BatchNorm2d extends Layer {
  readonly weight?: tf.Variable;
  readonly bias?: tf.Variable;
  readonly running_mean: tf.Variable;
  readonly running_var: tf.Variable;
  readonly num_batches_tracked: tf.Variable;
  /**
   * Whether training, too, takes the running statistics and leaves them as they are: what Keras does
   * in a layer that is not trainable. Read when a step is traced.
   *
   * @default {false}
   */
  frozen = false;
  readonly #epsilon: number;
  readonly #momentum: number;

  constructor(channels: number, { epsilon = 1e-5, momentum = 0.1, affine = true }: {
    /** Added to the variance. @default {1e-5} */
    epsilon?: number;
    /** The share of the batch in the new running statistics. @default {0.1} */
    momentum?: number;
    /** Whether a trained scale and offset follow. @default {true} */
    affine?: boolean;
  } = {}) {
    super();
    if (affine) {
      this.weight = this.parameter(tf.ones([channels]));
      this.bias = this.parameter(tf.zeros([channels]));
    }
    this.running_mean = this.buffer(tf.zeros([channels]));
    this.running_var = this.buffer(tf.ones([channels]));
    // Which PyTorch did not count before 0.4.1, nor does Keras
    this.num_batches_tracked = this.buffer(tf.scalar(0, "int32"), { optional: true });
    this.#epsilon = epsilon;
    this.#momentum = momentum;
  }

  call(x: tf.Tensor, { training = false }: CallOptions = {}): tf.Tensor {
    const affine = { scale: this.weight, offset: this.bias, epsilon: this.#epsilon };
    if (!training || this.frozen) {
      const statistics = { mean: this.running_mean, variance: this.running_var };
      return batchNorm(x, { ...affine, ...statistics });
    }
    return tf.tidy(() => {
      const { y, mean, variance } = batchNormTraining(x, affine);
      this.#follow(this.running_mean, mean);
      this.#follow(this.running_var, variance);
      this.num_batches_tracked.assign(tf.add(this.num_batches_tracked, tf.scalar(1, "int32")));
      return y;
    });
  }

  /**
   * Normalises a convolution's output; the order in which networks write the two. In training this
   * is `call` of both, and so where one of the two is observed or adapted; otherwise the normalisation is folded
   * into the filter, which saves a pass over the image.
   */
  callAfter(conv: Conv2d, x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    const isTrained = options.training && !this.frozen;
    if (isTrained || isObserved(conv) || isObserved(this)) {
      return this.call(conv.call(x, options), options);
    }
    return tf.tidy(() => {
      const folded = foldBatchNorm({ filter: conv.weight, bias: conv.bias }, {
        scale: this.weight,
        offset: this.bias,
        mean: this.running_mean,
        variance: this.running_var,
        epsilon: this.#epsilon,
      });
      return conv.callWith(folded, x);
    });
  }

  #follow(running: tf.Variable, batch: tf.Tensor): void {
    running.assign(tf.add(tf.mul(running, 1 - this.#momentum), tf.mul(batch, this.#momentum)));
  }
}

/** Group normalisation of [batch, height, width, channels]. */
export class GroupNorm extends Layer {
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
  readonly #groups: number;
  readonly #epsilon: number;

  constructor(groups: number, channels: number, { epsilon = 1e-5 }: {
    /** Added to the variance. @default {1e-5} */
    epsilon?: number;
  } = {}) {
    super();
    this.weight = this.parameter(tf.ones([channels]));
    this.bias = this.parameter(tf.zeros([channels]));
    this.#groups = groups;
    this.#epsilon = epsilon;
  }

  call(x: tf.Tensor): tf.Tensor {
    const affine = { scale: this.weight, offset: this.bias };
    return groupNorm(x, { groups: this.#groups, ...affine, epsilon: this.#epsilon });
  }
}

/** Layer normalisation over the last axis. */
export class LayerNorm extends Layer {
  readonly weight?: tf.Variable;
  readonly bias?: tf.Variable;
  readonly #epsilon: number;

  constructor(features: number, { epsilon = 1e-5, affine = true }: {
    /** Added to the variance. @default {1e-5} */
    epsilon?: number;
    /** Whether a trained scale and offset follow. @default {true} */
    affine?: boolean;
  } = {}) {
    super();
    if (affine) {
      this.weight = this.parameter(tf.ones([features]));
      this.bias = this.parameter(tf.zeros([features]));
    }
    this.#epsilon = epsilon;
  }

  call(x: tf.Tensor): tf.Tensor {
    return layerNorm(x, { scale: this.weight, offset: this.bias, epsilon: this.#epsilon });
  }
}
